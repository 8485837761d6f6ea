"""From the commit of a change to the commit of its effect in another service's database.

Both moments are PostgreSQL's own commit times on one clock: of the employer's row, and of the row
that a handler wrote elsewhere. In between lie wake-up, relay, Kafka, consumer and cursors.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from functools import partial
from uuid import UUID

from tests.bench import debezium, flow
from tests.bench.figures import Figure
from tests.bench.lateness import SERVERS, SLOW_RATE, Seen, Way
from tests.bench.programs import CannotMeasure, Program, running, uvicorn
from tests.bench.rivals.raw_writes import Writer
from tests.bench.stand import Stand

FAST_RATE, RIVAL_RATE = 300.0, 500.0
MOST_P50_MS, MOST_P99_MS = 10.0, 30.0
MOST_OF_DEBEZIUM = 1.0
LEAST_RELAYED, LEAST_APPLIED = 10_000, 3_000
FILLED = 20_000
_ENDINGS = {SLOW_RATE: "", FAST_RATE: "_at_300", RIVAL_RATE: "_at_500"}


async def measure(stand: Stand) -> list[Figure]:
    """How late effects are at three rates, beside Debezium at two, and what relay and consumer
    manage.
    """
    ours = await _ours(stand)
    figures = [
        figure for rate in (SLOW_RATE, FAST_RATE, RIVAL_RATE) for figure in _late(rate, ours[rate])
    ]
    tuned = await _tried(stand, is_tuned=True)
    default = await _tried(stand, is_tuned=False)
    for rate in (SLOW_RATE, RIVAL_RATE):
        if tuned:
            figures += _late_beside(rate, ours[rate], tuned[rate])
        if default:
            figures += _late_default(rate, default[rate])
    figures += _costs(ours[RIVAL_RATE], tuned[RIVAL_RATE] if tuned else None)
    return figures + await _rates(stand)


async def _ours(stand: Stand) -> dict[float, Seen]:
    """From the commit of the change to the commit of its effect."""
    prefix = await stand.fresh_topics()
    settings = await stand.fresh_service("job-orders", prefix=prefix)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        consumer = await enter(flow.consumer(stand, prefix=prefix))
        service = await enter(_job_orders(stand, settings))
        programs = {
            "relay": await enter(flow.job_orders_messenger(settings)),
            "consumer": await enter(consumer.messenger()),
        }
        writer = await enter(Writer(settings["JOB_ORDERS_DATABASE_URL"], wakes_relay=True))
        arrivals = partial(_effects, consumer, [service, *programs.values()])
        way = Way(stand, settings, programs, writer, arrivals)
        return await way.seen_at(SLOW_RATE, FAST_RATE, RIVAL_RATE)


async def _effects(
    consumer: flow.Consumer, programs: list[Program], count: int
) -> dict[UUID, datetime]:
    question = "SELECT count(*) FROM effects"
    await flow.until_count(consumer.database, question, count, programs=programs)
    return await flow.committed(consumer.database, "effects", key="employer_id")


async def _tried(stand: Stand, *, is_tuned: bool) -> dict[float, Seen] | None:
    """The same of Debezium; None, and the plan told why, where it cannot be had."""
    try:
        return await _of_debezium(stand, is_tuned=is_tuned)
    except CannotMeasure as reason:
        settings = "tuned" if is_tuned else "default"
        stand.plan.miss(f"events.*debezium, {settings}: {reason}")
        return None


async def _of_debezium(stand: Stand, *, is_tuned: bool) -> dict[float, Seen]:
    """From the commit of the change to a plain consumer's receipt of it: no effect, no cursor."""
    prefix = await stand.fresh_topics()
    settings = await stand.fresh_service("job-orders", prefix=prefix)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(_job_orders(stand, settings))
        relay = await enter(debezium.connect(stand, settings, prefix=prefix, is_tuned=is_tuned))
        receiver = await enter(debezium.receiver(stand, prefix=prefix))
        programs = {"relay": relay, "consumer": receiver.program}
        writer = await enter(Writer(settings["JOB_ORDERS_DATABASE_URL"], wakes_relay=False))
        way = Way(stand, settings, programs, writer, receiver.arrivals)
        return await way.seen_at(SLOW_RATE, RIVAL_RATE)


def _job_orders(stand: Stand, settings: Mapping[str, str]) -> AbstractAsyncContextManager[Program]:
    port = stand.stack.ports["job-orders"]
    command = uvicorn(stand.stack, "job_orders.main:create_app", port)
    return running("job-orders", command, environment=settings, port=port)


def _late(rate: float, seen: Seen) -> list[Figure]:
    unit, name = f"ms at {rate:.0f}/s", "events.commit_to_handler"
    ending = _ENDINGS[rate]
    return [
        Figure(f"{name}_p50_ms{ending}", unit, seen.p50, at_most=MOST_P50_MS),
        Figure(f"{name}_p99_ms{ending}", unit, seen.p99, at_most=MOST_P99_MS),
    ]


def _late_beside(rate: float, ours: Seen, theirs: Seen) -> list[Figure]:
    pairs = [("p50", ours.p50, theirs.p50), ("p99", ours.p99, theirs.p99)]
    return [
        Figure(
            f"events.commit_to_handler_{which}_ms{_ENDINGS[rate]}_vs_debezium",
            f"ms at {rate:.0f}/s",
            samples,
            rival=f"{debezium.NAME}, tuned",
            rival_samples=rival_samples,
            at_most=MOST_OF_DEBEZIUM,
        )
        for which, samples, rival_samples in pairs
    ]


def _late_default(rate: float, seen: Seen) -> list[Figure]:
    unit, ending = f"ms at {rate:.0f}/s", _ENDINGS[rate]
    return [
        Figure(f"events.debezium_default_p50_ms{ending}", unit, seen.p50),
        Figure(f"events.debezium_default_p99_ms{ending}", unit, seen.p99),
    ]


def _costs(ours: Seen, theirs: Seen | None) -> list[Figure]:
    """Processor time of an event, and memory, of what moves it and of everything together.

    Everything is relay, consumer, PostgreSQL and Kafka, the writes themselves included; on our
    side the consumer has an effect with its cursor, on Debezium's it only receives.
    """

    def all_of(seen: Seen) -> list[float]:
        rounds = zip(seen.cpu["relay"], seen.cpu["consumer"], seen.cpu[SERVERS], strict=True)
        return [sum(parts) for parts in rounds]

    def beside(name: str, unit: str, samples: list[float], rivals: list[float]) -> Figure:
        rival = f"{debezium.NAME}, tuned" if theirs else ""
        return Figure(f"events.{name}", unit, samples, rival=rival, rival_samples=rivals)

    cpu, memory = f"CPU ms an event, {RIVAL_RATE:.0f}/s", f"MB PSS at {RIVAL_RATE:.0f}/s"
    return [
        beside(
            "relay_cpu_ms_per_event", cpu, ours.cpu["relay"], theirs.cpu["relay"] if theirs else []
        ),
        Figure("events.consumer_cpu_ms_per_event", cpu, ours.cpu["consumer"]),
        beside("all_cpu_ms_per_event", cpu, all_of(ours), all_of(theirs) if theirs else []),
        beside(
            "relay_memory_mb",
            memory,
            ours.memory["relay"],
            theirs.memory["relay"] if theirs else [],
        ),
        Figure("events.consumer_memory_mb", memory, ours.memory["consumer"]),
    ]


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
        Figure("relay.events_per_s", "events/s", relayed, at_least=LEAST_RELAYED),
        Figure("consumer.effects_per_s", "effects/s", applied, at_least=LEAST_APPLIED),
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
