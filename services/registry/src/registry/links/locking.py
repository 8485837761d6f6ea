"""Locking what a share of linking may touch, so that two at once give one person.

Records first, then their persons, each in the order of ids; then everything is read again. What
came in between (a new candidate) makes it start over with all locks given back.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import queries
from registry.links.deciding import Record, World, members_of
from registry.links.rules import OFFICER
from registry.matching.queries import find_candidates, load_features
from registry.sources.rules import LinkDue, SourceSystem
from shared.db import driver_sql
from shared.errors import ServiceBusy
from shared.ids import new_id

_TRIES = 8


async def lock_world(session: AsyncSession, record_ids: Sequence[UUID]) -> World:
    """Everything that linking these records needs, locked; raises ServiceBusy."""
    for _ in range(_TRIES):
        savepoint = await session.begin_nested()
        world = await _try_to_lock(session, record_ids)
        if world is not None:
            await savepoint.commit()
            return world
        # Giving the locks back keeps the order of locking for the next try.
        await savepoint.rollback()
    raise ServiceBusy(retry_after_seconds=1)


async def _try_to_lock(session: AsyncSession, record_ids: Sequence[UUID]) -> World | None:
    before = await find_candidates(session, record_ids)
    wanted = {*record_ids, *(other for _, other in before)}
    locked = await _lock_records(session, wanted)
    pairs = await find_candidates(session, record_ids)
    if not {other for _, other in pairs} <= wanted:
        return None
    persons = {record.person_id for record in locked if record.person_id}
    await _lock_persons(session, persons)
    members = await _members(session, persons)
    records = {record.id: record for record in (*members, *locked)}
    await _mark_officers_word(session, records, record_ids)
    features = await load_features(session, records)
    grouped: dict[UUID, set[UUID]] = {}
    for record_id, other in pairs:
        grouped.setdefault(record_id, set()).add(other)
    return World(
        records,
        features,
        grouped,
        members_of(records.values()),
        new_id,
        burdened=await queries.find_burdened(session, persons),
    )


async def _lock_records(session: AsyncSession, record_ids: set[UUID]) -> list[Record]:
    rows = await driver_sql(
        session,
        """
        SELECT id, source_system, person_id, is_withdrawn, link_due, due_for
        FROM source_records WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
        """,
        list(record_ids),
    )
    return [_record(row) for row in rows]


async def _lock_persons(session: AsyncSession, person_ids: set[UUID]) -> None:
    if person_ids:
        await driver_sql(
            session,
            "SELECT FROM persons WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
            list(person_ids),
        )


async def _members(session: AsyncSession, person_ids: set[UUID]) -> list[Record]:
    if not person_ids:
        return []
    rows = await driver_sql(
        session,
        """
        SELECT id, source_system, person_id, is_withdrawn, link_due, due_for
        FROM source_records WHERE person_id = ANY($1::uuid[])
        """,
        list(person_ids),
    )
    return [_record(row) for row in rows]


async def _mark_officers_word(
    session: AsyncSession, records: dict[UUID, Record], record_ids: Sequence[UUID]
) -> None:
    """Links that an officer made stay, and persons whom one told apart are no candidates."""
    known = [one for one in record_ids if (found := records.get(one)) and found.person_id]
    if not known:
        return
    for word in await queries.last_words(session, known):
        record = records[word.source_record_id]
        record.is_officers, record.is_unlinked = word.model == OFFICER, word.is_unlinked
    for record_id, person_ids in await queries.told_apart(session, known):
        # Whoever merged them since has the last word.
        records[record_id].not_persons = frozenset(person_ids) - {records[record_id].person_id}


def _record(row: Sequence[object]) -> Record:
    record_id, system, person_id, is_withdrawn, due, due_for = row
    return Record(
        record_id,  # type: ignore[arg-type]  # the driver's rows are untyped
        SourceSystem(str(system)),
        person_id,  # type: ignore[arg-type]
        bool(is_withdrawn),
        LinkDue(str(due)) if due else None,
        due_for,  # type: ignore[arg-type]
    )
