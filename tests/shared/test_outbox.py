"""Events leave with their change, gapless and in the order of commit; the relay sends them all."""

import asyncio
import random
from collections import defaultdict
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from shared import outbox
from shared.bus import CONSUMER_SETTINGS
from shared.cloudevents import Event, read_event
from shared.db import Database
from shared.relay import Relay
from tests.shared.spine_parts import (
    TOPIC,
    commit_messages,
    employer_registered,
    new_keys,
    outbox_events,
)
from tests.stands import Broker


async def test_a_rolled_back_change_leaves_no_event_and_no_gap(
    database: Database, admin: asyncpg.Connection
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, key)
    async with database.session() as session:
        outbox.add(session, employer_registered(key))
        await outbox.flush(session)
        await session.rollback()
    await commit_messages(database, key)
    assert [event.sequence for event in await outbox_events(admin)] == [1, 2]


async def test_messages_of_one_transaction_are_numbered_in_the_order_of_their_adding(
    database: Database, admin: asyncpg.Connection
) -> None:
    a, b = new_keys(2)
    await commit_messages(database, b, a, b, b, a)
    events = await outbox_events(admin)
    assert [(e.key, e.sequence) for e in events] == [
        (str(b), 1), (str(a), 1), (str(b), 2), (str(b), 3), (str(a), 2),
    ]  # fmt: skip


async def test_concurrent_flushes_over_the_same_keys_are_gapless_and_never_deadlock(
    database: Database, admin: asyncpg.Connection
) -> None:
    keys = new_keys(5)
    rng = random.Random(7)

    async def write() -> None:
        for _ in range(25):
            await commit_messages(database, *rng.choices(keys, k=rng.randint(1, 6)))

    await asyncio.gather(*(write() for _ in range(12)))
    by_key: dict[str, list[int]] = defaultdict(list)
    for event in await outbox_events(admin):
        by_key[event.key].append(event.sequence)
    for sequences in by_key.values():
        assert sequences == list(range(1, len(sequences) + 1)), (
            "position order is not sequence order"
        )


async def test_a_message_over_256_kb_is_refused_before_the_broker_sees_it(
    database: Database, admin: asyncpg.Connection
) -> None:
    (key,) = new_keys(1)
    async with database.session() as session:
        huge = employer_registered(key).model_copy(update={"sector": "X" * 300_000})
        with pytest.raises(outbox.MessageTooLarge):
            outbox.add(session, huge)
    assert await outbox_events(admin) == []


async def test_the_relay_sends_everything_and_marks_where(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    keys = new_keys(20)
    for key in keys:
        await commit_messages(database, key, key, key)
    async with relaying(database, broker, prefix):
        await until_sent(admin)
    assert await admin.fetchval("SELECT count(*) FROM outbox WHERE broker_offset IS NULL") == 0
    seen = await topic_contents(broker, prefix)
    assert {key: first_occurrences(some) for key, some in seen.items()} == {
        str(key): [1, 2, 3] for key in keys
    }


async def test_what_is_sent_and_not_marked_yet_is_not_sent_again_with_the_next(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    """Marks come a few at a time, and messages in between."""
    (key,) = new_keys(1)
    async with relaying(database, broker, prefix):
        for _ in range(40):
            await commit_messages(database, key)
            await admin.execute(f"NOTIFY {outbox.CHANNEL}")
            await asyncio.sleep(0.01)
        await until_sent(admin)
    (sequences,) = (await topic_contents(broker, prefix)).values()
    assert sequences == list(range(1, 41))


async def test_a_relay_that_died_between_send_and_mark_sends_twice_but_loses_nothing(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, key, key)
    async with relaying(database, broker, prefix):
        await until_sent(admin)
    await admin.execute("UPDATE outbox SET sent_at = NULL WHERE sequence = 2")
    await admin.execute("DELETE FROM leases")
    async with relaying(database, broker, prefix):
        await until_sent(admin)
    (sequences,) = (await topic_contents(broker, prefix)).values()
    assert first_occurrences(sequences) == [1, 2]
    assert sequences.count(2) >= 2


async def test_taking_the_lease_sends_the_last_five_minutes_again_and_nothing_older(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    old, recent = new_keys(2)
    await commit_messages(database, old)
    await commit_messages(database, recent)
    async with relaying(database, broker, prefix):
        await until_sent(admin)
    await admin.execute(
        "UPDATE outbox SET sent_at = sent_at - interval '6 minutes' WHERE key = $1", str(old)
    )
    before = await topic_contents(broker, prefix)
    await admin.execute("DELETE FROM leases")
    async with relaying(database, broker, prefix):
        after = await until_topic(
            broker, prefix, lambda seen: len(seen[str(recent)]) > len(before[str(recent)])
        )
    assert after[str(old)] == before[str(old)]


async def test_an_offset_that_is_not_above_the_last_one_makes_the_relay_send_again(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    """A broker that lost its tail gives offsets anew; here the relay is told of a higher one."""
    (key,) = new_keys(1)
    relay = make_relay(database, broker, prefix)
    task = asyncio.create_task(relay.run())
    try:
        await commit_messages(database, key)
        relay.wake()
        await until_sent(admin)
        before = await topic_contents(broker, prefix)
        for place in list(relay._highest):
            relay._highest[place] = 10_000
        await commit_messages(database, key)
        relay.wake()
        await until_topic(
            broker, prefix, lambda seen: seen[str(key)].count(1) > before[str(key)].count(1)
        )
    finally:
        await stopped(task)


async def test_two_relays_never_hold_the_lease_at_once(
    database: Database, admin: asyncpg.Connection, broker: Broker, prefix: str
) -> None:
    keys = new_keys(10)
    relays = [asyncio.create_task(make_relay(database, broker, prefix).run()) for _ in range(2)]
    try:
        for _ in range(20):
            await commit_messages(database, *keys)
        await until_sent(admin)
        assert await admin.fetchval("SELECT count(*) FROM leases WHERE name = 'relay'") == 1
    finally:
        for relay in relays:
            await stopped(relay)
    seen = await topic_contents(broker, prefix)
    assert all(first_occurrences(seen[str(key)]) == list(range(1, 21)) for key in keys)


def make_relay(database: Database, broker: Broker, prefix: str) -> Relay:
    return Relay(database, bootstrap=broker.bootstrap, source="urn:sinergi:test", prefix=prefix)


class relaying:  # noqa: N801 - reads as a word in `async with`.
    """A relay runs inside the block."""

    def __init__(self, database: Database, broker: Broker, prefix: str) -> None:
        self._relay = make_relay(database, broker, prefix)

    async def __aenter__(self) -> Relay:
        self._task = asyncio.create_task(self._relay.run())
        return self._relay

    async def __aexit__(self, *_: object) -> None:
        await stopped(self._task)


async def stopped(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.wait([task])


async def until_sent(admin: asyncpg.Connection) -> None:
    async with asyncio.timeout(30):
        while await admin.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):
            await asyncio.sleep(0.05)


async def until_topic(broker: Broker, prefix: str, holds: Any) -> dict[str, list[int]]:
    async with asyncio.timeout(30):
        while True:
            seen = await topic_contents(broker, prefix)
            if holds(seen):
                return seen
            await asyncio.sleep(0.2)


async def topic_contents(broker: Broker, prefix: str) -> dict[str, list[int]]:
    """The sequences on the topic by key, in the order of the log."""
    seen: dict[str, list[int]] = defaultdict(list)
    async for event in read_topic(broker, prefix):
        seen[event.key].append(event.sequence)
    return seen


async def read_topic(broker: Broker, prefix: str) -> Any:
    consumer = AIOKafkaConsumer(
        prefix + TOPIC,
        bootstrap_servers=broker.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=CONSUMER_SETTINGS["enable_auto_commit"],
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(p) < end for p, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    event: Event = read_event(
                        topic=record.topic.removeprefix(prefix),
                        key=record.key,
                        headers=record.headers,
                        value=record.value,
                    )
                    yield event
    finally:
        await consumer.stop()


def first_occurrences(sequences: list[int]) -> list[int]:
    """What a cursor would apply: each number once, where it is first seen in line."""
    applied: list[int] = []
    for sequence in sequences:
        if sequence == len(applied) + 1:
            applied.append(sequence)
    return applied
