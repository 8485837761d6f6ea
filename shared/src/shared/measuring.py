"""How far a service is behind, asked of its database and broker now and then for as long as it
runs. Both of its processes ask, so that one which has died is told of by the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from shared import metrics
from shared.db import Database
from shared.metrics import Metric, Reading

Readings = Mapping[Metric, Sequence[Reading]]
_LONGEST_SECONDS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the database of a service, and the figures that its answer gives."""

    metrics: tuple[Metric, ...]
    ask: Callable[[asyncpg.Connection], Awaitable[Readings]]


@dataclass(frozen=True, slots=True)
class Probe:
    """The same, to anybody else."""

    metrics: tuple[Metric, ...]
    ask: Callable[[], Awaitable[Readings]]


class Measuring:
    """Asks its questions every so often. What cannot be answered is not told, rather than told
    as it was. Its connection is its own, so a pool without a free one hides nothing.
    """

    def __init__(
        self,
        database: Database,
        questions: Sequence[Question] = (),
        *,
        every_seconds: float,
        probes: Sequence[Probe] = (),
    ) -> None:
        self._database = database
        self._every_seconds = every_seconds
        self._connection: asyncpg.Connection | None = None
        self._probes = [*(self._probe_of(one) for one in (*SPINE, *questions)), *probes]

    async def run(self) -> None:
        """Until cancelled. No failure of a question is anybody else's trouble."""
        try:
            while True:
                for probe in self._probes:
                    await self._measure(probe)
                await asyncio.sleep(self._every_seconds)
        finally:
            if self._connection is not None:
                self._connection.terminate()

    async def _measure(self, probe: Probe) -> None:
        readings: Readings = {}
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                readings = await probe.ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, the work itself goes on.
            log.info("cannot measure", extra={"facts": {"error": type(error).__name__}})
        for metric in probe.metrics:
            metrics.publish(metric, readings.get(metric, ()))

    def _probe_of(self, question: Question) -> Probe:
        async def ask() -> Readings:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._database.connect()
            try:
                return await question.ask(self._connection)
            except BaseException:
                self._connection.terminate()
                raise

        return Probe(question.metrics, ask)


async def _outbox(connection: asyncpg.Connection) -> Readings:
    age, unsent = await connection.fetchrow(_OUTBOX)
    return {metrics.OUTBOX_AGE: [(age, {})], metrics.OUTBOX_UNSENT: [(unsent, {})]}


async def _parking(connection: asyncpg.Connection) -> Readings:
    rows = await connection.fetch(_PARKING)

    def labels(row: asyncpg.Record) -> dict[str, str]:
        return {metrics.TOPIC: row["topic"], "sinergi.reason": row["reason"]}

    return {
        metrics.PARKED_KEYS: [(row["keys"], labels(row)) for row in rows],
        metrics.WAITING_MESSAGES: [(row["messages"], labels(row)) for row in rows],
    }


# Positions follow the order of commit, so the first unsent row is the oldest; none is counted
# beyond what makes no difference any more.
_OUTBOX = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT created_at FROM outbox WHERE sent_at IS NULL ORDER BY position LIMIT 1
       )), 0)::float8 AS age,
       (SELECT count(*) FROM (
           SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 100000) AS oldest) AS unsent
"""
# Of the parked messages, not of the cursors: those are as many as all keys there ever were.
_PARKING = """
SELECT topic, reason, count(*) AS messages,
       CASE reason WHEN 'BEHIND' THEN 0 ELSE count(DISTINCT coalesce(key, '')) END AS keys
FROM parked_messages GROUP BY topic, reason
"""
SPINE = (
    Question((metrics.OUTBOX_AGE, metrics.OUTBOX_UNSENT), _outbox),
    Question((metrics.PARKED_KEYS, metrics.WAITING_MESSAGES), _parking),
)
