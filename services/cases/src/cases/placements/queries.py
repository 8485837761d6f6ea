"""Questions to the copies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.placements.rules import Job, leads_to
from cases.placements.tables import (
    EmployerCopy,
    JobOrderCopy,
    PersonCopy,
    PlacementAgencyCopy,
    PlacementCopy,
)
from shared.db import driver_sql


@dataclass(frozen=True, slots=True)
class Background:
    """A placement with the ids of who stands behind it, as far as they are known."""

    placement: PlacementCopy
    employer_id: UUID | None
    placement_agency_id: UUID | None
    job_order_id: UUID | None


async def lock_person(session: AsyncSession, person_id: UUID) -> UUID:
    """The id that lives on for this one; the rows on the way to it are locked.

    Whoever joins a person and a placement locks the person first. Without it two transactions,
    one with the person and one with the placement, could each miss the other's.
    """
    redirects: dict[UUID, UUID | None] = {}
    current: UUID | None = person_id
    while current is not None and current not in redirects:
        redirects[current] = await _lock_redirect(session, current)
        current = redirects[current]
    return leads_to(redirects, person_id)


async def lock_persons(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The same for many at once, by the id that was given."""
    if not person_ids:
        return {}
    wanted = sorted(person_ids)
    await driver_sql(session, _MAKE_PERSONS, wanted)
    rows = await driver_sql(session, _LOCK_PERSONS, wanted)
    return {
        row.person_id: await lock_person(session, row.survivor_id)
        if row.survivor_id
        else row.person_id
        for row in rows
    }


async def lock_related(
    session: AsyncSession, person_ids: Collection[UUID]
) -> dict[UUID, UUID | None]:
    """These ids, all that lead to them, and all to which they lead, each with where it points;
    their rows locked, and made where they are new.
    """
    wanted = sorted(person_ids)
    await driver_sql(session, _MAKE_PERSONS, wanted)
    locked: dict[UUID, UUID | None] = {}
    while True:
        rows = await driver_sql(session, _LOCK_RELATED, wanted)
        found = {row.person_id: row.survivor_id for row in rows}
        if found.keys() <= locked.keys():
            return found
        # Whoever held one of them may have let it lead elsewhere meanwhile.
        locked = found


async def _lock_redirect(session: AsyncSession, person_id: UUID) -> UUID | None:
    """Where this very id points, its row locked and made where it is new."""
    make = "INSERT INTO person_copies (person_id) VALUES ($1) ON CONFLICT DO NOTHING"
    await driver_sql(session, make, person_id)
    lock = "SELECT survivor_id FROM person_copies WHERE person_id = $1 FOR UPDATE"
    found: UUID | None = (await driver_sql(session, lock, person_id))[0].survivor_id
    return found


async def get_person(session: AsyncSession, person_id: UUID) -> PersonCopy:
    """The row of a person whose lock is held, so that it cannot be missing."""
    found = await session.exec(select(PersonCopy).where(col(PersonCopy.person_id) == person_id))
    return found.one()


async def find_survivor(session: AsyncSession, person_id: UUID) -> UUID:
    """The id that lives on for this one, which is mostly itself."""
    redirects: dict[UUID, UUID | None] = {}
    current: UUID | None = person_id
    while current is not None and current not in redirects:
        person = await session.get(PersonCopy, current)
        redirects[current] = person.survivor_id if person else None
        current = redirects[current]
    return leads_to(redirects, person_id)


async def lock_placements(
    session: AsyncSession, placement_ids: Collection[UUID]
) -> dict[UUID, PlacementCopy]:
    """Those of them that are known, by id."""
    found = await session.exec(
        select(PlacementCopy)
        .where(col(PlacementCopy.placement_id).in_(placement_ids))
        .order_by(col(PlacementCopy.placement_id))
        .with_for_update()
    )
    return {copy.placement_id: copy for copy in found.all()}


async def lock_placements_of(
    session: AsyncSession, person_ids: Collection[UUID]
) -> Sequence[PlacementCopy]:
    found = await session.exec(
        select(PlacementCopy)
        .where(col(PlacementCopy.person_id).in_(list(person_ids)))
        .order_by(col(PlacementCopy.placement_id))
        .with_for_update()
    )
    return found.all()


async def list_jobs(session: AsyncSession, person_id: UUID) -> list[Job]:
    """The jobs of a person by the id that lives on; those known by a split alone are left out."""
    found = await session.exec(
        select(PlacementCopy).where(
            col(PlacementCopy.person_id) == person_id, col(PlacementCopy.opened_at).is_not(None)
        )
    )
    return [
        Job(
            placement_id=copy.placement_id,
            opened_on=copy.opened_at.date(),
            departed_on=copy.departed_on,
            ended_on=copy.ended_on,
            is_withdrawn=copy.is_withdrawn,
        )
        for copy in found.all()
        if copy.opened_at is not None
    ]


async def list_backgrounds(
    session: AsyncSession, placement_ids: Collection[UUID]
) -> dict[UUID, Background]:
    """The placements by id, each with its employer, agency and job order."""
    if not placement_ids:
        return {}
    found = await session.exec(
        select(
            PlacementCopy,
            EmployerCopy.employer_id,
            PlacementAgencyCopy.placement_agency_id,
            JobOrderCopy,
        )
        .outerjoin(
            EmployerCopy, col(EmployerCopy.employer_code) == col(PlacementCopy.employer_code)
        )
        .outerjoin(
            PlacementAgencyCopy,
            col(PlacementAgencyCopy.placement_agency_code)
            == col(PlacementCopy.placement_agency_code),
        )
        .outerjoin(
            JobOrderCopy, col(JobOrderCopy.job_order_number) == col(PlacementCopy.job_order_number)
        )
        .where(col(PlacementCopy.placement_id).in_(placement_ids))
    )
    return {
        placement.placement_id: Background(
            placement,
            # A placement that names no employer has the one of its job order.
            employer_id or (order.employer_id if order else None),
            agency_id or (order.placement_agency_id if order else None),
            order.job_order_id if order else None,
        )
        for placement, employer_id, agency_id, order in found.all()
    }


_MAKE_PERSONS = """
INSERT INTO person_copies (person_id)
SELECT unnest($1::uuid[]) EXCEPT SELECT person_id FROM person_copies WHERE person_id = ANY($1)
ORDER BY 1 ON CONFLICT DO NOTHING
"""
_LOCK_PERSONS = """
SELECT person_id, survivor_id FROM person_copies
WHERE person_id = ANY($1::uuid[]) ORDER BY person_id FOR UPDATE
"""
# The component of redirects that these ids are in, whichever way each of them leads.
_LOCK_RELATED = """
WITH RECURSIVE related AS (
    SELECT unnest($1::uuid[]) AS person_id
    UNION
    SELECT beside.person_id FROM related CROSS JOIN LATERAL (
        SELECT survivor_id FROM person_copies
        WHERE person_id = related.person_id AND survivor_id IS NOT NULL
        UNION ALL
        SELECT person_id FROM person_copies WHERE survivor_id = related.person_id
    ) AS beside(person_id)
)
SELECT person_id, survivor_id FROM person_copies
WHERE person_id IN (SELECT person_id FROM related) ORDER BY person_id FOR UPDATE
"""
