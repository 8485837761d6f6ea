"""The one relay of a database: sends what its outbox holds, in order, and marks it.

A crash between sending and marking sends twice, which cursors absorb.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import asyncpg
from opentelemetry.trace import SpanKind

from shared import metrics
from shared.bus import LogEnds, Producer, SendFailed
from shared.cloudevents import Event
from shared.db import Database, is_passing
from shared.leases import Lease
from shared.outbox import CHANNEL
from shared.telemetry import is_recording, parse_traceparent, record_span
from shared.watchdog import Heart, watched

RESENT_WINDOW = timedelta(minutes=5)
_BATCH = 500
_MOST_BESIDE = 20_000
_LOOKED_EVERY_SECONDS = 5.0
_MARKED_WITHIN_SECONDS = 0.05

log = logging.getLogger(__name__)

_NEWEST = "SELECT max(sent_at) FROM outbox"
_UNSENT = """
SELECT * FROM outbox WHERE sent_at IS NULL AND position <> ALL($1::bigint[])
ORDER BY position LIMIT $2
"""
_SENT = "SELECT * FROM outbox WHERE sent_at >= $1 AND position > $2 ORDER BY position LIMIT $3"
_MARK = """
UPDATE outbox SET sent_at = clock_timestamp(),
                  partition = sent.partition, broker_offset = sent.broker_offset
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])
     AS sent(position, partition, broker_offset)
WHERE outbox.position = sent.position
"""


class LogCut(SendFailed):
    """The broker has lost the end of a log: what it acknowledged is not there any more."""

    def __init__(self, topic: str, partition: int) -> None:
        Exception.__init__(self, "log cut")
        self.facts = {"error": "log cut", "topic": topic, "partition": partition}


class Relay:
    """Sends what the outbox holds, oldest position first, alone by lease.

    After any failed send the producer is dropped and sending starts again at the oldest unsent
    row. So it does when a log ends below what it acknowledged (a broker that lost its tail), seen
    by the offset of a message or by asking where the logs end. With each new producer, what was
    sent in the five minutes before the newest `sent_at` is sent again beside the new traffic.
    """

    def __init__(self, database: Database, *, bootstrap: str, source: str, prefix: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._source = source
        self._prefix = prefix
        self._lease = Lease("relay")
        self._woken = asyncio.Event()
        self._highest: dict[tuple[str, int], int] = {}
        # The newest `sent_at` when the logs were last seen whole; what was cut is not much older.
        self._whole_until: datetime | None = None
        self._looked_at = 0.0
        # Sent while older ones are sent again, and not marked: if this relay dies, the next one
        # must find the newest `sent_at` where it was.
        self._beside: set[int] = set()
        self._unmarked = _Unmarked()
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
        # A mark or a lease that a crash of the server takes back is one made a moment later: what
        # is not marked is sent again.
        connection = await self._database.connect(waits_for_disk=False)
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
            if await self._lease.take(connection):
                await self._relay_while_leased(connection)
            # Another one has the lease, and knows better from here on.
            self._whole_until = None
        except asyncio.CancelledError:
            # Told to stop: the next relay need not wait for the lease to expire.
            await self._lease.give_back(connection)
            raise
        finally:
            connection.terminate()

    async def _relay_while_leased(self, connection: asyncpg.Connection) -> None:
        async with (
            Producer(self._bootstrap, prefix=self._prefix) as producer,
            LogEnds(self._bootstrap, prefix=self._prefix) as ends,
        ):
            self._forget()
            resending = await self._start_resending(connection, producer)
            try:
                while await self._lease.keep(connection):
                    self._heart.beat()
                    self._woken.clear()
                    sent = await self._send_unsent(connection, producer, mark=resending is None)
                    if resending is not None and resending.done():
                        resending.result()
                        resending = None
                        # They come once more, marked: a reader that stands beyond the cut has
                        # not seen those that filled the room up to where it stands.
                        self._beside.clear()
                        continue
                    if resending is None:
                        await self._look_at_logs(connection, ends)
                    if self._unmarked.are_due:
                        await self._unmarked.mark(connection)
                    if sent < _BATCH:
                        await self._rest(connection)
            finally:
                if resending is not None:
                    resending.cancel()
                    await asyncio.wait([resending], timeout=5)

    def _forget(self) -> None:
        """With a new producer nothing is known of the logs but what the database says of them: what
        was sent and not marked may have gone with the old one.
        """
        self._highest.clear()
        self._beside.clear()
        self._unmarked.clear()

    async def _rest(self, connection: asyncpg.Connection) -> None:
        """Until there is something to send, or a second has gone; what was sent is marked first
        where nothing comes soon.
        """
        if self._unmarked and not await self._is_woken_within(_MARKED_WITHIN_SECONDS):
            await self._unmarked.mark(connection)
        if not self._unmarked:
            await self._is_woken_within(1)

    async def _is_woken_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), timeout=seconds)
        return self._woken.is_set()

    async def _start_resending(
        self, connection: asyncpg.Connection, producer: Producer
    ) -> asyncio.Task[None] | None:
        since = await self._resent_since(connection)
        if since is None:
            return None
        task = asyncio.create_task(self._send_again(producer, since))
        task.add_done_callback(lambda _: self._woken.set())
        return task

    async def _resent_since(self, connection: asyncpg.Connection) -> datetime | None:
        """Reckoned before anything new is sent, or the first new event would move the window."""
        newest: datetime | None = await connection.fetchval(_NEWEST)
        return newest and min(newest, self._whole_until or newest) - RESENT_WINDOW

    async def _look_at_logs(self, connection: asyncpg.Connection, ends: LogEnds) -> None:
        """Every few seconds, after sending, so that nothing waits for the answer; raises LogCut
        when a log is shorter than known.
        """
        now = time.monotonic()
        if now - self._looked_at < _LOOKED_EVERY_SECONDS:
            return
        for (topic, partition), end in (await ends.ends(self._highest)).items():
            if end <= self._highest[topic, partition]:
                raise LogCut(topic, partition)
        self._whole_until = await connection.fetchval(_NEWEST)
        self._looked_at = now

    async def _send_unsent(
        self, connection: asyncpg.Connection, producer: Producer, *, mark: bool
    ) -> int:
        if len(self._beside) >= _MOST_BESIDE:
            return 0
        known = [*self._beside, *self._unmarked.positions]
        rows = await connection.fetch(_UNSENT, known, _BATCH)
        if not rows:
            return 0
        began = time.time_ns()
        places = await self._send(producer, rows)
        if not mark:
            self._beside.update(row["position"] for row in rows)
            return len(rows)
        _tell_sent(rows, began)
        self._unmarked.add(rows, places)
        return len(rows)

    async def _send_again(self, producer: Producer, since: datetime) -> None:
        connection = await self._database.connect()
        try:
            async for rows in _sent_since(connection, since):
                await self._send(producer, rows)
        finally:
            connection.terminate()

    async def _send(
        self, producer: Producer, rows: Sequence[asyncpg.Record]
    ) -> list[tuple[int, int]]:
        known = dict(self._highest)
        places = await producer.send_all([_event(row, self._source) for row in rows])
        for row, (partition, offset) in zip(rows, places, strict=True):
            where = (row["topic"], partition)
            if offset <= known.get(where, -1):
                raise LogCut(*where)
            self._highest[where] = max(offset, self._highest.get(where, -1))
        return places


class _Unmarked:
    """What was sent and is not marked yet: one statement marks what a few round trips sent, so
    that no message waits for the marking of those before it.
    """

    def __init__(self) -> None:
        self.positions: list[int] = []
        self._partitions: list[int] = []
        self._offsets: list[int] = []
        self._since = 0.0

    def __bool__(self) -> bool:
        return bool(self.positions)

    @property
    def are_due(self) -> bool:
        """There are many of them, or the first has waited for long."""
        waited = time.monotonic() - self._since
        return len(self.positions) >= _BATCH or (bool(self) and waited > _MARKED_WITHIN_SECONDS)

    def add(self, rows: Sequence[asyncpg.Record], places: Sequence[tuple[int, int]]) -> None:
        if not self:
            self._since = time.monotonic()
        self.positions += [row["position"] for row in rows]
        self._partitions += [partition for partition, _ in places]
        self._offsets += [offset for _, offset in places]

    def clear(self) -> None:
        self.positions, self._partitions, self._offsets = [], [], []

    async def mark(self, connection: asyncpg.Connection) -> None:
        if self:
            await connection.execute(_MARK, self.positions, self._partitions, self._offsets)
            self.clear()


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
    total = 0
    async for rows in _sent_since(connection, since):
        await producer.send_all([_event(row, source) for row in rows])
        total += len(rows)
    return total


async def _sent_since(
    connection: asyncpg.Connection, since: datetime
) -> AsyncIterator[list[asyncpg.Record]]:
    position = 0
    while rows := await connection.fetch(_SENT, since, position, _BATCH):
        yield rows
        position = rows[-1]["position"]


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
