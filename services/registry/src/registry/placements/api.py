"""Routes of placements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from registry.disclosure import disclose
from registry.persons.queries import get_person
from registry.persons.rules import PersonMergedAway, PersonNotFound
from registry.placements import operations, queries, rules
from registry.placements.schemas import (
    NewPlacement,
    PlacementHistoryView,
    PlacementStepView,
    PlacementsView,
    PlacementView,
    StepCompletion,
    Withdrawal,
)
from registry.policy import POLICY
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(prefix="/v1", tags=["placements"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/placements", tags=["placements"], route_class=WriteRoute)

Read = Annotated[Grant, permit(POLICY, "placements:read")]


@writes.post(
    "",
    status_code=201,
    responses=responses(
        rules.SchemeUnknown,
        rules.PlacementCountryUnknown,
        rules.OccupationUnknown,
        PersonNotFound,
        PersonMergedAway,
    ),
)
async def open_placement(
    wanted: NewPlacement,
    grant: Annotated[Grant, permit(POLICY, "placements:open")],
    session: WriteSession,
    response: Response,
) -> PlacementView:
    """Open a placement: one job abroad of one person, from registration on."""
    placement = await operations.open_placement(session, wanted, grant=grant)
    response.headers["Location"] = f"/v1/placements/{placement.id}"
    return _shown(await operations.view_placement(session, placement), grant, response)


@reads.get("/placements/{placement_id}", responses=responses(rules.PlacementNotFound))
async def get_placement(
    placement_id: UUID, grant: Read, session: ReadSession, response: Response
) -> PlacementView:
    """One placement with the steps that may follow and those that are due."""
    placement = await queries.get_placement(session, placement_id, within=grant)
    return _shown(await operations.view_placement(session, placement), grant, response)


@reads.get("/placements/{placement_id}/history", responses=responses(rules.PlacementNotFound))
async def get_placement_history(
    placement_id: UUID, grant: Read, session: ReadSession, response: Response
) -> PlacementHistoryView:
    """Every step of a placement: when it was completed, when and by whom it was recorded."""
    placement = await queries.get_placement(session, placement_id, within=grant)
    disclose(response, [placement.person_id], Level.INTERNAL)
    steps = await queries.list_steps(session, placement_id)
    return PlacementHistoryView(
        items=[grant.show(PlacementStepView.of(step), placement) for step in steps]
    )


@reads.get("/persons/{person_id}/placements", responses=responses(PersonNotFound))
async def list_placements_of_person(
    person_id: UUID, grant: Read, session: ReadSession, response: Response
) -> PlacementsView:
    """All placements of a person that you may see; a merged id gives the survivor's."""
    person = await get_person(session, person_id)
    placements = await queries.list_placements(
        session, person.merged_into or person.id, within=grant
    )
    if placements:
        disclose(response, [placements[0].person_id], Level.INTERNAL)
    return PlacementsView(
        items=[grant.show(await operations.view_placement(session, one)) for one in placements]
    )


@writes.post(
    "/{placement_id}/steps",
    status_code=201,
    responses=responses(
        rules.PlacementNotFound,
        rules.SchemeUnknown,
        rules.StepUnknown,
        rules.StepNotAllowed,
        rules.StepNotYours,
        rules.ReservationMissing,
        rules.ContractEndMissing,
        rules.StepInTheFuture,
        rules.StepBeforeItsGround,
        rules.MedicalResultExpired,
    ),
)
async def complete_placement_step(
    placement_id: UUID,
    completion: StepCompletion,
    grant: Annotated[Grant, permit(POLICY, "placements:step")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> PlacementView:
    """Record that a step was completed. An illegal one is refused with those that are allowed."""
    placement = await operations.complete_step(
        session, placement_id, completion, grant=grant, version=version
    )
    return _shown(await operations.view_placement(session, placement), grant, response)


@writes.post(
    "/{placement_id}/withdrawals",
    status_code=201,
    responses=responses(
        rules.PlacementNotFound, rules.SchemeUnknown, rules.StepNotAllowed, rules.StepNotYours
    ),
)
async def withdraw_placement(
    placement_id: UUID,
    withdrawal: Withdrawal,
    grant: Annotated[Grant, permit(POLICY, "placements:withdraw")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> PlacementView:
    """The candidate withdraws before departure; a seat that was held is freed by it."""
    placement = await operations.withdraw_placement(
        session, placement_id, reason=withdrawal.reason, grant=grant, version=version
    )
    return _shown(await operations.view_placement(session, placement), grant, response)


def _shown(placement: PlacementView, grant: Grant, response: Response) -> PlacementView:
    response.headers["ETag"] = etag(placement.version)
    disclose(response, [placement.person_id], Level.INTERNAL)
    return grant.show(placement)
