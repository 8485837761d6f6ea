"""Routes of cases and their timelines, and of the cases that a person is concerned by."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from cases.clocks.rules import Priority
from cases.handling import queries
from cases.handling.operations import cases as operations
from cases.handling.operations import participants
from cases.handling.reference.categories import CaseCategory
from cases.handling.reference.states import CaseStatus
from cases.handling.rules import (
    CaseActionRefused,
    CaseAlreadyClosed,
    CaseFull,
    CaseNotFound,
    ClosureStartMissing,
    ClosureTooEarly,
    MissionUnknown,
    PriorityLoweredWithoutReason,
    StageUnknown,
    SuspensionReasonMismatch,
)
from cases.handling.schemas import (
    CaseAssignment,
    CaseClosure,
    CaseReopening,
    CaseStage,
    CaseSummary,
    CaseTriage,
    CaseView,
    NewTimelineEntry,
    ParticipantEntry,
    ParticipantView,
    TimelineEntryView,
)
from cases.placements.queries import find_survivor, list_backgrounds
from cases.policy import POLICY, audiences_of
from cases.sealing import SealingKey
from shared import clock
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=WriteRoute)
of_persons = APIRouter(prefix="/v1/persons", tags=["cases"], route_class=DeclaredRoute)

Read = Annotated[Grant, permit(POLICY, "cases:read")]
REFUSED = (CaseNotFound, CaseAlreadyClosed, CaseActionRefused)


@reads.get("")
async def list_cases(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    mission: Annotated[str | None, Query(max_length=40)] = None,
    status: CaseStatus | None = None,
    category: CaseCategory | None = None,
    priority: Priority | None = None,
    is_overdue: Annotated[
        bool | None, Query(description="True: only cases whose next step is past its time.")
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[CaseSummary]:
    """The cases that you may know of, the newest report first."""
    chosen = queries.CaseFilter(
        mission=mission,
        status=status,
        category=category,
        priority=priority,
        overdue_at=clock.now() if is_overdue else None,
    )
    told = {
        "mission": mission,
        "status": status,
        "category": category,
        "priority": priority,
        "is_overdue": is_overdue,
    }
    paging = Paging.of(keyring, grant.caller.client, "cases", told)
    return await _page(chosen, paging, grant, session, limit=limit, cursor=cursor)


@of_persons.get("/{person_id}/cases", responses={308: {"description": "The id was merged."}})
async def list_cases_of_person(
    person_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[CaseSummary]:
    """The cases that a person is concerned by and that you may know of, the newest first.

    An id that was merged answers with 308 and the address under the id that lives on.
    """
    survivor = await find_survivor(session, person_id)
    if survivor != person_id:
        return RedirectResponse(f"/v1/persons/{survivor}/cases", 308)  # type: ignore[return-value]  # FastAPI passes a response on as it is.
    paging = Paging.of(keyring, grant.caller.client, "cases of person", {"person_id": person_id})
    chosen = queries.CaseFilter(person_id=person_id)
    return await _page(chosen, paging, grant, session, limit=limit, cursor=cursor)


@reads.get("/{case_id}", responses=responses(CaseNotFound))
async def get_case(
    case_id: UUID, grant: Read, session: ReadSession, keyring: ServiceKeys, response: Response
) -> CaseView:
    """One case with its participants, as far as your role and purpose may see."""
    case = await queries.get_case(session, case_id, within=grant)
    found = await queries.list_participants(session, case_id)
    attached = {p.placement_id for p in found if p.placement_id is not None}
    backgrounds = await list_backgrounds(session, attached)
    shown = [
        grant.show(
            ParticipantView.of(
                participant,
                backgrounds.get(participant.placement_id) if participant.placement_id else None,
                keyring,
            ),
            case,
        )
        for participant in found
    ]
    response.headers["ETag"] = etag(case.version)
    return grant.show(CaseView.opened(case, shown, keyring), case)


@reads.get("/{case_id}/timeline", responses=responses(CaseNotFound))
async def get_timeline(
    case_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[TimelineEntryView]:
    """Everything that was done to a case, the first first, as far as it is written for you."""
    case = await queries.get_case(session, case_id, within=grant)
    paging = Paging.of(keyring, grant.caller.client, "timeline", {"case_id": case_id})
    after = paging.open(cursor)
    rows = await queries.list_timeline(
        session,
        case_id,
        audiences=audiences_of(grant, case),
        after=UUID(after[0]) if after else None,
        limit=limit,
    )
    return paging.page(
        rows,
        limit,
        key=lambda entry: [entry.id],
        show=lambda entry: grant.show(TimelineEntryView.of(entry, keyring), case),
    )


@writes.post(
    "/{case_id}/triages",
    status_code=201,
    responses=responses(*REFUSED, PriorityLoweredWithoutReason),
)
async def triage_case(
    case_id: UUID,
    triage: CaseTriage,
    grant: Annotated[Grant, permit(POLICY, "cases:triage")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> CaseSummary:
    """Say how bad it is, how soon to act, and what kind of trouble it turned out to be."""
    case = await operations.triage_case(
        session, case_id, triage, grant=grant, keyring=keyring, version=version
    )
    return _shown(CaseSummary.of(case), grant, response)


@writes.post(
    "/{case_id}/assignments", status_code=201, responses=responses(*REFUSED, MissionUnknown)
)
async def assign_case(
    case_id: UUID,
    assignment: CaseAssignment,
    grant: Annotated[Grant, permit(POLICY, "cases:assign")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> CaseSummary:
    """Give a case to an officer, or to another mission."""
    case = await operations.assign_case(session, case_id, assignment, grant=grant, version=version)
    return _shown(CaseSummary.of(case), grant, response)


@writes.post(
    "/{case_id}/stages",
    status_code=201,
    responses=responses(*REFUSED, StageUnknown, SuspensionReasonMismatch),
)
async def move_case(
    case_id: UUID,
    stage: CaseStage,
    grant: Annotated[Grant, permit(POLICY, "cases:move")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> CaseSummary:
    """Move a case along: into handling, into a pause, or to its resolution."""
    case = await operations.move_case(session, case_id, stage, grant=grant, version=version)
    return _shown(CaseSummary.of(case), grant, response)


@writes.post(
    "/{case_id}/closures",
    status_code=201,
    responses=responses(*REFUSED, ClosureTooEarly, ClosureStartMissing),
)
async def close_case(
    case_id: UUID,
    closure: CaseClosure,
    grant: Annotated[Grant, permit(POLICY, "cases:close")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> CaseSummary:
    """End a case for one of the reasons of Perban BP2MI 6/2024 art. 30, or resolved."""
    case = await operations.close_case(session, case_id, closure, grant=grant, version=version)
    return _shown(CaseSummary.of(case), grant, response)


@writes.post("/{case_id}/reopenings", status_code=201, responses=responses(*REFUSED))
async def reopen_case(
    case_id: UUID,
    reopening: CaseReopening,
    grant: Annotated[Grant, permit(POLICY, "cases:reopen")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> CaseSummary:
    """Let a closed case go on."""
    case = await operations.reopen_case(
        session, case_id, reason=reopening.reason, grant=grant, keyring=keyring, version=version
    )
    return _shown(CaseSummary.of(case), grant, response)


@writes.post("/{case_id}/timeline-entries", status_code=201, responses=responses(*REFUSED))
async def add_timeline_entry(
    case_id: UUID,
    entry: NewTimelineEntry,
    grant: Annotated[Grant, permit(POLICY, "cases:add-entry")],
    session: WriteSession,
    keyring: ServiceKeys,
) -> TimelineEntryView:
    """Write a line into the timeline of an open case; nobody can change it afterwards."""
    line = await operations.add_entry(session, case_id, entry, grant=grant, keyring=keyring)
    return TimelineEntryView.of(line, keyring)


@writes.post("/{case_id}/participants", status_code=201, responses=responses(*REFUSED, CaseFull))
async def add_participant(
    case_id: UUID,
    entry: ParticipantEntry,
    grant: Annotated[Grant, permit(POLICY, "cases:add-participant")],
    session: WriteSession,
    keyring: ServiceKeys,
    sealing_key: SealingKey,
) -> ParticipantView:
    """Add somebody to an open case; the registry is asked who it is, and the placement follows."""
    participant = await participants.add_participant(
        session, case_id, entry, grant=grant, keyring=keyring, sealing_key=sealing_key
    )
    placement_id = participant.placement_id
    backgrounds = await list_backgrounds(session, {placement_id} if placement_id else set())
    background = backgrounds.get(placement_id) if placement_id else None
    return ParticipantView.of(participant, background, keyring)


async def _page(
    chosen: queries.CaseFilter,
    paging: Paging,
    grant: Grant,
    session: ReadSession,
    *,
    limit: int,
    cursor: str | None,
) -> Page[CaseSummary]:
    after = paging.open(cursor)
    rows = await queries.list_cases(
        session, chosen, within=grant, before=UUID(after[0]) if after else None, limit=limit
    )
    return paging.page(
        rows,
        limit,
        key=lambda case: [case.id],
        show=lambda case: grant.show(CaseSummary.of(case), case),
    )


def _shown(case: CaseSummary, grant: Grant, response: Response) -> CaseSummary:
    response.headers["ETag"] = etag(case.version)
    return grant.show(case)
