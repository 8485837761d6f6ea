"""Backup of the running system and return to it: nothing on the way is lost, nothing stays shut."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local import supervision
from deploy.local.stack import ROOT
from shared import clock, pauses
from tests.audit.quiet import until_quiet
from tests.audit.whole import findings
from tests.chaos.traffic import tell
from tests.deploy.conftest import Checkout
from tests.journeys.story import COUNTRY, PLACE, Story
from tests.journeys.system import Caller, Client, System, eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

WRITERS = 3
# What a loaded machine may answer at any time, beside the refusal that is looked at here.
BUSY = {502, 503, 504}
READS = ("/v1/population", "/v1/events")


@dataclass
class Traffic:
    """Clients who write and read all the time, and do as Retry-After tells them."""

    client: Client
    employers: list[str] = field(default_factory=list)
    records: int = 0
    refusals: list[int] = field(default_factory=list)
    refused_twice: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    is_over: bool = False

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Inside; what was begun at the end of the block is done before it ends."""
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(self._write_employers())
                group.create_task(self._write_records(number))
            group.create_task(self._read())
            try:
                yield
            finally:
                self.is_over = True

    async def _write_employers(self) -> None:
        officer = Story(self.client).by("officer")
        while not self.is_over:
            told = await self._write(officer, "/v1/employers", new_employer())
            self.employers.append(told["id"])

    async def _write_records(self, writer: int) -> None:
        system = Story(self.client).by("siskop2mi")
        while not self.is_over:
            await self._write(system, "/v1/source-records", new_record())
            self.records += 1

    async def _write(self, caller: Caller, path: str, body: Any) -> Any:
        headers = as_caller(caller) | {"Idempotency-Key": secrets.token_urlsafe(16)}
        refused = 0
        while True:
            answer = await self.client.http.post(path, json=body, headers=headers)
            if answer.status_code == 201:
                self.refused_twice += refused > 1
                return answer.json()
            assert answer.status_code in BUSY, answer.text
            retry_after = int(answer.headers.get("retry-after", 1))
            if answer.json()["code"] == "writes-paused":
                assert answer.headers["content-type"] == "application/problem+json"
                self.refusals.append(retry_after)
                refused += 1
            await asyncio.sleep(retry_after)

    async def _read(self) -> None:
        analyst = Story(self.client).by("analyst")
        while not self.is_over:
            for path in READS:
                answer = await self.client.http.get(path, headers=as_caller(analyst))
                self.reads[answer.json().get("code", "read")] += 1
            await asyncio.sleep(0.05)


async def test_what_a_backup_holds_comes_back_whole_and_the_system_goes_on(
    system: System, tmp_path: Path
) -> None:
    commands = Checkout(ROOT, name=system.stack.name)
    folder = tmp_path / "backup"
    async with system.client() as client:
        before = Story(client)
        await tell(before)
        case = await before.attached_case()
        traffic = Traffic(client)
        async with traffic.flowing():
            await until_written(traffic)
            told = await run(commands, "backup", "--to", str(folder))
            await until_written(traffic)
        assert "writes wait from now on" in told
        await writes_waited_truly(traffic, folder)

        kept, lost = traffic.employers[0], traffic.employers[-1]
        assert await status_of(client, kept) == await status_of(client, lost) == 200
        refuses_what_would_harm(commands, folder, tmp_path)
        await run(commands, "restore", str(folder), "--confirm", "--stop")
        await run(commands, "up")

        await until_quiet(system.stack)
        assert await findings(system.stack) == []
        assert await status_of(client, kept) == 200
        assert await status_of(client, lost) == 404
        assert await before.attached_case() == case
        assert (await before.slots())["filled"] == 1
        again = Story(client)
        await tell(again)
        await until_quiet(system.stack)
    assert await findings(system.stack) == []


async def writes_waited_truly(traffic: Traffic, folder: Path) -> None:
    """None was lost, whoever waited as told was let in, and no read was told to wait."""
    assert traffic.refusals
    assert set(traffic.refusals) <= set(range(1, LASTS_SECONDS + 1))
    assert traffic.reads["read"] > 0
    assert "writes-paused" not in traffic.reads
    manifest = json.loads((folder / "manifest.json").read_text())
    paused, resumed = (datetime.fromisoformat(manifest[f"{at}_at"]) for at in ("paused", "resumed"))
    waited = (resumed - paused).total_seconds()
    assert traffic.refused_twice == 0 or waited > LASTS_SECONDS - 2
    assert len(set(traffic.employers)) == len(traffic.employers)


LASTS_SECONDS = int(pauses.LASTS.total_seconds())


def refuses_what_would_harm(commands: Checkout, folder: Path, tmp_path: Path) -> None:
    """Each refusal comes before anything was touched, and names the cure."""
    assert "STOP=1" in commands.refuses("restore", str(folder), "--confirm")
    assert "CONFIRM=1" in commands.refuses("restore", str(folder), "--stop")
    assert "manifest.json is missing" in commands.refuses("restore", str(tmp_path), "--confirm")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    with (damaged / "cases.dump").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\0" if file.read(1) != b"\0" else b"\1")
    line = commands.refuses("restore", str(damaged), "--confirm", "--stop")
    assert "cases.dump is not what its manifest says" in line
    other_keys = tmp_path / "other-keys"
    shutil.copytree(folder, other_keys)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["databases"]["registry"]["keys"]["encryption"]["keys"]["k1"] = "0" * 16
    (other_keys / "manifest.json").write_text(json.dumps(manifest))
    line = commands.refuses("restore", str(other_keys), "--confirm", "--stop")
    assert "the keyring of registry lacks the backup's encryption key 'k1'" in line
    manifest["databases"]["registry"]["revision"] = "9999"
    (other_keys / "manifest.json").write_text(json.dumps(manifest))
    line = commands.refuses("restore", str(other_keys), "--confirm", "--stop")
    assert "revision 9999, unknown to this code" in line
    assert len(commands.pids()) == 10, "nothing was stopped"


async def test_a_backup_that_cannot_be_made_or_is_killed_leaves_the_system_open(
    system: System, tmp_path: Path
) -> None:
    """A reader that stands still keeps the system from being level."""
    commands = Checkout(ROOT, name=system.stack.name)
    async with system.client() as client:
        await until_quiet(system.stack)
        supervision.stop(system.stack, ["gateway-messenger"])
        try:
            assert (await post_employer(client))[0] == 201
            line = await asyncio.to_thread(
                commands.refuses, "backup", "--to", str(tmp_path / "none"), "--within", "2"
            )
            assert "not level after 2 s" in line
            assert "gateway is 1 behind in job_orders.employer.v1" in line
            assert (await post_employer(client))[0] == 201
            await killed_in_its_pause(system, client, tmp_path)
        finally:
            supervision.start(system.stack, ["gateway-messenger"])
        await until_quiet(system.stack)
    assert not any((tmp_path / name).exists() for name in ("none", "killed"))


async def killed_in_its_pause(system: System, client: Client, tmp_path: Path) -> None:
    """What it told is then to the second when writes are taken again."""
    backup = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", "backup", "--to", str(tmp_path / "killed")),
        cwd=ROOT,
        env=os.environ | {"SINERGI_STACK": system.stack.name},
        stdout=asyncio.subprocess.DEVNULL,
    )

    async def refused() -> int | None:
        status, retry_after = await post_employer(client)
        return retry_after if status == 503 else None

    await eventually(refused)
    backup.send_signal(signal.SIGKILL)
    await backup.wait()
    status, retry_after = await post_employer(client)
    assert status == 503
    told_at = time.monotonic()
    await asyncio.sleep(retry_after)
    assert (await post_employer(client))[0] == 201
    assert time.monotonic() - told_at < LASTS_SECONDS + 5


async def post_employer(client: Client) -> tuple[int, int]:
    """Status and Retry-After of one write, tried once."""
    headers = as_caller(Story(client).by("officer")) | {"Idempotency-Key": secrets.token_hex(8)}
    answer = await client.http.post("/v1/employers", json=new_employer(), headers=headers)
    return answer.status_code, int(answer.headers.get("retry-after", 0))


async def status_of(client: Client, employer: str) -> int:
    officer = Story(client).by("officer")
    return (await officer.get(f"/v1/employers/{employer}")).status_code


async def until_written(traffic: Traffic) -> None:
    """Until each kind of write has succeeded anew."""
    employers, records = len(traffic.employers) + 5, traffic.records + 5

    async def look() -> bool | None:
        return True if len(traffic.employers) >= employers and traffic.records >= records else None

    await eventually(look)


async def run(commands: Checkout, *words: str) -> str:
    return await asyncio.to_thread(commands.must, *words)


def as_caller(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}", "Purpose-Of-Use": str(caller.purpose)}


def new_employer() -> dict[str, str]:
    tag = secrets.token_hex(4).upper()
    return {
        "type": "COMPANY",
        "name": f"Ladang {tag} Sdn Bhd",
        "country": COUNTRY,
        "subdivision": PLACE,
        "sector": "PLANTATION",
        "registration_number": f"SSM-{tag}",
    }


def new_record() -> dict[str, Any]:
    tag = secrets.token_hex(4).upper()
    return {
        "source_system": "SISKOP2MI",
        "record_key": f"BK-{tag}",
        "source_updated_at": clock.now().isoformat(),
        "content": {"full_name": f"SUTINAH BINTI {tag}", "sex": "F", "birth_date": "1991-02-03"},
    }
