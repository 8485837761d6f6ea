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

SEED = 20260
KILLS = 8


class Process:
    """A messenger that somebody starts again whenever it dies, as supervisor would."""

    def __init__(self, package: str, environment: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", f"{package}.messenger"]
        self._environment = {**os.environ, **environment}
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log
        )

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


async def test_messengers_killed_at_random_lose_and_double_nothing(
    database: Database,
    settings: dict[str, str],
    admin: asyncpg.Connection,
    feed: tuple[dict[str, str], asyncpg.Connection],
    broker: Broker,
    prefix: str,
    tmp_path: Path,
) -> None:
    rng = random.Random(SEED)
    feed_settings, feed_admin = feed
    sender = Process(
        "job_orders", settings | {"JOB_ORDERS_TOPIC_PREFIX": prefix}, tmp_path / "sender.log"
    )
    reader = Process(
        "gateway", feed_settings | {"GATEWAY_TOPIC_PREFIX": prefix}, tmp_path / "reader.log"
    )
    keys = new_keys(8)
    try:
        for kill in range(KILLS):
            for _ in range(25):
                await commit_messages(database, *rng.choices(keys, k=rng.randint(1, 4)))
                await asyncio.sleep(rng.random() * 0.04)
            (sender if kill % 2 else reader).kill()
        await until_level(admin, feed_admin)
    finally:
        statuses = sender.stop(), reader.stop()
    assert statuses == (0, 0), "told to stop, a messenger stops cleanly"
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
