"""Real messengers killed with kill -9 in the middle of their work lose and double nothing."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.stack import ROOT
from shared.db import Database
from tests.shared.spine_parts import commit_messages, new_keys
from tests.stands import Broker, DatabaseStand

pytestmark = pytest.mark.slow
SEED = 20260
KILLS = 8


class Process:
    """A messenger that somebody starts again whenever it dies, as supervisor would."""

    def __init__(self, package: str, environment: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", f"{package}.messenger"]
        self._environment = {**os.environ, **environment}
        self._path = log
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        self._written_before = self._path.stat().st_size
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log
        )

    def has_started(self) -> bool:
        """Whether the process that runs now has, not one that was killed before."""
        return b"messenger started" in self._path.read_bytes()[self._written_before :]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.start()

    def stop(self) -> int:
        """Ask it to stop; gives its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=15)
        finally:
            self._log.close()


@pytest.fixture
async def feed(
    databases: DatabaseStand,
) -> AsyncIterator[tuple[dict[str, str], asyncpg.Connection]]:
    settings = await databases.fresh("gateway")
    connection = await databases.admin(settings, "gateway")
    yield settings, connection
    await connection.close()


@pytest.mark.parametrize("replicas", [1, 2])
async def test_messengers_killed_at_random_lose_and_double_nothing(
    database: Database,
    settings: dict[str, str],
    admin: asyncpg.Connection,
    feed: tuple[dict[str, str], asyncpg.Connection],
    broker: Broker,
    prefix: str,
    tmp_path: Path,
    replicas: int,
) -> None:
    rng = random.Random(SEED)
    feed_settings, feed_admin = feed
    messengers = [
        Process(
            package,
            environment
            | {f"{package.upper()}_TOPIC_PREFIX": prefix}
            | {f"{package.upper()}_MESSENGER_INSTANCE": str(replica)},
            tmp_path / f"{package}-{replica}.log",
        )
        for replica in range(replicas)
        for package, environment in (("job_orders", settings), ("gateway", feed_settings))
    ]
    keys = new_keys(8)
    try:
        for kill in range(KILLS):
            for _ in range(25):
                await commit_messages(database, *rng.choices(keys, k=rng.randint(1, 4)))
                await asyncio.sleep(rng.random() * 0.04)
            messengers[kill % len(messengers)].kill()
        await until_level(admin, feed_admin)
        async with asyncio.timeout(60):
            while not all(messenger.has_started() for messenger in messengers):
                await asyncio.sleep(0.1)
    finally:
        statuses = {messenger.stop() for messenger in messengers}
    assert statuses == {0}, "told to stop, a messenger stops cleanly"
    await assert_each_event_once_in_order(admin, feed_admin)


async def test_two_relays_and_two_consumers_share_the_work_while_members_come_and_go(
    database: Database,
    settings: dict[str, str],
    admin: asyncpg.Connection,
    feed: tuple[dict[str, str], asyncpg.Connection],
    broker: Broker,
    prefix: str,
    tmp_path: Path,
) -> None:
    """Each arrival and each leave-taking makes the group share its partitions anew."""
    rng = random.Random(SEED)
    feed_settings, feed_admin = feed
    keys = new_keys(8)

    def join(package: str, environment: dict[str, str], member: str) -> Process:
        prefixed = {f"{package.upper()}_TOPIC_PREFIX": prefix}
        named = {f"{package.upper()}_MESSENGER_INSTANCE": member}
        return Process(package, environment | prefixed | named, tmp_path / f"{package}{member}.log")

    staying = [join("job_orders", settings, "a"), join("gateway", feed_settings, "a")]
    try:
        for change in range(3):
            coming = [
                join("job_orders", settings, f"b{change}"),
                join("gateway", feed_settings, f"b{change}"),
            ]
            try:
                while not all(messenger.has_started() for messenger in coming):
                    await commit_messages(database, *rng.choices(keys, k=rng.randint(1, 4)))
                    await asyncio.sleep(0.1)
                for _ in range(60):
                    await commit_messages(database, *rng.choices(keys, k=rng.randint(1, 4)))
                    await asyncio.sleep(rng.random() * 0.06)
            finally:
                statuses = {messenger.stop() for messenger in coming}
            assert statuses == {0}
        await until_level(admin, feed_admin)
    finally:
        statuses = {messenger.stop() for messenger in staying}
    assert statuses == {0}
    await assert_each_event_once_in_order(admin, feed_admin)


async def assert_each_event_once_in_order(
    admin: asyncpg.Connection, feed_admin: asyncpg.Connection
) -> None:
    committed = Counter(str(row["event_id"]) for row in await admin.fetch("SELECT * FROM outbox"))
    rows = await feed_admin.fetch("SELECT * FROM feed_events ORDER BY position")
    assert Counter(str(row["event_id"]) for row in rows) == committed
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    by_key = defaultdict(list)
    for row in rows:
        by_key[row["key"]].append(row["sequence"])
    assert all(some == list(range(1, len(some) + 1)) for some in by_key.values())


async def until_level(admin: asyncpg.Connection, feed: asyncpg.Connection) -> None:
    async with asyncio.timeout(90):
        while True:
            committed = await admin.fetchval("SELECT count(*) FROM outbox")
            numbered = await feed.fetchval("SELECT count(position) FROM feed_events")
            if numbered == committed:
                return
            await asyncio.sleep(0.2)
