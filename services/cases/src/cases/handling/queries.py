"""Questions to the tables of cases, participants and timelines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clocks.rules import Priority
from cases.handling.reference.categories import CaseCategory
from cases.handling.reference.states import CaseStatus
from cases.handling.rules import Audience, CaseNotFound
from cases.handling.tables import Case, Participant, TimelineEntry
from shared.policy import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list of cases may be narrowed to; None leaves it wide."""

    mission: str | None = None
    status: CaseStatus | None = None
    category: CaseCategory | None = None
    priority: Priority | None = None
    overdue_at: datetime | None = None
    person_id: UUID | None = None


async def get_case(session: AsyncSession, case_id: UUID, *, within: Grant) -> Case:
    """Raises CaseNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(select(Case).where(col(Case.id) == case_id, within.where(Case)))
    case = found.one_or_none()
    if case is None:
        raise CaseNotFound
    return case


async def lock_case(session: AsyncSession, case_id: UUID, *, within: Grant) -> Case:
    """As `get_case`. The lock lets rows that refer to the case be added meanwhile (FOR NO KEY
    UPDATE), so that events which attach placements never wait for an officer, nor in a circle.
    """
    found = await session.exec(
        select(Case)
        .where(col(Case.id) == case_id, within.where(Case))
        .with_for_update(key_share=True)
    )
    case = found.one_or_none()
    if case is None:
        raise CaseNotFound
    return case


async def find_case_by_tracking(session: AsyncSession, index: bytes) -> Case | None:
    found = await session.exec(select(Case).where(col(Case.tracking_index) == index))
    return found.one_or_none()


async def list_cases(
    session: AsyncSession, chosen: CaseFilter, *, within: Grant, before: UUID | None, limit: int
) -> Sequence[Case]:
    """The newest report first (ids rise with time), one row more than `limit`."""
    question = select(Case).where(within.where(Case))
    for column in ("mission", "status", "category", "priority"):
        wanted = getattr(chosen, column)
        if wanted is not None:
            question = question.where(getattr(Case, column) == wanted)
    if chosen.overdue_at is not None:
        question = question.where(col(Case.due_at) < chosen.overdue_at)
    if chosen.person_id is not None:
        of_person = select(Participant.case_id).where(
            col(Participant.person_id) == chosen.person_id
        )
        question = question.where(col(Case.id).in_(of_person))
    if before is not None:
        question = question.where(col(Case.id) < before)
    found = await session.exec(question.order_by(col(Case.id).desc()).limit(limit + 1))
    return found.all()


async def list_participants(session: AsyncSession, case_id: UUID) -> Sequence[Participant]:
    """In the order in which they were added."""
    found = await session.exec(
        select(Participant).where(col(Participant.case_id) == case_id).order_by(col(Participant.id))
    )
    return found.all()


async def count_participants(session: AsyncSession, case_id: UUID) -> int:
    found = await session.exec(
        select(func.count()).select_from(Participant).where(col(Participant.case_id) == case_id)
    )
    return found.one()


async def lock_participant(session: AsyncSession, participant_id: UUID) -> Participant | None:
    found = await session.exec(
        select(Participant).where(col(Participant.id) == participant_id).with_for_update()
    )
    return found.one_or_none()


async def lock_participants_who_are(
    session: AsyncSession, persons: Collection[UUID]
) -> Sequence[Participant]:
    """Every part that these persons have in any case, in order of id."""
    found = await session.exec(
        select(Participant)
        .where(col(Participant.person_id).in_(list(persons)))
        .order_by(col(Participant.id))
        .with_for_update()
    )
    return found.all()


async def list_persons_with_parts(session: AsyncSession, persons: Collection[UUID]) -> set[UUID]:
    """Those of these persons who have a part in any case."""
    found = await session.exec(
        select(Participant.person_id).where(col(Participant.person_id).in_(list(persons)))
    )
    return {person_id for person_id in found.all() if person_id is not None}


async def list_timeline(
    session: AsyncSession,
    case_id: UUID,
    *,
    audiences: Collection[Audience],
    after: UUID | None,
    limit: int,
) -> Sequence[TimelineEntry]:
    """In the order in which things happened, one row more than `limit`."""
    question = select(TimelineEntry).where(
        col(TimelineEntry.case_id) == case_id, col(TimelineEntry.audience).in_(sorted(audiences))
    )
    if after is not None:
        question = question.where(col(TimelineEntry.id) > after)
    found = await session.exec(question.order_by(col(TimelineEntry.id)).limit(limit + 1))
    return found.all()
