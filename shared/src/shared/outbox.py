"""Events that leave with the change that caused them: collecting, numbering, and the one relay.

`add` collects; `flush`, called once at the end of a transaction, numbers and stores what was
collected. The relay sends unsent rows in order of position and marks them. A crash between the
two sends twice, which cursors absorb; nothing is ever sent that was not committed.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock, metrics
from shared.bus import Producer, SendFailed
from shared.cloudevents import Event
from shared.db import LOST_CONNECTION, Database, driver_sql, is_passing
from shared.ids import new_id
from shared.leases import Lease
from shared.messages import catalogue
from shared.messages.base import Message
from shared.telemetry import current_trace, is_recording, parse_traceparent, record_span
from shared.watchdog import Heart, watched

LARGEST_BYTES = 256 * 1024
RESENT_WINDOW = timedelta(minutes=5)
KEPT = timedelta(days=30)
CHANNEL = "outbox"
_BATCH = 500

log = logging.getLogger(__name__)


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


_FLUSH = """
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
)
INSERT INTO outbox (event_id, topic, key, sequence, type, occurred_at, sensitivity,
                    traceparent, causation_id, data)
SELECT event_id, topic, key,
       last_sequence - count(*) OVER stream + row_number() OVER (stream ORDER BY place),
       type, occurred_at, sensitivity, traceparent, causation_id, data
FROM given JOIN taken USING (topic, key)
WINDOW stream AS (PARTITION BY topic, key)
ORDER BY place
"""


async def flush(session: AsyncSession) -> int:
    """Number and store what was collected; called once, last before the commit.

    The rows of `streams` are taken in sorted order and held until the commit, so sequences are
    gapless and in the order of commit, and two flushes cannot deadlock. Positions are drawn after
    those locks. Gives the number of events.
    """
    collected: list[_Collected] = session.info.pop("outbox", [])
    if not collected:
        return 0
    await driver_sql(
        session,
        _FLUSH,
        [item.event_id for item in collected],
        [item.entry.topic for item in collected],
        [item.key for item in collected],
        [item.entry.event_type for item in collected],
        [item.occurred_at for item in collected],
        [item.entry.sensitivity for item in collected],
        [item.traceparent for item in collected],
        [item.causation_id for item in collected],
        [item.data for item in collected],
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
                    connection = connection or await self._database.connect()
                    await connection.execute(f"NOTIFY {CHANNEL}")
                except (asyncpg.PostgresError, *LOST_CONNECTION):
                    # A lost wake-up costs a second: the relay polls as well.
                    connection = None
                    await asyncio.sleep(0.5)
        finally:
            if connection is not None and not connection.is_closed():
                connection.terminate()


class Relay:
    """Sends what the outbox holds, oldest position first, alone by lease.

    After any failed send the producer is dropped and sending starts again at the oldest unsent
    row. On taking the lease, on building a producer, and on an offset that is not above the last
    one of its partition (a broker that lost its tail), what was sent in the five minutes before
    the newest `sent_at` is sent again beside the new traffic.
    """

    def __init__(self, database: Database, *, bootstrap: str, source: str, prefix: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._source = source
        self._prefix = prefix
        self._lease = Lease("relay")
        self._woken = asyncio.Event()
        self._highest: dict[tuple[str, int], int] = {}
        self._resend_due = False
        self._heart = Heart()

    def wake(self) -> None:
        """Look at the outbox now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled: hold the lease and send. Faults are waited out, never given up on."""
        while True:
            try:
                await watched("relay", self._heart, self._once)
            except SendFailed as failure:
                log.warning("sending failed, new producer", extra={"facts": failure.facts})
            except Exception as error:
                if not is_passing(error) and not isinstance(error, asyncpg.PostgresError):
                    raise
                log.warning("relay starts again", exc_info=error)
            await asyncio.sleep(1)

    async def _once(self) -> None:
        connection = await self._database.connect()
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
            if await self._lease.take(connection):
                await self._relay_while_leased(connection)
        except asyncio.CancelledError:
            # Told to stop: the next relay need not wait for the lease to expire.
            await self._lease.give_back(connection)
            raise
        finally:
            connection.terminate()

    async def _relay_while_leased(self, connection: asyncpg.Connection) -> None:
        resending: asyncio.Task[None] | None = None
        async with Producer(self._bootstrap, prefix=self._prefix) as producer:
            self._highest.clear()
            self._resend_due = True
            try:
                while await self._lease.keep(connection):
                    self._heart.beat()
                    self._woken.clear()
                    sent = await self._send_unsent(connection, producer)
                    if resending is not None and resending.done():
                        resending.result()
                        resending = None
                    if self._resend_due and resending is None:
                        self._resend_due = False
                        resending = asyncio.create_task(self._send_recent_again(producer))
                    if sent < _BATCH:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._woken.wait(), timeout=1)
            finally:
                if resending is not None:
                    resending.cancel()
                    await asyncio.wait([resending], timeout=5)

    async def _send_unsent(self, connection: asyncpg.Connection, producer: Producer) -> int:
        rows = await connection.fetch(
            "SELECT * FROM outbox WHERE sent_at IS NULL ORDER BY position LIMIT $1", _BATCH
        )
        if not rows:
            return 0
        places = await self._send(producer, rows)
        await connection.execute(
            """
            UPDATE outbox SET sent_at = clock_timestamp(),
                              partition = sent.partition, broker_offset = sent.broker_offset
            FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])
                 AS sent(position, partition, broker_offset)
            WHERE outbox.position = sent.position
            """,
            [row["position"] for row in rows],
            [partition for partition, _ in places],
            [offset for _, offset in places],
        )
        return len(rows)

    async def _send_recent_again(self, producer: Producer) -> None:
        connection = await self._database.connect()
        try:
            newest = await connection.fetchval("SELECT max(sent_at) FROM outbox")
            if newest is not None:
                since = newest - RESENT_WINDOW
                await resend(connection, producer, source=self._source, since=since)
        finally:
            connection.terminate()

    async def _send(
        self, producer: Producer, rows: Sequence[asyncpg.Record]
    ) -> list[tuple[int, int]]:
        began = time.time_ns()
        places = await producer.send_all([_event(row, self._source) for row in rows])
        _tell_sent(rows, began)
        for row, (partition, offset) in zip(rows, places, strict=True):
            where = (row["topic"], partition)
            if offset <= self._highest.get(where, -1):
                self._resend_due = True
            self._highest[where] = offset
        return places


def _tell_sent(rows: Sequence[asyncpg.Record], began: int) -> None:
    """Count what was sent, and leave a span of each sending under that of the change itself."""
    for topic, count in Counter(row["topic"] for row in rows).items():
        metrics.add(metrics.SENT, count, metrics.of_topic(topic, "send"))
    if not is_recording():
        return
    for row in rows:
        record_span(
            f"send {row['topic']}",
            parse_traceparent(row["traceparent"]),
            kind=SpanKind.PRODUCER,
            began=began,
            attributes={
                **metrics.of_topic(row["topic"], "send"),
                "messaging.message.id": str(row["event_id"]),
            },
        )


async def resend(
    connection: asyncpg.Connection, producer: Producer, *, source: str, since: datetime
) -> int:
    """Send again, in order, what was already sent at or after `since`; gives how many."""
    position, total = 0, 0
    while True:
        rows = await connection.fetch(
            """
            SELECT * FROM outbox WHERE sent_at >= $1 AND position > $2
            ORDER BY position LIMIT $3
            """,
            since,
            position,
            _BATCH,
        )
        if not rows:
            return total
        await producer.send_all([_event(row, source) for row in rows])
        position = rows[-1]["position"]
        total += len(rows)


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


def _event(row: asyncpg.Record, source: str) -> Event:
    return Event(
        id=row["event_id"],
        type=row["type"],
        topic=row["topic"],
        key=row["key"],
        sequence=row["sequence"],
        time=row["occurred_at"],
        source=source,
        data=row["data"],
        sensitivity=row["sensitivity"],
        traceparent=row["traceparent"],
        causation_id=row["causation_id"],
    )
