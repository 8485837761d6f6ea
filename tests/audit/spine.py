"""Whether the system lied: committed changes = events, each event its effect, once, everywhere."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from aiokafka import AIOKafkaConsumer

import cases.handlers
import gateway.handlers
import job_orders.handlers
import registry.handlers
from deploy.local import postgres, supervision
from deploy.local.stack import Stack
from shared.cloudevents import read_event
from shared.messages import catalogue

CONSUMERS = {
    "registry": registry.handlers.HANDLERS,
    "cases": cases.handlers.HANDLERS,
    "job_orders": job_orders.handlers.HANDLERS,
    "gateway": gateway.handlers.HANDLERS,
}
PRODUCERS = ("registry", "cases", "job_orders")
QUIET_SECONDS = 90


@asynccontextmanager
async def database(stack: Stack, name: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.admin_url(stack, name))
    try:
        yield connection
    finally:
        await connection.close()


async def until_quiet(stack: Stack) -> None:
    """Wait until every process runs, every outbox is empty and every cursor level.

    TimeoutError tells what is not.
    """
    unlevel: dict[str, int] = {}
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            while unlevel := await _unlevel(stack):
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise TimeoutError(f"not quiet: {unlevel}") from None


async def findings(stack: Stack) -> list[str]:
    """One line for each thing that is not as it was promised; none in a system that is level."""
    found = [f"{name}: behind by {count}" for name, count in (await _unlevel(stack)).items()]
    said: dict[str, tuple[str, str, int]] = {}
    for producer in PRODUCERS:
        async with database(stack, producer) as connection:
            found += await _sequences_with_gaps(connection, producer)
            for row in await connection.fetch("SELECT event_id, topic, key, sequence FROM outbox"):
                said[str(row["event_id"])] = (row["topic"], row["key"], row["sequence"])
    found += await _feed_differs(stack, said)
    found += await _topics_differ(stack, said)
    return found


async def _unlevel(stack: Stack) -> dict[str, int]:
    streams = await _streams(stack)
    behind: Counter[str] = Counter(_processes_away(stack))
    for producer in PRODUCERS:
        async with database(stack, producer) as connection:
            unsent = await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
            behind[f"{producer} outbox"] = unsent
    for consumer, handlers in CONSUMERS.items():
        async with database(stack, consumer) as connection:
            rows = await connection.fetch("SELECT * FROM cursors")
        reached = {(row["topic"], row["key"]): row for row in rows}
        for (topic, key), last in streams.items():
            if topic not in handlers.all_topics:
                continue
            cursor = reached.get((topic, key))
            if cursor is None or cursor["last_sequence"] != last:
                behind[f"{consumer} of {topic}"] += 1
            elif cursor["parked"] or cursor["waiting"]:
                behind[f"{consumer} parked"] += 1
    async with database(stack, "gateway") as connection:
        behind["feed unnumbered"] = await connection.fetchval(
            "SELECT count(*) FROM feed_events WHERE position IS NULL"
        )
    async with database(stack, "registry") as connection:
        behind["ledger unstamped"] = await connection.fetchval(
            "SELECT count(*) FROM ledger_postings WHERE known_at IS NULL"
        )
    return {name: count for name, count in behind.items() if count}


async def _streams(stack: Stack) -> dict[tuple[str, str], int]:
    streams: dict[tuple[str, str], int] = {}
    for producer in PRODUCERS:
        async with database(stack, producer) as connection:
            for row in await connection.fetch("SELECT topic, key, last_sequence FROM streams"):
                streams[row["topic"], row["key"]] = row["last_sequence"]
    return streams


async def _sequences_with_gaps(connection: asyncpg.Connection, producer: str) -> list[str]:
    rows = await connection.fetch("""
        SELECT s.topic, s.key FROM streams s LEFT JOIN outbox o USING (topic, key)
        GROUP BY s.topic, s.key, s.last_sequence
        HAVING count(o.sequence) <> s.last_sequence OR max(o.sequence) <> s.last_sequence
            OR count(DISTINCT o.sequence) <> s.last_sequence
    """)
    return [f"{producer}: {row['topic']} {row['key']} is not gapless" for row in rows]


async def _feed_differs(stack: Stack, said: dict[str, tuple[str, str, int]]) -> list[str]:
    async with database(stack, "gateway") as connection:
        rows = await connection.fetch("SELECT event_id, position FROM feed_events")
    fed = Counter(str(row["event_id"]) for row in rows)
    positions = sorted(row["position"] for row in rows)
    found = [f"feed: {event} is missing" for event in said.keys() - fed.keys()]
    found += [f"feed: {event} was never said" for event in fed.keys() - said.keys()]
    found += [f"feed: {event} is there {n} times" for event, n in fed.items() if n > 1]
    if positions != list(range(1, len(positions) + 1)):
        found.append("feed: positions are not gapless")
    return found


async def _topics_differ(stack: Stack, said: dict[str, tuple[str, str, int]]) -> list[str]:
    """Whether a consumer that starts from nothing would see each event in its turn."""
    consumer = AIOKafkaConsumer(
        *catalogue.topics(),
        bootstrap_servers=stack.kafka_bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    applied: dict[tuple[str, str], int] = defaultdict(int)
    held: dict[tuple[str, str], set[int]] = defaultdict(set)
    seen: set[str] = set()
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(p) < end for p, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    event = read_event(
                        topic=record.topic,
                        key=record.key,
                        headers=record.headers,
                        value=record.value,
                    )
                    seen.add(str(event.id))
                    place = (event.topic, event.key)
                    held[place].add(event.sequence)
                    while applied[place] + 1 in held[place]:
                        applied[place] += 1
    finally:
        await consumer.stop()
    found = [f"topics: {said[event]} was not sent" for event in said.keys() - seen]
    found += [f"topics: {event} was never committed" for event in seen - said.keys()]
    return found


def _processes_away(stack: Stack) -> dict[str, int]:
    return {
        f"process {name} is {one.state}": 1
        for name, one in supervision.states(stack).items()
        if one.state != "RUNNING"
    }
