"""Keeping the copies. Each operation tells whose placements it touched, and never commits.

Events of different keys come in any order. Who a placement belongs to is therefore decided by the
time of the word, and an id that was merged away is followed.
"""

from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.placements import queries
from cases.placements.tables import (
    EmployerCopy,
    JobOrderCopy,
    PlacementAgencyCopy,
    PlacementCopy,
)
from shared.messages.job_orders import EmployerRegistered, JobOrderIssued, PlacementAgencyLicensed
from shared.messages.registry import PersonsMerged, PersonSplit, PlacementOpened


async def open_placement(
    session: AsyncSession, message: PlacementOpened, *, at: datetime
) -> set[UUID]:
    """Take up a placement; gives the persons concerned."""
    copy, persons = await _hear(session, message.placement_id, message.person_id, at=at)
    copy.status = message.status
    copy.scheme = message.scheme
    copy.country = message.country
    copy.occupation_code = message.occupation_code
    copy.placement_agency_code = message.placement_agency_code
    copy.employer_code = message.employer_code
    copy.job_order_number = message.job_order_number
    copy.opened_at = message.opened_at
    await session.flush()
    return persons


async def advance_placement(
    session: AsyncSession,
    placement_id: UUID,
    *,
    person_id: UUID,
    at: datetime,
    status: str,
    dates: dict[str, date] | None = None,
    is_withdrawn: bool = False,
) -> set[UUID]:
    """Note how far a placement got; gives the persons concerned."""
    copy, persons = await _hear(session, placement_id, person_id, at=at)
    copy.status = status
    copy.is_withdrawn = is_withdrawn
    for column, day in (dates or {}).items():
        setattr(copy, column, day)
    await session.flush()
    return persons


async def merge_persons(
    session: AsyncSession, message: PersonsMerged, *, at: datetime
) -> UUID | None:
    """Redirect the merged id and move its placements; gives the id that lives on, None where a
    later split has already undone the merge.
    """
    for person_id in sorted({message.person_id, message.merged_person_id}):
        await queries.lock_redirect(session, person_id)
    merged = await queries.get_person(session, message.merged_person_id)
    if merged.told_at is not None and merged.told_at > at:
        return None
    merged.survivor_id, merged.told_at = message.person_id, at
    await session.flush()
    survivor = await queries.lock_person(session, message.person_id)
    for copy in await queries.lock_placements_of(session, message.merged_person_id):
        copy.person_id = survivor
    await session.flush()
    return survivor


async def split_person(
    session: AsyncSession, message: PersonSplit, *, at: datetime
) -> tuple[UUID, UUID]:
    """Let the other id live again and give it its placements; gives both as they live on."""
    for person_id in sorted({message.person_id, message.split_person_id}):
        await queries.lock_redirect(session, person_id)
    other = await queries.get_person(session, message.split_person_id)
    if other.told_at is None or other.told_at <= at:
        other.survivor_id, other.told_at = None, at
        await session.flush()
    first = await queries.lock_person(session, message.person_id)
    second = await queries.lock_person(session, message.split_person_id)
    for placement_id in sorted(message.placement_ids):
        await _hear(session, placement_id, message.split_person_id, at=at)
    return first, second


async def keep_employer(session: AsyncSession, message: EmployerRegistered) -> None:
    await session.merge(
        EmployerCopy(
            employer_id=message.employer_id,
            employer_code=message.employer_code,
            country=message.country,
            mission=message.mission,
        )
    )


async def keep_placement_agency(session: AsyncSession, message: PlacementAgencyLicensed) -> None:
    await session.merge(
        PlacementAgencyCopy(
            placement_agency_id=message.placement_agency_id,
            placement_agency_code=message.placement_agency_code,
        )
    )


async def keep_job_order(session: AsyncSession, message: JobOrderIssued) -> None:
    await session.merge(
        JobOrderCopy(
            job_order_id=message.job_order_id,
            job_order_number=message.job_order_number,
            employer_id=message.employer_id,
            placement_agency_id=message.placement_agency_id,
        )
    )


async def _hear(
    session: AsyncSession, placement_id: UUID, person_id: UUID, *, at: datetime
) -> tuple[PlacementCopy, set[UUID]]:
    """The copy under its lock, with the person of the latest word, and everybody whose it is or
    was a moment ago.
    """
    survivor = await queries.lock_person(session, person_id)
    copy = await queries.lock_placement(session, placement_id)
    if copy is None:
        copy = PlacementCopy(
            placement_id=placement_id,
            person_id=survivor,
            person_id_as_given=person_id,
            person_told_at=at,
        )
        session.add(copy)
        return copy, {survivor}
    before = await queries.lock_person(session, copy.person_id)
    if at >= copy.person_told_at:
        copy.person_id, copy.person_id_as_given = survivor, person_id
        copy.person_told_at = at
    return copy, {before, copy.person_id}
