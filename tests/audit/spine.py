"""Events on their way: numbered without gaps, sent, applied once, fed once, nothing set aside."""

from collections import Counter
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer

from deploy.local.stack import Stack
from shared.cloudevents import Event, read_event
from shared.messages import catalogue
from tests.audit.quiet import CONSUMERS, read_streams, unlevel
from tests.audit.reading import PRODUCERS, Check, fetch


@dataclass(frozen=True, slots=True)
class Said:
    """One event as its owner committed it."""

    event_id: str
    topic: str
    key: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.topic} {self.key} #{self.sequence}"


async def check_spine(stack: Stack) -> list[Check]:
    said = {one.event_id: one for one in await _said(stack)}
    return [
        await _sequences(stack, len(said)),
        await _topics(stack, said),
        await _cursors(stack),
        await _parked(stack),
        await _feed(stack, said),
    ]


async def _said(stack: Stack) -> list[Said]:
    statement = "SELECT event_id, topic, key, sequence FROM outbox"
    return [
        Said(str(row["event_id"]), row["topic"], row["key"], row["sequence"])
        for producer in PRODUCERS
        for row in await fetch(stack, producer, statement)
    ]


async def _sequences(stack: Stack, events: int) -> Check:
    """Each key's events are numbered from 1 to its last without a gap."""
    found = []
    for producer in PRODUCERS:
        rows = await fetch(
            stack,
            producer,
            """
            SELECT topic, key FROM streams s FULL JOIN outbox o USING (topic, key)
            GROUP BY topic, key, s.last_sequence
            HAVING s.last_sequence IS NULL OR min(o.sequence) <> 1
                OR count(o.sequence) <> s.last_sequence OR max(o.sequence) <> s.last_sequence
                OR count(DISTINCT o.sequence) <> s.last_sequence
            """,
        )
        found += [f"{producer}: {row['topic']} {row['key']} is not gapless" for row in rows]
    return Check("sequences are gapless", "events in the outboxes", events, found)


async def _cursors(stack: Stack) -> Check:
    streams = await read_streams(stack)
    readers = sum(
        topic in handlers.all_topics for topic, _ in streams for handlers in CONSUMERS.values()
    )
    found = [f"{name}: {count}" for name, count in (await unlevel(stack, streams)).items()]
    return Check("every reader is level with every key", "cursors and keys", readers, found)


async def _parked(stack: Stack) -> Check:
    found: list[str] = []
    cursors = 0
    for consumer in CONSUMERS:
        [counted] = await fetch(stack, consumer, "SELECT count(*) FROM cursors")
        cursors += counted[0]
        standing = await fetch(
            stack,
            consumer,
            """
            SELECT topic, key, sequence, reason, error FROM parked_messages
            UNION ALL SELECT topic, key, last_sequence, 'CURSOR', NULL FROM cursors
            WHERE parked OR waiting > 0
            UNION ALL SELECT topic, key, from_sequence, 'REPLAYED', NULL FROM replays
            """,
        )
        found += [f"{consumer}: {' '.join(str(part) for part in row)}" for row in standing]
    return Check("nothing is parked", "cursors without a waiting message", cursors, found)


async def _feed(stack: Stack, said: dict[str, Said]) -> Check:
    rows = await fetch(stack, "gateway", "SELECT event_id, position FROM feed_events")
    fed = Counter(str(row["event_id"]) for row in rows)
    found = [f"{said[event]} is missing" for event in said.keys() - fed.keys()]
    found += [f"{event} was never said" for event in fed.keys() - said.keys()]
    found += [f"{event} is there {n} times" for event, n in fed.items() if n > 1]
    positions = sorted(row["position"] or 0 for row in rows)
    if positions != list(range(1, len(positions) + 1)):
        found.append("positions are not gapless")
    return Check("the feed holds each event once", "rows of the feed", len(rows), found)


async def _topics(stack: Stack, said: dict[str, Said]) -> Check:
    """Whether a consumer that starts from nothing finds each event, and could apply each in turn:
    every sequence before its first delivery is delivered at some time.
    """
    consumer = AIOKafkaConsumer(
        *catalogue.topics(),
        bootstrap_servers=stack.kafka_bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    seen: set[str] = set()
    strange: list[str] = []
    delivered = 0
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
                    delivered += 1
                    seen.add(str(event.id))
                    strange += _strange(event, said)
    finally:
        await consumer.stop()
    found = [f"{said[event]} was not sent" for event in said.keys() - seen] + strange
    compared = f"messages on the topics, {delivered - len(seen)} of them sent again"
    return Check("what was committed was sent, and nothing else", compared, delivered, found)


def _strange(event: Event, said: dict[str, Said]) -> list[str]:
    """Anything that the broker has and no outbox says in just this way."""
    known = said.get(str(event.id))
    if known is None:
        return [f"{event.topic} {event.key} #{event.sequence} was never committed"]
    if (event.topic, event.key, event.sequence) != (known.topic, known.key, known.sequence):
        return [f"{known} was sent as {event.topic} {event.key} #{event.sequence}"]
    return []
