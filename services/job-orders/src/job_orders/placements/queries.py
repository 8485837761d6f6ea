"""Questions to the copies of placements and to the redirects of persons."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.placements.rules import PlacementPhase
from job_orders.placements.tables import PersonRedirect, Placement
from shared.db import driver_sql


async def find_placement(session: AsyncSession, placement_id: UUID) -> Placement | None:
    return await session.get(Placement, placement_id)


async def lock_placement(session: AsyncSession, placement_id: UUID) -> Placement | None:
    """None for one that the registry has not told of yet."""
    found = await session.exec(
        select(Placement)
        .where(col(Placement.id) == placement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one_or_none()


async def add_placements(session: AsyncSession, placements: Sequence[Placement]) -> None:
    """Keep copies. What a split said of a person in advance stands; a known one stays, but a
    withdrawn one opens again: its system took the withdrawal back.
    """
    in_order = sorted(placements, key=lambda placement: placement.id)
    columns = zip(*(_columns_of(placement) for placement in in_order), strict=True)
    await driver_sql(session, _ADD_PLACEMENTS, *map(list, columns))


def _columns_of(placement: Placement) -> tuple[object, ...]:
    return (
        placement.id,
        placement.person_id,
        placement.placement_agency_code,
        placement.country,
        placement.job_order_number,
        placement.phase.value,
        placement.opened_at,
    )


async def set_facts(
    session: AsyncSession, placement_id: UUID, *, phase: PlacementPhase, **facts: str | None
) -> None:
    """Change a copy, which locks it until the commit."""
    await session.exec(
        update(Placement)
        .where(col(Placement.id) == placement_id)
        .values(phase=phase, **facts)
        .execution_options(synchronize_session=False)
    )


async def give_placements(
    session: AsyncSession, placement_ids: Sequence[UUID], *, to_person_id: UUID, at: datetime
) -> None:
    """Set the person of placements, of those also that have not arrived here yet; what a later
    split has said of one stands.
    """
    if not placement_ids:
        return
    person = {"person_id": to_person_id, "person_told_at": at}
    rows = [
        Placement(id=placement_id, person_id=to_person_id, phase=PlacementPhase.NAMED).model_dump()
        | person
        for placement_id in sorted(placement_ids)
    ]
    told_at = col(Placement.person_told_at)
    await session.exec(
        insert(Placement)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["id"], set_=person, where=told_at.is_(None) | (told_at < at)
        )
    )


async def follow_person(session: AsyncSession, person_id: UUID) -> UUID:
    """The id that a person goes by now, over any number of merges."""
    rows = await driver_sql(
        session,
        """
        WITH RECURSIVE chain AS (
            SELECT $1::uuid AS person_id, 0 AS depth
            UNION ALL
            SELECT r.person_id, chain.depth + 1
            FROM chain JOIN person_redirects r ON r.merged_person_id = chain.person_id
        ) CYCLE person_id SET is_cycle USING path
        SELECT person_id FROM chain WHERE NOT is_cycle ORDER BY depth DESC LIMIT 1
        """,
        person_id,
    )
    found: UUID = rows[0].person_id
    return found


async def add_redirect(
    session: AsyncSession, merged_person_id: UUID, *, to_person_id: UUID, merged_at: datetime
) -> None:
    """Point a merged id at the surviving one; of two merges of one id the later one holds."""
    values = {"person_id": to_person_id, "merged_at": merged_at}
    await session.exec(
        insert(PersonRedirect)
        .values(merged_person_id=merged_person_id, **values)
        .on_conflict_do_update(
            index_elements=["merged_person_id"],
            set_=values,
            where=col(PersonRedirect.merged_at) < merged_at,
        )
    )


async def drop_redirect(
    session: AsyncSession, merged_person_id: UUID, *, older_than: datetime
) -> None:
    """Forget a redirect that a later fact has made void."""
    await session.exec(
        delete(PersonRedirect)
        .where(
            col(PersonRedirect.merged_person_id) == merged_person_id,
            col(PersonRedirect.merged_at) < older_than,
        )
        .execution_options(synchronize_session=False)
    )


_ADD_PLACEMENTS = """
INSERT INTO placements AS p
    (id, person_id, placement_agency_code, country, job_order_number, phase, opened_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[])
ON CONFLICT (id) DO UPDATE SET
    placement_agency_code = excluded.placement_agency_code, country = excluded.country,
    job_order_number = excluded.job_order_number, phase = excluded.phase,
    opened_at = excluded.opened_at
WHERE p.phase IN ('NAMED', 'WITHDRAWN')
"""
