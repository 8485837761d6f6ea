"""Routes of the population ledger."""

from typing import Annotated

from fastapi import APIRouter, Query

from registry.policy import POLICY
from registry.population.counting import Asked, count_population, explain_change
from registry.population.estimates import estimate_population
from registry.population.rules import ChangeRunsBackwards
from registry.population.schemas import ChangeView, EstimateView, PopulationView
from shared import clock
from shared.dates import Day, Instant
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ReadSession

reads = APIRouter(prefix="/v1/population", tags=["population"], route_class=DeclaredRoute)


@reads.get("")
async def get_population(
    grant: Annotated[Grant, permit(POLICY, "population:read")],  # noqa: ARG001 - asked for its refusal.
    session: ReadSession,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
    district: Annotated[str | None, Query(max_length=40)] = None,
    category: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,40}$")] = None,
    as_of: Annotated[Day | None, Query(description="Today unless given.")] = None,
    known_at: Annotated[
        Instant | None, Query(description="As known at this instant; now unless given.")
    ] = None,
) -> PopulationView:
    """How many persons are where, as of any day and any day of knowledge.

    Stock by who knows of them, and the year's flow beside it; the data cut says how far the
    answer reaches.
    """
    asked = Asked(as_of or clock.today(), known_at, country, district, category)
    return await count_population(session, asked)


@reads.get("/changes", responses=responses(ChangeRunsBackwards))
async def explain_population_change(
    grant: Annotated[Grant, permit(POLICY, "population:read")],  # noqa: ARG001 - asked for its refusal.
    session: ReadSession,
    from_on: Day,
    known_from: Instant,
    to_on: Annotated[Day | None, Query(description="Today unless given.")] = None,
    known_to: Annotated[Instant | None, Query(description="Now unless given.")] = None,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
) -> ChangeView:
    """Why did the number change: two counts, each of a day as known at an instant, and the causes
    that lead from one to the other and add up to the difference exactly.
    """
    return await explain_change(
        session,
        from_on=from_on,
        to_on=to_on or clock.today(),
        known_from=known_from,
        known_to=known_to,
        country=country,
    )


@reads.get("/estimates")
async def get_population_estimate(
    grant: Annotated[Grant, permit(POLICY, "population:read")],  # noqa: ARG001 - asked for its refusal.
    session: ReadSession,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
    as_of: Annotated[Day | None, Query(description="Today unless given.")] = None,
    known_at: Annotated[
        Instant | None, Query(description="As known at this instant; now unless given.")
    ] = None,
) -> EstimateView:
    """How many workers are present, whether anybody registered them or not: an estimate with an
    interval, never a count.

    From who is in one list and who in both; what that assumes is told with it. There is no figure
    where too few people are in both lists to say any.
    """
    asked = Asked(as_of or clock.today(), known_at, country, None, None)
    return await estimate_population(session, asked)
