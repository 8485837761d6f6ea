"""Routes of presence."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from registry.disclosure import disclose
from registry.persons.queries import get_person
from registry.persons.rules import PersonMergedAway, PersonNotFound
from registry.policy import POLICY
from registry.presence import operations
from registry.presence.rules import PresenceCountryUnknown, PresenceInTheFuture
from registry.presence.schemas import NewPresenceReport, PresenceView
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ReadSession, WriteRoute, WriteSession

reads = APIRouter(prefix="/v1/persons", tags=["presence"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/persons", tags=["presence"], route_class=WriteRoute)


@reads.get(
    "/{person_id}/presence",
    response_model=PresenceView,
    responses=responses(PersonNotFound)
    | {308: {"description": "The id was merged; `Location` names the person it belongs to now."}},
)
async def get_presence(
    person_id: UUID,
    grant: Annotated[Grant, permit(POLICY, "presence:read")],
    session: ReadSession,
    response: Response,
) -> PresenceView | Response:
    """Where a person is taken to be, since when, and who says so."""
    person = await get_person(session, person_id)
    if person.merged_into is not None:
        where = f"/v1/persons/{person.merged_into}/presence"
        return Response(status_code=308, headers={"Location": where})
    disclose(response, [person.id], Level.INTERNAL)
    return grant.show(await operations.read_presence(session, person.id))


@writes.post(
    "/{person_id}/presence-reports",
    status_code=201,
    responses=responses(
        PersonNotFound, PersonMergedAway, PresenceInTheFuture, PresenceCountryUnknown
    ),
)
async def report_presence(
    person_id: UUID,
    report: NewPresenceReport,
    grant: Annotated[Grant, permit(POLICY, "presence:report")],
    session: WriteSession,
    response: Response,
) -> PresenceView:
    """Report that a person was seen, left for good, or died; counts as Kemlu's evidence."""
    row = await operations.report_presence(session, person_id, report, grant=grant)
    await session.flush()
    disclose(response, [row.person_id_as_given], Level.INTERNAL)
    return grant.show(await operations.read_presence(session, row.person_id_as_given))
