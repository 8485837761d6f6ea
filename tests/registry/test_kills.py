"""The registry's real processes killed with kill -9: a batch is done once, a merge whole or not."""

import asyncio
import json
import os
import random
import secrets
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from deploy.local.stack import ROOT
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.stands import Broker, Callers, DatabaseStand, fresh_key

SEED = 20261124
KILLS = 4
PEOPLE = 400
PATIENCE_SECONDS = 120


@pytest.fixture
async def environment(databases: DatabaseStand, broker: Broker) -> dict[str, str]:
    prefix = await broker.fresh_prefix()
    return await databases.fresh("registry") | {"REGISTRY_TOPIC_PREFIX": prefix}


@pytest.fixture
async def admin(
    environment: dict[str, str], databases: DatabaseStand
) -> AsyncIterator[asyncpg.Connection]:
    connection = await databases.admin(environment, "registry")
    yield connection
    await connection.close()


class Process:
    """A process that is killed without a word, and started again by whoever watches over it."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment = command, {**os.environ, **environment}
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log
        )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        finally:
            self._process.kill()
            self._log.close()


@contextmanager
def processes(environment: dict[str, str], folder: Path) -> Iterator[tuple[Process, Process, str]]:
    """The HTTP process, the messenger, and the address of the first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ["uvicorn", "registry.main:create_app", "--factory", "--port", str(port)]
    http = Process([sys.executable, "-m", *serve], environment, folder / "http.log")
    messenger = Process(
        [sys.executable, "-m", "registry.messenger"], environment, folder / "messenger.log"
    )
    try:
        yield http, messenger, f"http://127.0.0.1:{port}"
    finally:
        http.stop()
        messenger.stop()


async def until_it_answers(api: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(httpx.TransportError):
                if (await api.get("/health/live")).status_code < 500:
                    return
            await asyncio.sleep(0.1)


async def test_a_messenger_killed_in_the_middle_of_a_batch_does_it_once(
    environment: dict[str, str], admin: asyncpg.Connection, callers: Callers, tmp_path: Path
) -> None:
    rng = random.Random(SEED)
    lines = [line for _ in range(PEOPLE) for line in _two_lines()]
    with processes(environment, tmp_path) as (_, messenger, url):
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as api:
            await until_it_answers(api)
            sender = Sender(api, callers)
            accepted = await api.post(
                f"/v1/source-record-batches?source_system={SISKO}",
                content="".join(lines),
                headers=sender.system(SISKO)
                | fresh_key()
                | {"Content-Type": "application/x-ndjson"},
            )
            assert accepted.status_code == 202, accepted.text
            for _ in range(KILLS):
                await asyncio.sleep(rng.uniform(0.5, 2.5))
                messenger.kill()
                messenger.start()
            operation: dict[str, Any] = {}
            async with asyncio.timeout(PATIENCE_SECONDS):
                while operation.get("state") != "DONE":
                    await asyncio.sleep(0.2)
                    location = accepted.headers["location"]
                    answer = await api.get(location, headers=sender.system(SISKO))
                    operation = answer.json()
    counts = ("lines_stored", "lines_linked", "lines_refused")
    assert [operation[one] for one in counts] == [2 * PEOPLE, 2 * PEOPLE, 0]
    assert await admin.fetchval("SELECT count(*) FROM source_records") == 2 * PEOPLE
    assert await admin.fetchval("SELECT count(*) FROM persons") == PEOPLE
    kinds = Counter(
        row["type"].split(".")[5] for row in await admin.fetch("SELECT type FROM outbox")
    )
    assert kinds == {
        "registered": PEOPLE,
        "source-record-linked": 2 * PEOPLE,
        "presence-changed": PEOPLE,
        "opened": 2 * PEOPLE,
    }


@pytest.mark.parametrize("held", ["person_timelines", "streams"])
async def test_a_merge_in_which_the_registry_is_killed_happened_with_its_events_or_not_at_all(
    environment: dict[str, str],
    admin: asyncpg.Connection,
    callers: Callers,
    tmp_path: Path,
    held: str,
) -> None:
    """Killed while it waits for a row in the middle of its changes; then asked again."""
    with processes(environment, tmp_path) as (http, _, url):
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as api:
            await until_it_answers(api)
            sender = Sender(api, callers)
            one = await sender.stored(SISKO, {"full_name": make_name(), "nik": make_nik()})
            other = await sender.stored(
                PEDULI, {"full_name": make_name(), "country": "MY", "reported_on": "2026-01-05"}
            )
            before = await _state(admin)
            caller = callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE)
            headers = caller | fresh_key() | {"If-Match": '"v1"'}
            merging = {"merged_person_id": other["person_id"], "reason": "SAME_FACE"}
            path = f"/v1/persons/{one['person_id']}/merges"
            async with admin.transaction():
                await admin.execute(f"SELECT FROM {held} FOR UPDATE")
                asked = asyncio.create_task(api.post(path, json=merging, headers=headers))
                await _until_somebody_waits(admin, held)
                http.kill()
                with pytest.raises(httpx.TransportError):
                    await asked
            assert await _state(admin) == before
            http.start()
            await until_it_answers(api)
            again = await api.post(path, json=merging, headers=headers)
            assert again.status_code == 201, again.text
            assert again.headers.get("idempotency-replayed") is None
    merged = "SELECT merged_into FROM persons WHERE id = $1"
    assert str(await admin.fetchval(merged, other["person_id"])) == one["person_id"]
    told = "SELECT count(*) FROM outbox WHERE type LIKE '%persons-merged%'"
    assert await admin.fetchval(told) == 1


async def _until_somebody_waits(admin: asyncpg.Connection, held: str) -> None:
    """Until the merge stands before a row that we hold, its other changes made."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database() AND query LIKE '%' || $1 || '%'"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await admin.fetchval(waiting, held):
            await asyncio.sleep(0.05)
            # Within a transaction what was seen first would be seen again.
            await admin.execute("SELECT pg_stat_clear_snapshot()")


async def _state(admin: asyncpg.Connection) -> list[set[str]]:
    """What a merge changes, and what it says."""
    tables = ("persons", "source_records", "person_evidence", "person_merges", "link_decisions")
    statements = [f"SELECT * FROM {table}" for table in tables]  # noqa: S608 - constants.
    statements += ["SELECT topic, key, sequence FROM outbox", "SELECT id FROM ledger_postings"]
    return [{str(tuple(row)) for row in await admin.fetch(one)} for one in statements]


def _two_lines() -> Iterator[str]:
    """Two records of one person, each of a job abroad."""
    nik, name = make_nik(), make_name()
    for year in (2020, 2025):
        content = {"nik": nik, "full_name": name, "country": "MY", "scheme": "P_TO_P"}
        content |= {"departed_on": f"{year}-02-01", "contract_ends_on": f"{year + 9}-02-01"}
        envelope = {
            "record_key": secrets.token_hex(8),
            "source_updated_at": "2026-01-01T00:00:00Z",
            "content": content,
        }
        yield json.dumps(envelope) + "\n"
