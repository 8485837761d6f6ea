"""A broker that comes back without the ends of its logs, as after a loss of power: nothing is lost.

The logs are really cut, while a broker of this module's own is down.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.local import broker as kafka
from deploy.local import supervision
from deploy.local.running import servers, wipe
from deploy.local.stack import Stack, open_stack, stack_lock
from shared.db import Database
from tests.shared.spine_parts import TOPIC, commit_messages, new_keys
from tests.shared.test_kills import Process
from tests.shared.test_outbox import (
    first_occurrences,
    relaying,
    topic_contents,
    until_sent,
    until_topic,
)
from tests.stands import Broker

# What a recovery after a clean stop would not read again.
_BESIDE_THE_LOGS = ("*.index", "*.timeindex", "*.snapshot", "leader-epoch-checkpoint")
_CHECKPOINTS = ("*-checkpoint", ".kafka_cleanshutdown")
KEYS, ROUNDS = 12, 5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def torn() -> Iterator[Stack]:
    """A Kafka that may be stopped and damaged."""
    stack = open_stack("torn")
    with servers(stack, durable=False):
        yield stack
    with stack_lock(stack, wait=True):
        wipe(stack)


@pytest.fixture
def broker(torn: Stack) -> Broker:
    return Broker(torn)


@asynccontextmanager
async def damaged(stack: Stack, prefix: str) -> AsyncIterator[None]:
    """Down inside; comes back with the newest segment of every log of ours cut in half, every
    third one gone as a whole, and nothing beside them.
    """
    supervision.stop(stack, ["kafka"])
    yield
    logs = sorted(stack.kafka_data.glob(f"{prefix}{TOPIC}-*"))
    for number, log in enumerate(logs):
        newest = max(log.glob("*.log"))
        cut_at = 0 if number % 3 == 0 else newest.stat().st_size // 2
        with newest.open("r+b") as file:
            file.truncate(cut_at)
        remove(log, *_BESIDE_THE_LOGS)
    remove(stack.kafka_data, *_CHECKPOINTS)
    supervision.start(stack, ["kafka"])
    await asyncio.to_thread(kafka.wait_until_ready, stack)


def remove(folder: Path, *patterns: str) -> None:
    for pattern in patterns:
        for path in folder.glob(pattern):
            path.unlink()


async def test_a_torn_log_is_noticed_by_a_relay_that_has_nothing_to_send(
    database: Database, admin: asyncpg.Connection, broker: Broker, torn: Stack, prefix: str
) -> None:
    """It lives all the time; what it sent long before is the newest that there is."""
    keys = new_keys(KEYS)
    async with relaying(database, broker, prefix):
        for _ in range(ROUNDS):
            await commit_messages(database, *keys)
        await until_sent(admin)
        async with damaged(torn, prefix):
            await an_hour_passes(admin)
        await until_topic(broker, prefix, lambda seen: is_whole(seen, keys, ROUNDS))
        await commit_messages(database, *keys)
        await until_topic(broker, prefix, lambda seen: is_whole(seen, keys, ROUNDS + 1))


async def test_an_hour_with_everything_down_and_a_torn_log_lose_nothing(
    database: Database, admin: asyncpg.Connection, broker: Broker, torn: Stack, prefix: str
) -> None:
    """The first new event must not move the window away from what was sent before the fall."""
    keys = new_keys(KEYS)
    for _ in range(ROUNDS):
        await commit_messages(database, *keys)
    async with relaying(database, broker, prefix):
        await until_sent(admin)
    async with damaged(torn, prefix):
        await an_hour_passes(admin)
        await commit_messages(database, *keys[:4])
    assert not is_whole(await topic_contents(broker, prefix), keys, ROUNDS), "it was really cut"
    async with relaying(database, broker, prefix):
        await until_topic(broker, prefix, lambda seen: is_whole(seen, keys, ROUNDS))
        await until_topic(broker, prefix, lambda seen: is_whole(seen, keys[:4], ROUNDS + 1))
        await until_sent(admin)


async def test_a_relay_that_dies_while_it_sends_again_leaves_the_rest_to_the_next(
    database: Database,
    settings: dict[str, str],
    admin: asyncpg.Connection,
    broker: Broker,
    torn: Stack,
    prefix: str,
    tmp_path: Path,
) -> None:
    """New events are sent meanwhile; they must not be marked before what was lost is back."""
    keys, rng = new_keys(KEYS), random.Random(5)
    for _ in range(ROUNDS * 20):
        await commit_messages(database, *keys)
    where = {
        "JOB_ORDERS_TOPIC_PREFIX": prefix,
        "JOB_ORDERS_KAFKA_BOOTSTRAP": broker.bootstrap,
    }
    messenger = Process("job_orders", settings | where, tmp_path / "messenger.log")
    try:
        await until_sent(admin)
        messenger.kill()
        async with damaged(torn, prefix):
            await an_hour_passes(admin)
        rounds = ROUNDS * 20
        for _ in range(6):
            await commit_messages(database, *keys)
            rounds += 1
            await asyncio.sleep(rng.uniform(1, 3))
            messenger.kill()
            await admin.execute("DELETE FROM leases")
        await until_topic(broker, prefix, lambda seen: is_whole(seen, keys, rounds))
        await until_sent(admin)
    finally:
        messenger.stop()


async def test_a_messenger_that_is_told_to_stop_beside_a_silent_broker_stops_cleanly(
    settings: dict[str, str], broker: Broker, torn: Stack, prefix: str, tmp_path: Path
) -> None:
    """While it joins its group, when the broker owes it an answer: all that it asks of the broker
    at its end has had its time before the watchdog loses patience.
    """

    async def join(member: str) -> Process:
        where = {
            "JOB_ORDERS_TOPIC_PREFIX": prefix,
            "JOB_ORDERS_KAFKA_BOOTSTRAP": broker.bootstrap,
            "JOB_ORDERS_MESSENGER_INSTANCE": member,
        }
        messenger = Process("job_orders", settings | where, tmp_path / f"{member}.log")
        async with asyncio.timeout(60):
            while not messenger.has_started():
                await asyncio.sleep(0.05)
        return messenger

    staying = await join("staying")
    kafka_pid = supervision.states(torn)["kafka"].pid
    statuses = []
    for number in range(3):
        coming = await join(f"coming-{number}")
        await asyncio.sleep(0.5)
        os.kill(kafka_pid, signal.SIGSTOP)
        try:
            statuses.append(await asyncio.to_thread(coming.stop))
        finally:
            os.kill(kafka_pid, signal.SIGCONT)
    statuses.append(staying.stop())
    assert statuses == [0, 0, 0, 0]


async def an_hour_passes(admin: asyncpg.Connection) -> None:
    await admin.execute("UPDATE outbox SET sent_at = sent_at - interval '1 hour'")


def is_whole(seen: dict[str, list[int]], keys: Sequence[UUID], rounds: int) -> bool:
    """Whether a reader that begins now would see each event of these keys in its turn."""
    return all(len(first_occurrences(seen.get(str(key), []))) >= rounds for key in keys)
