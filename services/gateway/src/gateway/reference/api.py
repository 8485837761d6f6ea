"""Routes of reference data: the committed tables as they stand on a day. Nothing personal."""

import hashlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.policy import POLICY
from gateway.reference import queries
from gateway.reference.rules import NoCompetentMission
from gateway.reference.schemas import (
    Country,
    Currency,
    Mission,
    Occupation,
    Scheme,
    Sector,
    Table,
)
from shared import clock
from shared.policy import permit
from shared.problems import responses
from shared.reference import mission_for
from shared.routes import DeclaredRoute

_MAX_AGE_SECONDS = 3600
_REMEMBERED_DAYS = 64

router = APIRouter(
    prefix="/v1/reference",
    tags=["reference"],
    route_class=DeclaredRoute,
    dependencies=[permit(POLICY, "reference:read")],
)


async def _day(
    on: Annotated[
        date | None, Query(description="The day whose rows you want; today (UTC) without it.")
    ] = None,
) -> date:
    return on or clock.today()


Day = Annotated[date, Depends(_day)]


class _Rendered(NamedTuple):
    body: bytes
    etag: str


@router.get("/countries", response_model=Table[Country])
async def list_countries(request: Request, day: Day) -> Response:
    """Countries and territories, with the subdivisions that consular districts need."""
    return _answer(request, queries.countries_on, day)


@router.get("/missions", response_model=Table[Mission])
async def list_missions(request: Request, day: Day) -> Response:
    """Indonesian missions, with the countries and districts they serve."""
    return _answer(request, queries.missions_on, day)


@router.get("/competent-mission", response_model=Mission, responses=responses(NoCompetentMission))
async def get_competent_mission(
    request: Request,
    day: Day,
    country: Annotated[str, Query(pattern="^[A-Z]{2}$", examples=["MY"])],
    subdivision: Annotated[
        str | None, Query(pattern=r"^[A-Z]{2}-[A-Z0-9\-]{1,20}$", examples=["MY-12"])
    ] = None,
) -> Response:
    """The mission that answers for a place on the day; without a district, for its country."""
    mission = mission_for(country, subdivision, on=day)
    if mission is None:
        raise NoCompetentMission
    return _conditional(request, _render(queries.mission_as_of(mission, day)))


@router.get("/occupations", response_model=Table[Occupation])
async def list_occupations(request: Request, day: Day) -> Response:
    """Unit groups of ISCO-08 and KBJI 2014, with the labels that are counted in each."""
    return _answer(request, queries.occupations_on, day)


@router.get("/sectors", response_model=Table[Sector])
async def list_sectors(request: Request, day: Day) -> Response:
    """Sections of ISIC Rev.4 and KBLI 2020, and the sectors of the placement programme."""
    return _answer(request, queries.sectors_on, day)


@router.get("/schemes", response_model=Table[Scheme])
async def list_schemes(request: Request, day: Day) -> Response:
    """Placement schemes as the official statistics name them."""
    return _answer(request, queries.schemes_on, day)


@router.get("/currencies", response_model=Table[Currency])
async def list_currencies(request: Request, day: Day) -> Response:
    """Currencies, and how many decimals their amounts have here."""
    return _answer(request, queries.currencies_on, day)


def _answer(request: Request, table_on: Callable[[date], BaseModel], day: date) -> Response:
    return _conditional(request, _rendered(table_on, day))


@lru_cache(maxsize=_REMEMBERED_DAYS)
def _rendered(table_on: Callable[[date], BaseModel], day: date) -> _Rendered:
    return _render(table_on(day))


def _render(answer: BaseModel) -> _Rendered:
    body = answer.model_dump_json().encode()
    return _Rendered(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _conditional(request: Request, rendered: _Rendered) -> Response:
    headers = {"ETag": rendered.etag, "Cache-Control": f"max-age={_MAX_AGE_SECONDS}"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or rendered.etag in (part.strip() for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(rendered.body, headers=headers, media_type="application/json")
