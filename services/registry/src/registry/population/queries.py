"""Questions to evidence, timelines and the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.population import packing
from registry.population.timeline import Cause, Cell, Evidence, SourceCell, Stay
from shared.db import driver_sql


@dataclass(frozen=True, slots=True)
class Heard:
    """What one origin says of its person, as kept."""

    origin_id: UUID
    person_id: UUID
    is_from_case: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class KeptTimeline:
    """A timeline as kept, with the cell that it was last turned to."""

    person_id: UUID
    stays: tuple[Stay, ...]
    cell: Cell | None
    since_on: date | None


async def load_evidence(session: AsyncSession, person_ids: Iterable[UUID]) -> list[Heard]:
    rows = await driver_sql(
        session,
        """
        SELECT origin_id, person_id, is_from_case, facts FROM person_evidence
        WHERE person_id = ANY($1::uuid[])
        """,
        list(person_ids),
    )
    return [Heard(row[0], row[1], row[2], packing.unpack_evidence(row[3])) for row in rows]


_TIMELINE = """
    SELECT person_id, stays, country, district, category, source_cell, since_on
    FROM person_timelines
"""


async def load_timelines(
    session: AsyncSession, person_ids: Iterable[UUID]
) -> dict[UUID, KeptTimeline]:
    rows = await driver_sql(
        session, f"{_TIMELINE} WHERE person_id = ANY($1::uuid[])", list(person_ids)
    )
    return {row[0]: _timeline(row) for row in rows}


async def lock_due_timelines(
    session: AsyncSession, *, today: date, limit: int
) -> list[KeptTimeline]:
    """Timelines whose cell of today is another one than they were last turned to."""
    rows = await driver_sql(
        session,
        f"{_TIMELINE} WHERE next_change_on <= $1 ORDER BY person_id LIMIT $2 FOR UPDATE",
        today,
        limit,
    )
    return [_timeline(row) for row in rows]


def _timeline(row: Any) -> KeptTimeline:
    cell = Cell(row[2], row[3], row[4], SourceCell(row[5])) if row[2] else None
    stays = tuple(packing.unpack_stay(packed) for packed in row[1])
    return KeptTimeline(row[0], stays, cell, row[6])


@dataclass(frozen=True, slots=True)
class Count:
    """Persons in one cell of a count."""

    country: str
    source_cell: SourceCell
    persons: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A count with the instant of knowledge that it answers for, and the last one there is."""

    known_at: datetime
    data_cut: datetime
    counts: list[Count]


async def count_stock(
    session: AsyncSession,
    *,
    as_of: date,
    known_at: datetime | None,
    country: str | None,
    district: str | None,
    category: str | None,
) -> Counted:
    """Persons present on a day, as known at an instant, by country and source cell.

    One statement, so that cut, sums and postings are of one snapshot. Whole months come from the
    sums; what is left are the postings of the day's own month, and, for an instant before the
    cut, those of earlier months that became known in the instant's own month.
    """
    rows = await driver_sql(
        session,
        """
        WITH asked AS (
            SELECT known_at AS cut, least(coalesce($2::timestamptz, known_at), known_at) AS known_at
            FROM population_cut
        ), bounds AS (
            SELECT cut, known_at, date_trunc('month', $1::date)::date AS month,
                   CASE WHEN known_at >= cut THEN 'infinity'
                        ELSE date_trunc('month', known_at AT TIME ZONE 'UTC') END AS known_month
            FROM asked
        ), parts AS (
            SELECT country, source_cell, sum(delta) AS persons
            FROM population_sums AS s, bounds
            WHERE s.valid_month < bounds.month AND s.known_month < bounds.known_month
              AND ($3::text IS NULL OR country = $3) AND ($4::text IS NULL OR district = $4)
              AND ($5::text IS NULL OR category = $5)
            GROUP BY country, source_cell
            UNION ALL
            SELECT country, source_cell, sum(delta)
            FROM ledger_postings p, bounds
            WHERE p.known_at <= bounds.known_at AND valid_on <= $1 AND valid_on >= bounds.month
              AND ($3::text IS NULL OR country = $3) AND ($4::text IS NULL OR district = $4)
              AND ($5::text IS NULL OR category = $5)
            GROUP BY country, source_cell
            UNION ALL
            SELECT country, source_cell, sum(delta)
            FROM ledger_postings p, bounds
            WHERE bounds.known_month < 'infinity' AND valid_on < bounds.month
              AND p.known_at >= bounds.known_month AT TIME ZONE 'UTC'
              AND p.known_at <= bounds.known_at
              AND ($3::text IS NULL OR country = $3) AND ($4::text IS NULL OR district = $4)
              AND ($5::text IS NULL OR category = $5)
            GROUP BY country, source_cell
        ), counted AS (
            SELECT country, source_cell, sum(persons)::bigint AS persons
            FROM parts GROUP BY country, source_cell
        )
        SELECT asked.known_at, asked.cut, counted.country, counted.source_cell, counted.persons
        FROM asked LEFT JOIN counted ON true ORDER BY counted.country, counted.source_cell
        """,
        as_of,
        known_at,
        country,
        district,
        category,
    )
    counts = [Count(row[2], SourceCell(row[3]), row[4]) for row in rows if row[2] is not None]
    return Counted(rows[0][0], rows[0][1], counts)


async def sum_movements(
    session: AsyncSession,
    *,
    after: date,
    to: date,
    known_at: datetime,
    country: str | None,
    district: str | None,
    category: str | None,
) -> dict[str, dict[str, int]]:
    """Signed sums of postings valid in (after, to], by country and movement."""
    rows = await driver_sql(
        session,
        """
        SELECT country, movement, sum(delta)::bigint FROM ledger_postings
        WHERE valid_on > $1 AND valid_on <= $2 AND known_at <= $3
          AND ($4::text IS NULL OR country = $4) AND ($5::text IS NULL OR district = $5)
          AND ($6::text IS NULL OR category = $6)
        GROUP BY country, movement
        """,
        after,
        to,
        known_at,
        country,
        district,
        category,
    )
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        sums.setdefault(row[0], {})[row[1]] = row[2]
    return sums


async def sum_causes(
    session: AsyncSession,
    *,
    from_on: date,
    to_on: date,
    known_from: datetime,
    known_to: datetime,
    country: str | None,
) -> list[tuple[Cause, int, int]]:
    """Gains and losses by cause: the postings in the later count that are not in the earlier."""
    rows = await driver_sql(
        session,
        """
        SELECT cause, coalesce(sum(delta) FILTER (WHERE delta > 0), 0)::bigint,
               coalesce(-sum(delta) FILTER (WHERE delta < 0), 0)::bigint
        FROM ledger_postings
        WHERE valid_on <= $2 AND known_at <= $4 AND (valid_on > $1 OR known_at > $3)
          AND ($5::text IS NULL OR country = $5)
        GROUP BY cause ORDER BY cause
        """,
        from_on,
        to_on,
        known_from,
        known_to,
        country,
    )
    return [(Cause(row[0]), row[1], row[2]) for row in rows]


async def count_departures(
    session: AsyncSession, *, after: date, to: date, country: str | None
) -> dict[str, int]:
    """Placements whose worker departed in (after, to], by country: services, not persons."""
    rows = await driver_sql(
        session,
        """
        SELECT country, count(*) FROM placements
        WHERE departed_on > $1 AND departed_on <= $2 AND country IS NOT NULL
          AND ($3::text IS NULL OR country = $3)
        GROUP BY country
        """,
        after,
        to,
        country,
    )
    return {row[0]: row[1] for row in rows}
