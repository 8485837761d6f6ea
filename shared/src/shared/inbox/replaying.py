"""Handing parked messages back in order, under the same lock as new arrivals, with an audit row."""

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.cloudevents import Event, Unreadable, read_event
from shared.db import driver_sql
from shared.ids import new_id
from shared.inbox.applying import HandlerFailed, Inbox, Work
from shared.inbox.cursors import Cursor, Place, beginnings, lock_cursors
from shared.inbox.parking import Arrival, KeptRecord, Reason, described


async def replay(
    inbox: Inbox,
    *,
    by: str,
    topic: str | None = None,
    key: str | None = None,
    accept_gap: bool = False,
    dry_run: bool = False,
) -> list[str]:
    """Replay what waits, key by key; gives one line of outcome a key.

    What could not be read when it came is read again first, and stands in line if it can be now.
    A gap is passed only with `accept_gap`: what is missing then never has its effect here.
    """
    lines = [
        await _read_again(inbox, one, dry_run=dry_run) for one in await _kept(inbox, topic, key)
    ]
    for place in await _standing(inbox, topic, key):
        if dry_run:
            outcome = await _described(inbox, place)
        else:
            outcome = await _replay_key(inbox, place, by=by, accept_gap=accept_gap)
        lines.append(f"{place[0]} {place[1]}: {outcome}")
    return lines


async def _kept(inbox: Inbox, topic: str | None, key: str | None) -> list[KeptRecord]:
    async with inbox.database.session() as session:
        return await inbox.parking.list_unreadable(session, topic, key)


async def _read_again(inbox: Inbox, kept: KeptRecord, *, dry_run: bool) -> str:
    """Put a record in line behind its cursor if this code can read it; gives the outcome."""
    try:
        event = read_event(topic=kept.topic, key=kept.key, headers=kept.headers, value=kept.value)
    except Unreadable as error:
        return f"{kept.place}: unreadable still: {error}"
    outcome = f"{kept.place}: readable now, {event.key} {event.sequence}"
    if dry_run:
        return outcome
    async with inbox.database.session() as session:
        cursors = await lock_cursors(session, beginnings([event]))
        cursor = cursors[event.topic, event.key]
        if not await inbox.parking.forget(session, kept):
            return f"{outcome}, and taken by another replay"
        if event.sequence > cursor.last_sequence:
            arrival = Arrival(event, kept.partition, kept.offset)
            reason = Reason.BEHIND if cursor.parked else Reason.GAP
            await inbox.parking.put(session, cursor, arrival, reason=reason)
        await inbox.finish(Work(session, cursors))
    return outcome


async def _standing(inbox: Inbox, topic: str | None, key: str | None) -> list[Place]:
    async with inbox.database.session() as session:
        rows = await driver_sql(session, _STANDING, topic, key)
    return [(row.topic, row.key) for row in rows]


async def _described(inbox: Inbox, place: Place) -> str:
    async with inbox.database.session() as session:
        cursor = (await lock_cursors(session, {place: 0}))[place]
        first = await inbox.parking.find_first(session, cursor)
        if first is None:
            return "nothing waits"
        missing = first.event.sequence - cursor.last_sequence - 1
        told_gap = f", {missing} missing before it" if missing else ""
        return f"{cursor.waiting} waiting from {first.event.sequence}{told_gap}"


async def _replay_key(inbox: Inbox, place: Place, *, by: str, accept_gap: bool) -> str:
    replayed = 0
    while True:
        async with inbox.database.session() as session:
            cursors = await lock_cursors(session, {place: 0})
            cursor = cursors[place]
            held = await inbox.parking.find_first(session, cursor)
            gap = held is not None and held.event.sequence > cursor.last_sequence + 1
            if held is None or (gap and not accept_gap):
                cursor.parked, cursor.is_changed = False, True
                await inbox.finish(Work(session, cursors))
                missing = f"; waits for {cursor.last_sequence + 1} (ACCEPT_GAP=1 passes it)"
                return f"{replayed} replayed{missing if held else ''}"
            await _audit(session, held.event, cursor, by=by, gap=gap)
            cursor.parked = False
            cursor.moved_to(held.event.sequence - 1)
            work = Work(session, cursors)
            try:
                await inbox.advance(work, held)
            except HandlerFailed as failure:
                error = described(failure.error)
                return f"{replayed} replayed; {held.event.sequence} fails again: {error}"
            await inbox.finish(work)
        replayed += 1


async def _audit(
    session: AsyncSession, event: Event, cursor: Cursor, *, by: str, gap: bool
) -> None:
    await driver_sql(
        session,
        _AUDIT,
        new_id(),
        event.topic,
        event.key,
        cursor.last_sequence + 1,
        event.sequence,
        gap,
        by,
    )


_STANDING = """
SELECT topic, key FROM cursors
WHERE (parked OR waiting > 0)
  AND ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR key = $2)
ORDER BY topic, key
"""
_AUDIT = """
INSERT INTO replays (id, topic, key, from_sequence, to_sequence, gap_accepted, replayed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
