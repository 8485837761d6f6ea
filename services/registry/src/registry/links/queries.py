"""Questions to decisions, reviews and merges."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.rules import MATCHER
from registry.links.tables import LinkDecision, PersonMerge
from shared.db import driver_sql


async def find_due_records(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Stored records whose second transaction is still owed, the oldest first, of one batch (or
    of none) at a time: their effects go on with the trace of that batch.
    """
    rows = await driver_sql(
        session,
        """
        WITH oldest AS (
            SELECT due_for FROM source_records
            WHERE link_due IS NOT NULL AND link_due <> 'HELD' ORDER BY id LIMIT 1)
        SELECT r.id FROM source_records r, oldest
        WHERE r.link_due IS NOT NULL AND r.link_due <> 'HELD'
          AND r.due_for IS NOT DISTINCT FROM oldest.due_for
        ORDER BY r.id LIMIT $1
        """,
        limit,
    )
    return [row[0] for row in rows]


async def find_burdened(session: AsyncSession, person_ids: Iterable[UUID]) -> set[UUID]:
    """Persons who have placements, reports or merges that no record of theirs explains."""
    ids = list(person_ids)
    if not ids:
        return set()
    rows = await driver_sql(
        session,
        """
        SELECT person_id FROM placements
        WHERE person_id = ANY($1::uuid[]) AND source_record_id IS NULL
        UNION
        SELECT person_id FROM person_merges
        WHERE person_id = ANY($1::uuid[]) AND split_at IS NULL
        UNION
        SELECT person_id_as_given FROM presence_reports WHERE person_id_as_given = ANY($1::uuid[])
        """,
        ids,
    )
    return {row[0] for row in rows}


async def last_words(session: AsyncSession, record_ids: Iterable[UUID]) -> Sequence[Any]:
    """Of each record the model that last gave it its person, and whether it was withdrawn since.

    What an officer moves meanwhile stays withdrawn.
    """
    return await driver_sql(
        session,
        """
        SELECT source_record_id,
               (array_agg(model ORDER BY id DESC)
                   FILTER (WHERE action NOT IN ('KEPT', 'UNLINKED')))[1] AS model,
               (array_agg(action ORDER BY id DESC)
                   FILTER (WHERE action <> 'KEPT' AND decided_by = $2))[1]
                   IS NOT DISTINCT FROM 'UNLINKED' AS is_unlinked
        FROM link_decisions WHERE source_record_id = ANY($1::uuid[]) GROUP BY source_record_id
        """,
        list(record_ids),
        MATCHER,
    )


async def told_apart(
    session: AsyncSession, record_ids: Iterable[UUID]
) -> Sequence[tuple[UUID, list[UUID]]]:
    """Persons with whom a record must not be joined, under the ids they go by now: an officer told
    one of their records apart from it, whichever of the two was looked at.
    """
    rows = await driver_sql(
        session,
        """
        SELECT told.record_id, array_agg(DISTINCT r.person_id)
        FROM (
            SELECT one AS record_id, unnest(a.other_record_ids) AS other_id
            FROM told_apart a CROSS JOIN LATERAL unnest(a.source_record_ids) AS one
            WHERE a.source_record_ids && $1::uuid[] AND one = ANY($1::uuid[])
            UNION
            SELECT one, unnest(a.source_record_ids)
            FROM told_apart a CROSS JOIN LATERAL unnest(a.other_record_ids) AS one
            WHERE a.other_record_ids && $1::uuid[] AND one = ANY($1::uuid[])
        ) AS told JOIN source_records r ON r.id = told.other_id
        WHERE r.person_id IS NOT NULL GROUP BY told.record_id
        """,
        list(record_ids),
    )
    return [(row[0], row[1]) for row in rows]


async def find_last_decision(session: AsyncSession, record_id: UUID) -> LinkDecision | None:
    found = await session.exec(
        select(LinkDecision)
        .where(col(LinkDecision.source_record_id) == record_id)
        .order_by(col(LinkDecision.id).desc())
        .limit(1)
    )
    return found.one_or_none()


async def list_decisions(session: AsyncSession, record_id: UUID) -> Sequence[LinkDecision]:
    found = await session.exec(
        select(LinkDecision)
        .where(col(LinkDecision.source_record_id) == record_id)
        .order_by(col(LinkDecision.id))
    )
    return found.all()


async def find_standing_merge(
    session: AsyncSession, person_id: UUID, record_ids: set[UUID]
) -> PersonMerge | None:
    """The merge whose records are exactly these and still stand with the survivor."""
    found = await session.exec(
        select(PersonMerge)
        .where(col(PersonMerge.person_id) == person_id, col(PersonMerge.split_at).is_(None))
        .order_by(col(PersonMerge.id).desc())
    )
    wanted = {str(one) for one in record_ids}
    return next((one for one in found.all() if set(one.moved["source_record_ids"]) == wanted), None)


async def identifications_of(
    session: AsyncSession, *, person_ids: Iterable[UUID], record_ids: Iterable[UUID]
) -> Sequence[Any]:
    """What cases were told of these persons and records, beside what is true now."""
    return await driver_sql(
        session,
        """
        SELECT i.source_record_id, i.case_id, i.participant_id, i.person_id, i.outcome,
               r.person_id AS now_person_id, p.is_provisional,
               EXISTS (SELECT FROM link_reviews w WHERE w.source_record_id = r.id
                       AND w.state IN ('OPEN', 'AWAITING_SECOND')
                       AND w.repeat_of IS NULL) AS is_in_review
        FROM identifications i
        JOIN source_records r ON r.id = i.source_record_id
        LEFT JOIN persons p ON p.id = r.person_id
        WHERE i.person_id = ANY($1::uuid[]) OR i.source_record_id = ANY($2::uuid[])
           OR r.person_id = ANY($1::uuid[])
        ORDER BY i.case_id, i.participant_id
        """,
        list(person_ids),
        list(record_ids),
    )
