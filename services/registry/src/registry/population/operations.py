"""Keeping timelines and the ledger in step with evidence, person by person, under their locks."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.population import packing, queries
from registry.population.definition import Definition
from registry.population.evidence import without_provisional
from registry.population.timeline import (
    Cell,
    Change,
    Evidence,
    Posting,
    Stay,
    difference,
    timeline,
)
from shared import clock, outbox
from shared.db import driver_sql, slow_sql
from shared.messages.registry import PresenceChanged
from shared.rows import copy_rows

_POSTING_COLUMNS = (
    *("person_id", "valid_on", "country", "district", "category", "source_cell", "delta"),
    *("movement", "cause"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one origin (a record, placement or report) says of its person."""

    origin_id: UUID
    person_id: UUID
    is_from_case: bool
    evidence: Evidence


async def hear(session: AsyncSession, said: Sequence[Said]) -> None:
    """Keep what origins say, in place of what they said before; silence removes it."""
    silent = [one.origin_id for one in said if one.evidence == Evidence()]
    if silent:
        await driver_sql(
            session, "DELETE FROM person_evidence WHERE origin_id = ANY($1::uuid[])", silent
        )
    spoken = [one for one in said if one.evidence != Evidence()]
    if not spoken:
        return
    await driver_sql(
        session,
        """
        INSERT INTO person_evidence (origin_id, person_id, is_from_case, facts)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::jsonb[])
        ON CONFLICT (origin_id) DO UPDATE
        SET person_id = excluded.person_id, facts = excluded.facts
        """,
        [one.origin_id for one in spoken],
        [one.person_id for one in spoken],
        [one.is_from_case for one in spoken],
        [packing.pack_evidence(one.evidence) for one in spoken],
    )


async def recount(
    session: AsyncSession, person_ids: Iterable[UUID], *, change: Change, definition: Definition
) -> None:
    """Draw the timelines of locked persons anew and post what differs from before."""
    ids = sorted(set(person_ids))
    today = clock.today()
    heard: dict[UUID, list[queries.Heard]] = defaultdict(list)
    for one in await queries.load_evidence(session, ids):
        heard[one.person_id].append(one)
    before = await queries.load_timelines(session, ids)
    changed: dict[UUID, tuple[Stay, ...]] = {}
    postings: list[tuple[UUID, Posting]] = []
    for person_id in ids:
        after = timeline(together(heard[person_id]))
        known = before.get(person_id)
        was = known.stays if known else ()
        if after == was:
            continue
        changed[person_id] = after
        postings += [
            (person_id, posting)
            for posting in difference(
                was, after, change=change, known_on=today, definition=definition
            )
        ]
    await copy_rows(session, "ledger_postings", _POSTING_COLUMNS, (_row(*one) for one in postings))
    await _keep_timelines(session, changed, today)
    for person_id, stays in changed.items():
        known = before.get(person_id)
        _tell_presence(session, person_id, known.cell if known else None, stays, today)


async def turn_to_today(session: AsyncSession) -> bool:
    """Move persons into the cell of today whose timeline changes by the date alone."""
    today = clock.today()
    due = await queries.lock_due_timelines(session, today=today, limit=500)
    await _keep_timelines(session, {one.person_id: one.stays for one in due}, today)
    for one in due:
        _tell_presence(session, one.person_id, one.cell, one.stays, today)
    return bool(due)


async def stamp(session: AsyncSession) -> bool:
    """Give committed postings their instant of knowledge, never below the last, and sum them up.

    One leased process does it after the commits, so that no reader's cut passes a posting that
    commits later. All at once: half of what one transaction posted is no count.
    """
    stamped = await slow_sql(
        session,
        """
        WITH cut AS (
            UPDATE population_cut SET known_at = greatest(known_at, clock_timestamp())
            WHERE EXISTS (SELECT FROM ledger_postings WHERE known_at IS NULL)
            RETURNING known_at
        ), fresh AS (
            UPDATE ledger_postings p SET known_at = cut.known_at
            FROM cut WHERE p.known_at IS NULL
            RETURNING p.valid_on, p.known_at, p.country, p.district, p.category, p.source_cell,
                      p.delta
        ), summed AS (
            INSERT INTO population_sums AS s (valid_month, known_month, country, district,
                                              category, source_cell, delta)
            SELECT date_trunc('month', valid_on)::date,
                   date_trunc('month', known_at AT TIME ZONE 'UTC')::date,
                   country, district, category, source_cell, sum(delta)
            FROM fresh GROUP BY 1, 2, 3, 4, 5, 6
            ON CONFLICT (valid_month, known_month, country, district, category, source_cell)
            DO UPDATE SET delta = s.delta + excluded.delta
        )
        SELECT count(*) FROM fresh
        """,
        seconds=600,
    )
    return bool(stamped[0][0])


def together(heard: Sequence[queries.Heard]) -> Evidence:
    """What all origins of one person say, as it counts."""
    evidence: Evidence = reduce(or_, (one.evidence for one in heard), Evidence())
    if all(one.is_from_case for one in heard):
        return evidence
    return without_provisional(evidence)


def _row(person_id: UUID, posting: Posting) -> tuple[Any, ...]:
    cell = posting.cell
    return (
        person_id,
        posting.valid_on,
        cell.country,
        cell.district,
        cell.category,
        cell.source_cell.value,
        posting.delta,
        posting.movement.value,
        posting.cause.value,
    )


async def _keep_timelines(
    session: AsyncSession, timelines: dict[UUID, tuple[Stay, ...]], today: date
) -> None:
    if not timelines:
        return
    current = [stay_on(stays, today) for stays in timelines.values()]
    await driver_sql(
        session,
        """
        INSERT INTO person_timelines (person_id, stays, country, district, category, source_cell,
                                      since_on, next_change_on)
        SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::text[], $4::text[], $5::text[],
                             $6::text[], $7::date[], $8::date[])
        ON CONFLICT (person_id) DO UPDATE
        SET stays = excluded.stays, country = excluded.country, district = excluded.district,
            category = excluded.category, source_cell = excluded.source_cell,
            since_on = excluded.since_on, next_change_on = excluded.next_change_on
        """,
        list(timelines),
        [json.dumps([packing.pack_stay(stay) for stay in stays]) for stays in timelines.values()],
        [stay and stay.cell.country for stay in current],
        [stay and stay.cell.district for stay in current],
        [stay and stay.cell.category for stay in current],
        [stay and stay.cell.source_cell.value for stay in current],
        [stay and stay.starts_on for stay in current],
        [_next_change(stays, today) for stays in timelines.values()],
    )


def stay_on(stays: Iterable[Stay], day: date) -> Stay | None:
    """The stay that a day lies in."""
    return next((stay for stay in stays if stay.starts_on <= day < stay.ends_on), None)


def _next_change(stays: Iterable[Stay], today: date) -> date | None:
    days = (day for stay in stays for day in (stay.starts_on, stay.ends_on))
    return min((day for day in days if day > today), default=None)


def _tell_presence(
    session: AsyncSession,
    person_id: UUID,
    was: Cell | None,
    stays: Iterable[Stay],
    today: date,
) -> None:
    stay = stay_on(stays, today)
    cell = stay.cell if stay else None
    if cell == was:
        return
    outbox.add(
        session,
        PresenceChanged(
            person_id=person_id,
            country=cell and cell.country,
            district=cell and cell.district,
            category=cell and cell.category,
            source_cell=cell and cell.source_cell.value,
            since_on=stay and stay.starts_on,
        ),
    )
