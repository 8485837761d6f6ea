"""What hangs on a review: how urgent its answer is, and whether two officers must give it.

Weighed when records are linked, persons merged or split, and cases opened or closed, so that the
queue can be read in order without asking about each of its rows.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.rules import IN_AN_OPEN_CASE
from registry.persons.queries import list_persons_of_case, open_cases_of
from registry.placements.telling import BEFORE_DEPARTURE
from shared.db import driver_sql

# Written as the partial indexes are, or they would not be used.
_PENDING = "w.state IN ('OPEN', 'AWAITING_SECOND') AND w.repeat_of IS NULL"

_WEIGH = f"""
WITH due AS (
    SELECT w.id, w.source_record_id, w.candidate_person_ids FROM link_reviews w
    WHERE {_PENDING} AND w.candidate_person_ids && $1::uuid[]
    UNION
    SELECT w.id, w.source_record_id, w.candidate_person_ids
    FROM source_records r JOIN link_reviews w ON w.source_record_id = r.id
    WHERE {_PENDING} AND r.person_id = ANY($1::uuid[])
), concerned AS (
    SELECT due.id, r.person_id FROM due JOIN source_records r ON r.id = due.source_record_id
    WHERE r.person_id IS NOT NULL
    UNION
    SELECT id, unnest(candidate_person_ids) FROM due
), weighed AS (
    SELECT one.id,
           greatest(count(t.country) - 1, 0)
           + CASE WHEN bool_or(EXISTS ({open_cases_of("one.person_id")})) THEN $2 ELSE 0 END
               AS urgency
    FROM concerned one LEFT JOIN person_timelines t USING (person_id) GROUP BY one.id
)
UPDATE link_reviews w SET urgency = weighed.urgency FROM weighed
WHERE w.id = weighed.id AND w.urgency <> weighed.urgency
"""  # noqa: S608 - constants alone.

_STAKES = f"""
SELECT one.person_id FROM unnest($1::uuid[]) AS one(person_id)
WHERE EXISTS (
    SELECT FROM placements p WHERE p.person_id = one.person_id AND p.ended_on IS NULL
       AND p.status <> ALL($2::text[])
) OR EXISTS (
    SELECT FROM placements p JOIN slot_reservations s ON s.placement_id = p.id
    WHERE p.person_id = one.person_id AND s.state = 'HELD'
) OR EXISTS ({open_cases_of("one.person_id")})
"""  # noqa: S608 - constants alone.


async def weigh_reviews(session: AsyncSession, person_ids: Iterable[UUID]) -> None:
    """Weigh the pending reviews that concern one of these persons."""
    if ids := list(person_ids):
        await driver_sql(session, _WEIGH, ids, IN_AN_OPEN_CASE)


async def weigh_reviews_of_case(session: AsyncSession, case_id: UUID) -> None:
    """Weigh the pending reviews that concern somebody in a case."""
    await weigh_reviews(session, await list_persons_of_case(session, case_id))


async def find_stakes(session: AsyncSession, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these persons on whom a live placement, an open case or a held seat hangs."""
    rows = await driver_sql(session, _STAKES, list(person_ids), sorted(BEFORE_DEPARTURE))
    return {row[0] for row in rows}


async def has_stakes(session: AsyncSession, person_ids: Iterable[UUID]) -> bool:
    """Whether a live placement, an open case or a held seat hangs on one of these persons."""
    return bool(await find_stakes(session, person_ids))
