"""Events that leave with the change that caused them: collecting, numbering, and the wake-up.

`add` collects; `flush`, called once at the end of a transaction, numbers and stores what was
collected. `shared.relay` sends what is stored; nothing is ever sent that was not committed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.db import LOST_CONNECTION, Database, driver_sql
from shared.ids import new_id
from shared.messages import catalogue
from shared.messages.base import Message
from shared.telemetry import current_trace

LARGEST_BYTES = 256 * 1024
KEPT = timedelta(days=30)
CHANNEL = "outbox"
_QUIET_SECONDS = 0.002


class MessageTooLarge(ValueError):
    """A payload over 256 kB: a defect of its writer, stopped before the broker has to refuse it."""


@dataclass(frozen=True, slots=True)
class _Collected:
    entry: catalogue.Entry
    event_id: UUID
    key: str
    data: bytes
    occurred_at: datetime
    causation_id: str | None
    traceparent: str | None


def add(session: AsyncSession, message: Message, *, causation_id: str | None = None) -> UUID:
    """Collect a message for the transaction of `session`; gives the id of its event.

    Its key is the member that the catalogue names. Within a handler the causing event is filled in
    by the inbox.
    """
    entry = catalogue.entry_of(type(message))
    data = message.model_dump_json().encode()
    if len(data) > LARGEST_BYTES:
        raise MessageTooLarge(entry.event_type)
    trace = current_trace()
    collected = _Collected(
        entry=entry,
        event_id=new_id(),
        key=str(getattr(message, entry.key)),
        data=data,
        occurred_at=clock.now(),
        causation_id=causation_id or session.info.get("causation_id"),
        traceparent=trace.traceparent if trace else None,
    )
    session.info.setdefault("outbox", []).append(collected)
    return collected.event_id


_NUMBERED = """
WITH given AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
        $7::text[], $8::text[], $9::bytea[]
    ) WITH ORDINALITY AS g(event_id, topic, key, type, occurred_at, sensitivity,
                           traceparent, causation_id, data, place)
), taken AS (
    INSERT INTO streams AS s (topic, key, last_sequence)
    SELECT topic, key, count(*) FROM given GROUP BY topic, key ORDER BY topic, key
    ON CONFLICT (topic, key) DO UPDATE SET last_sequence = s.last_sequence + excluded.last_sequence
    RETURNING s.topic, s.key, s.last_sequence
)"""
_STORED = """
INSERT INTO outbox (event_id, topic, key, sequence, type, occurred_at, sensitivity,
                    traceparent, causation_id, data)
SELECT event_id, topic, key,
       last_sequence - count(*) OVER stream + row_number() OVER (stream ORDER BY place),
       type, occurred_at, sensitivity, traceparent, causation_id, data
FROM given JOIN taken USING (topic, key)
WINDOW stream AS (PARTITION BY topic, key)
ORDER BY place
"""
_EVENT_VALUES = 9
Insertion = Callable[[int], str]
"""An INSERT, told the number of its first value."""


@cache
def statement(also: Insertion | None = None) -> str:
    """The one statement of a flush: nine arrays with a member for each event, then the values of
    what goes along.
    """
    together = f", beside AS ({also(_EVENT_VALUES + 1)})" if also else ""
    return _NUMBERED + together + _STORED


async def flush(
    session: AsyncSession, also: Insertion | None = None, values: Sequence[Any] = ()
) -> int:
    """Number and store what was collected; called once, last before the commit.

    The rows of `streams` are taken in sorted order and held until the commit, so sequences are
    gapless and in the order of commit, and two flushes cannot deadlock. Positions are drawn after
    those locks. `also` goes along in the same statement, or alone where nothing was collected.
    Gives the number of events.
    """
    collected: list[_Collected] = session.info.pop("outbox", [])
    if not collected:
        if also is not None:
            await driver_sql(session, also(1), *values)
        return 0
    await driver_sql(
        session,
        statement(also),
        [item.event_id for item in collected],
        [item.entry.topic for item in collected],
        [item.key for item in collected],
        [item.entry.event_type for item in collected],
        [item.occurred_at for item in collected],
        [item.entry.sensitivity for item in collected],
        [item.traceparent for item in collected],
        [item.causation_id for item in collected],
        [item.data for item in collected],
        *values,
    )
    return len(collected)


class Notifier:
    """Wakes the relay after commits: one NOTIFY for however many came since the last one.

    A NOTIFY inside the write's own transaction would cost a quarter of the write throughput,
    because PostgreSQL serialises the commits of notifying transactions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self._due.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="outbox-notifier")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        connection: asyncpg.Connection | None = None
        try:
            while True:
                await self._due.wait()
                self._due.clear()
                try:
                    # It changes nothing, so its transactions need not wait for the disk.
                    connection = connection or await self._database.connect(waits_for_disk=False)
                    await connection.execute(f"NOTIFY {CHANNEL}")
                    # The relay has just been told to look; another word is news only once it has.
                    await asyncio.sleep(_QUIET_SECONDS)
                except (asyncpg.PostgresError, *LOST_CONNECTION):
                    # A lost wake-up costs a second: the relay polls as well.
                    connection = None
                    await asyncio.sleep(0.5)
        finally:
            if connection is not None and not connection.is_closed():
                connection.terminate()


async def sweep(session: AsyncSession) -> bool:
    """Delete sent rows older than 30 days, a thousand at a time; true when there may be more."""
    gone = await driver_sql(
        session,
        """
        DELETE FROM outbox WHERE position IN (
            SELECT position FROM outbox WHERE sent_at < $1 ORDER BY sent_at LIMIT 1000)
        RETURNING 1
        """,
        datetime.now(UTC) - KEPT,
    )
    return bool(gone)
