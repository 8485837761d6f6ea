"""What officers do with a case. Each operation is one transaction and never commits."""

from dataclasses import replace
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling import queries, rules
from cases.handling.operations.timeline import Line, write_line
from cases.handling.reference.states import STAGES, CaseAction, CaseStatus
from cases.handling.rules import Audience
from cases.handling.schemas import (
    CaseAssignment,
    CaseClosure,
    CaseStage,
    CaseTriage,
    NewTimelineEntry,
)
from cases.handling.tables import Case, TimelineEntry
from shared import clock, outbox, reference
from shared.errors import VersionStale
from shared.messages.cases import (
    CaseAssigned,
    CaseClosed,
    CaseReopened,
    CaseStageChanged,
    CaseTriaged,
)
from shared.policy import Grant
from shared.privacy import Keyring


async def triage_case(
    session: AsyncSession,
    case_id: UUID,
    triage: CaseTriage,
    *,
    grant: Grant,
    keyring: Keyring,
    version: int,
) -> Case:
    """Decide how bad and how soon; refuses a lower priority without a reason."""
    case = await _lock(session, case_id, grant=grant, version=version)
    to_status = rules.next_status(case.status, CaseAction.TRIAGE)
    rules.check_priority(case.priority, triage.priority, reason=triage.reason)
    case.severity, case.priority = triage.severity, triage.priority
    case.category = triage.category
    case.is_secret = case.is_secret or rules.is_secret(triage.category, has_minor=False)
    line = Line(audience=Audience.MISSION if triage.reason else Audience.MINISTRIES)
    text = (keyring, triage.reason) if triage.reason else None
    _move(session, case, CaseAction.TRIAGE, to_status, grant=grant, line=line, text=text)
    outbox.add(
        session,
        CaseTriaged(
            case_id=case.id,
            category=case.category,
            severity=triage.severity,
            priority=triage.priority.value,
        ),
    )
    return case


async def assign_case(
    session: AsyncSession, case_id: UUID, assignment: CaseAssignment, *, grant: Grant, version: int
) -> Case:
    """Give the case to an officer or a mission; refuses an unknown mission, and another mission
    to whoever may act for their own alone.
    """
    case = await _lock(session, case_id, grant=grant, version=version)
    to_status = rules.next_status(case.status, CaseAction.ASSIGN)
    if assignment.mission is not None:
        if reference.find_mission(assignment.mission, clock.today()) is None:
            raise rules.MissionUnknown
        case.mission = assignment.mission
    grant.require(case)
    case.officer = assignment.officer
    _move(session, case, CaseAction.ASSIGN, to_status, grant=grant, reason=case.mission)
    outbox.add(
        session, CaseAssigned(case_id=case.id, mission=case.mission, assigned_at=clock.now())
    )
    return case


async def move_case(
    session: AsyncSession, case_id: UUID, stage: CaseStage, *, grant: Grant, version: int
) -> Case:
    """Move a case along; refuses a state that has a command of its own, and a pause without a
    reason.
    """
    case = await _lock(session, case_id, grant=grant, version=version)
    before = case.status
    action = STAGES.get(stage.to_status)
    if action is None:
        raise rules.StageUnknown(allowed_statuses=", ".join(sorted(STAGES)))
    to_status = rules.next_status(before, action)
    rules.check_stage(stage.to_status, stage.suspension_reason)
    case.suspension_reason = stage.suspension_reason
    _move(session, case, action, to_status, grant=grant, reason=stage.suspension_reason)
    outbox.add(session, CaseStageChanged(case_id=case.id, from_status=before, to_status=to_status))
    return case


async def close_case(
    session: AsyncSession, case_id: UUID, closure: CaseClosure, *, grant: Grant, version: int
) -> Case:
    """End a case for a reason; refuses one whose period has not run out, or that is closed."""
    case = await _lock(session, case_id, grant=grant, version=version)
    to_status = rules.next_status(case.status, CaseAction.CLOSE)
    rules.check_closure(
        closure.closure_reason,
        status=case.status,
        reported_on=case.reported_at.date(),
        counted_from=closure.counted_from,
        today=clock.today(),
    )
    case.closure_reason, case.closed_at = closure.closure_reason, clock.now()
    _move(session, case, CaseAction.CLOSE, to_status, grant=grant, reason=closure.closure_reason)
    outbox.add(
        session,
        CaseClosed(
            case_id=case.id, closure_reason=closure.closure_reason, closed_at=case.closed_at
        ),
    )
    return case


async def reopen_case(
    session: AsyncSession,
    case_id: UUID,
    *,
    reason: str,
    grant: Grant,
    keyring: Keyring,
    version: int,
) -> Case:
    """Let a closed case go on; refuses one that is open."""
    case = await _lock(session, case_id, grant=grant, version=version)
    to_status = rules.next_status(case.status, CaseAction.REOPEN)
    case.closure_reason = case.closed_at = None
    line = Line(audience=Audience.MISSION)
    _move(
        session, case, CaseAction.REOPEN, to_status, grant=grant, line=line, text=(keyring, reason)
    )
    outbox.add(session, CaseReopened(case_id=case.id, reopened_at=clock.now()))
    return case


async def add_entry(
    session: AsyncSession, case_id: UUID, entry: NewTimelineEntry, *, grant: Grant, keyring: Keyring
) -> TimelineEntry:
    """Write into the timeline; refuses a closed case."""
    case = await queries.lock_case(session, case_id, within=grant)
    rules.next_status(case.status, CaseAction.ADD_ENTRY)
    return write_line(
        session,
        case.id,
        CaseAction.ADD_ENTRY,
        Line(audience=entry.audience),
        caller=grant.caller,
        text=(keyring, entry.text),
    )


async def _lock(session: AsyncSession, case_id: UUID, *, grant: Grant, version: int) -> Case:
    case = await queries.lock_case(session, case_id, within=grant)
    if case.version != version:
        raise VersionStale
    return case


def _move(
    session: AsyncSession,
    case: Case,
    action: CaseAction,
    to_status: CaseStatus,
    *,
    grant: Grant,
    reason: str | None = None,
    line: Line | None = None,
    text: tuple[Keyring, str] | None = None,
) -> None:
    """What every command of an officer has in common: the state, its clock, and the line."""
    line = replace(line or Line(), from_status=case.status, to_status=to_status, reason=reason)
    case.status, case.status_since = to_status, clock.now()
    if to_status is not CaseStatus.SUSPENDED:
        case.suspension_reason = None
    case.due_at = rules.due_at(to_status, case.priority, case.status_since)
    case.version += 1
    write_line(session, case.id, action, line, caller=grant.caller, text=text)
