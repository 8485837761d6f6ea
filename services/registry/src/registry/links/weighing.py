"""What hangs on a review: how urgent its answer is, and whether two officers must give it.

Weighed when records are linked, persons merged or split, and cases opened or closed, so that the
queue can be read in order without asking about each of its rows.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.rules import IN_AN_OPEN_CASE
from shared.db import driver_sql

# Everybody whom a case is about: by the id it was given, which may be merged, or by a record.
_IN_CASE = """
    SELECT coalesce(given.merged_into, given.id) AS person_id, p.case_id
    FROM case_participants p JOIN persons given ON given.id = p.person_id_as_given
    UNION
    SELECT r.person_id, p.case_id
    FROM case_participants p JOIN source_records r ON r.id = p.source_record_id
"""

_WEIGH = f"""
WITH due AS (
    SELECT w.id, r.person_id, w.candidate_person_ids
    FROM link_reviews w JOIN source_records r ON r.id = w.source_record_id
    WHERE w.state IN ('OPEN', 'AWAITING_SECOND') AND w.repeat_of IS NULL
      AND (w.candidate_person_ids && $1::uuid[] OR w.source_record_id IN (
               SELECT id FROM source_records WHERE person_id = ANY($1::uuid[])))
), concerned AS (
    SELECT id, person_id FROM due WHERE person_id IS NOT NULL
    UNION
    SELECT id, unnest(candidate_person_ids) FROM due
), in_case AS (
    SELECT DISTINCT said.person_id FROM ({_IN_CASE}) AS said JOIN case_copies USING (case_id)
    WHERE is_open AND said.person_id IN (SELECT person_id FROM concerned)
), weighed AS (
    SELECT concerned.id,
           greatest(count(t.country) - 1, 0)
           + CASE WHEN bool_or(in_case.person_id IS NOT NULL) THEN $2 ELSE 0 END AS urgency
    FROM concerned
    LEFT JOIN person_timelines t ON t.person_id = concerned.person_id
    LEFT JOIN in_case ON in_case.person_id = concerned.person_id
    GROUP BY concerned.id
)
UPDATE link_reviews w SET urgency = weighed.urgency FROM weighed
WHERE w.id = weighed.id AND w.urgency <> weighed.urgency
"""  # noqa: S608 - constants alone.

_STAKES = f"""
SELECT EXISTS (
    SELECT FROM placements WHERE person_id = ANY($1::uuid[]) AND ended_on IS NULL
       AND status NOT IN ('WITHDRAWN', 'CANCELLED', 'UNFIT', 'FAILED_DEPARTURE',
                          'REJECTED_BY_IMMIGRATION')
) OR EXISTS (
    SELECT FROM ({_IN_CASE}) AS said JOIN case_copies USING (case_id)
    WHERE is_open AND said.person_id = ANY($1::uuid[])
) OR EXISTS (
    SELECT FROM slot_reservations s JOIN placements p ON p.id = s.placement_id
    WHERE s.state = 'HELD' AND p.person_id = ANY($1::uuid[])
)
"""  # noqa: S608 - constants alone.


async def weigh_reviews(session: AsyncSession, person_ids: Iterable[UUID]) -> None:
    """Weigh the pending reviews that concern one of these persons."""
    if ids := list(person_ids):
        await driver_sql(session, _WEIGH, ids, IN_AN_OPEN_CASE)


async def weigh_reviews_of_case(session: AsyncSession, case_id: UUID) -> None:
    """Weigh the pending reviews that concern somebody in a case."""
    rows = await driver_sql(
        session,
        f"SELECT DISTINCT person_id FROM ({_IN_CASE}) AS said"  # noqa: S608 - constants alone.
        " WHERE case_id = $1 AND person_id IS NOT NULL",
        case_id,
    )
    await weigh_reviews(session, [row[0] for row in rows])


async def has_stakes(session: AsyncSession, person_ids: Iterable[UUID]) -> bool:
    """Whether a live placement, an open case or a held seat hangs on one of these persons."""
    rows = await driver_sql(session, _STAKES, list(person_ids))
    return bool(rows[0][0])
