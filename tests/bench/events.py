"""From the commit of a change to the commit of its effect in another service's database.

Both moments are PostgreSQL's own commit times on one clock: of the employer's row, and of the row
that a handler wrote elsewhere. In between lie wake-up, relay, Kafka, consumer and cursors.
"""

from dataclasses import dataclass

import aiohttp

from tests.bench import flow
from tests.bench.figures import Figure, percentile
from tests.bench.pace import paced
from tests.bench.programs import CannotMeasure, Program, running, uvicorn
from tests.bench.stand import EMPLOYER, Stand
from tests.stands import fresh_key

SLOW_RATE, FAST_RATE = 20.0, 300.0
# The broker's JVM compiles itself under load; before that it is another broker.
WARMUP_SECONDS = 15.0
MOST_P50_MS, MOST_P99_MS = 10.0, 30.0
FILLED = 20_000


async def measure(stand: Stand) -> list[Figure]:
    """How late effects are at two rates, and how many the relay and the consumer manage."""
    return await _lateness(stand) + await _rates(stand)


async def _lateness(stand: Stand) -> list[Figure]:
    """At 20/s the change is made by job-orders; at 300/s by a bare writer of the same rows, so
    that a small machine has room for what is measured: the way from there on.
    """
    prefix = await stand.fresh_topics()
    settings = await stand.fresh_service("job-orders", prefix=prefix)
    ports = stand.stack.ports
    raw = {"DATABASE_URL": settings["JOB_ORDERS_DATABASE_URL"], "WAKES_RELAY": "yes"}
    real = uvicorn(stand.stack, "job_orders.main:create_app", ports["job-orders"])
    bare = uvicorn(stand.stack, "tests.bench.rivals.raw_writes:create_app", ports["registry"])
    late: dict[float, list[tuple[float, float]]] = {SLOW_RATE: [], FAST_RATE: []}
    async with (
        flow.consumer(stand, prefix=prefix) as consumer,
        running("job-orders", real, environment=settings, port=ports["job-orders"]) as service,
        running("raw-writes", bare, environment=raw, port=ports["registry"]) as writer,
        flow.job_orders_messenger(settings) as relay,
        consumer.messenger() as messenger,
    ):
        way = Way(stand, settings, consumer, [service, writer, relay, messenger])
        for rate in late:
            await way.lateness(rate=rate, seconds=WARMUP_SECONDS)
        for _ in range(stand.plan.runs):
            for rate, samples in late.items():
                times = await way.lateness(rate=rate, seconds=stand.plan.seconds)
                samples.append((percentile(times, 50), percentile(times, 99)))
    return [
        *_late_figures("", SLOW_RATE, late[SLOW_RATE]),
        *_late_figures("_at_300", FAST_RATE, late[FAST_RATE]),
    ]


def _late_figures(ending: str, rate: float, samples: list[tuple[float, float]]) -> list[Figure]:
    unit = f"ms at {rate:.0f}/s"
    medians, tails = [p50 for p50, _ in samples], [p99 for _, p99 in samples]
    return [
        Figure(f"events.commit_to_handler_p50_ms{ending}", unit, medians, at_most=MOST_P50_MS),
        Figure(f"events.commit_to_handler_p99_ms{ending}", unit, tails, at_most=MOST_P99_MS),
    ]


@dataclass(frozen=True, slots=True)
class Way:
    """Everything between a change and its effect elsewhere, running."""

    stand: Stand
    settings: dict[str, str]
    consumer: flow.Consumer
    programs: list[Program]

    async def lateness(self, *, rate: float, seconds: float) -> list[float]:
        """The lateness of each effect, in ms, of so many writes a second for so long."""
        database = await self.stand.admin(self.settings, "job-orders")
        try:
            before = await database.fetchval("SELECT count(*) FROM employers")
            await self._write(rate=rate, seconds=seconds)
            changes = await flow.committed(database, "employers", key="id")
        finally:
            await database.close()
        question = "SELECT count(*) FROM effects"
        await flow.until_count(
            self.consumer.database, question, len(changes), programs=self.programs
        )
        effects = await flow.committed(self.consumer.database, "effects", key="employer_id")
        # The first second is for caches and for waking up.
        counted = list(changes)[before + round(rate) :]
        if not counted:
            raise CannotMeasure("no write of the run was counted; give it more seconds")
        return [1000 * (effects[one] - changes[one]).total_seconds() for one in counted]

    async def _write(self, *, rate: float, seconds: float) -> None:
        who = "job-orders" if rate == SLOW_RATE else "registry"
        url = f"{self.stand.stack.url(who)}/v1/employers"
        caller = self.stand.caller("job-orders")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def register(_number: int) -> None:
                headers = caller | fresh_key()
                async with session.post(url, json=EMPLOYER, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

            try:
                await paced(register, per_second=rate, seconds=seconds)
            except* aiohttp.ClientError as failures:
                refused = failures.exceptions[0]
                raise CannotMeasure(f"{who} did not take {rate:.0f}/s: {refused}") from None


async def _rates(stand: Stand) -> list[Figure]:
    """How fast a full outbox empties, and how fast a full topic has its effects."""
    relayed, applied = [], []
    for _ in range(stand.plan.runs):
        prefix = await stand.fresh_topics()
        settings = await stand.fresh_service("job-orders", prefix=prefix)
        database = await stand.admin(settings, "job-orders")
        try:
            await flow.fill_outbox(database, FILLED)
            async with flow.job_orders_messenger(settings) as relay:
                unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL"
                await flow.until_count(database, unsent, FILLED, programs=[relay])
            relayed.append(await database.fetchval(_RELAYED_PER_SECOND))
        finally:
            await database.close()
        async with flow.consumer(stand, prefix=prefix) as consumer, consumer.messenger() as one:
            await flow.until_count(
                consumer.database, "SELECT count(*) FROM effects", FILLED, programs=[one]
            )
            applied.append(await consumer.database.fetchval(_APPLIED_PER_SECOND))
    return [
        Figure("relay.events_per_s", "events/s", relayed),
        Figure("consumer.effects_per_s", "effects/s", applied),
    ]


# From the first batch to the last, so that neither counts the start of a process.
_RELAYED_PER_SECOND = """
SELECT (count(*) FILTER (WHERE sent_at > first))::float8 / extract(epoch FROM max(sent_at) - first)
FROM outbox, (SELECT max(sent_at) AS first FROM (
    SELECT sent_at FROM outbox ORDER BY position LIMIT 500) AS batch) AS b
GROUP BY first
"""
_APPLIED_PER_SECOND = """
SELECT (count(*) - 200)::float8 / extract(epoch FROM max(at) - min(at))
FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM effects) AS effects
"""
