"""The loader, against a stand-in for the two routes of bulk intake that it uses."""

import asyncio
import io
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from deploy.seed.envelopes import csv_lines, ndjson
from deploy.seed.gateway import LoadFailed
from deploy.seed.generator import records
from deploy.seed.lives import System
from deploy.seed.load import Plan, idempotency_key, load, parts_of
from deploy.seed.progress import Lines, Tally
from tests.deploy.seed.standin import StandIn, standing_in

COUNT = 1_000
SEED = 4
TOKENS = {System.SISKOP2MI: "token-s", System.PEDULI_WNI: "token-p"}
BUSY = (503, {"title": "Busy"}, {"Retry-After": "0"})


@pytest.fixture
async def gateway() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


def plan_for(gateway: StandIn, *, part_lines: int = 200_000, seed: int = SEED) -> Plan:
    return Plan(gateway.url, COUNT, seed, TOKENS, part_lines)


async def run(plan: Plan) -> tuple[list[Tally], str]:
    said = io.StringIO()
    tallies = await load(plan, Lines(said))
    return tallies, said.getvalue()


async def test_every_record_arrives_as_it_was_made(gateway: StandIn) -> None:
    tallies, _ = await run(plan_for(gateway))
    made = {
        "SISKOP2MI application/x-ndjson": ndjson(records(System.SISKOP2MI, COUNT, SEED)),
        "PEDULI_WNI text/csv": csv_lines(
            System.PEDULI_WNI, records(System.PEDULI_WNI, COUNT, SEED)
        ),
    }
    assert dict(gateway.batches.values()) == {
        target: "".join(texts).encode() for target, texts in made.items()
    }
    assert [tally.linked for tally in tallies] == [550, 450]


async def test_a_large_load_travels_in_parts_that_hold_each_line_once(gateway: StandIn) -> None:
    tallies, _ = await run(plan_for(gateway, part_lines=200))
    assert [tally.linked for tally in tallies] == [550, 450]
    assert len(gateway.batches) == 6
    keys = [
        json.loads(line)["record_key"]
        for target, body in gateway.batches.values()
        if target.startswith("SISKOP2MI")
        for line in body.splitlines()
    ]
    assert keys == [one["record_key"] for one in records(System.SISKOP2MI, COUNT, SEED)]


async def test_a_second_run_sends_the_same_keys_and_doubles_nothing(gateway: StandIn) -> None:
    await run(plan_for(gateway))
    before = dict(gateway.batches)
    tallies, _ = await run(plan_for(gateway))
    assert gateway.batches == before
    assert [tally.linked for tally in tallies] == [550, 450]


def test_an_idempotency_key_tells_seed_count_system_and_part_apart() -> None:
    plans = [Plan("", count, seed, {}, 300) for count in (1_000, 2_000) for seed in (1, 2)]
    keys = [
        idempotency_key(plan, part)
        for plan in plans
        for system in System
        for part in parts_of(system, plan.count, plan.part_lines)
    ]
    assert len(set(keys)) == len(keys)
    assert all(8 <= len(key) <= 128 for key in keys)


async def test_a_busy_gateway_is_asked_again(gateway: StandIn) -> None:
    gateway.troubles = [BUSY, (409, {"title": "In progress"}, {"Retry-After": "0"}), BUSY]
    tallies, _ = await run(plan_for(gateway))
    assert [tally.linked for tally in tallies] == [550, 450]
    assert len(gateway.batches) == 2


async def test_a_gateway_that_stays_busy_is_given_up(gateway: StandIn) -> None:
    gateway.troubles = [BUSY] * 100
    with pytest.raises(LoadFailed, match=r"\(503\): Busy$"):
        await run(plan_for(gateway))


async def test_a_refused_token_ends_in_one_line_that_names_the_cure(gateway: StandIn) -> None:
    gateway.tokens = ("token-s",)
    with pytest.raises(LoadFailed) as refusal:
        await run(plan_for(gateway))
    line = str(refusal.value)
    assert "\n" not in line
    assert "401 token-refused" in line
    assert "It has expired" in line
    assert line.endswith("make token ROLE=system-peduliwni")


async def test_a_problem_document_is_told_in_one_line(gateway: StandIn) -> None:
    gateway.troubles = [(403, {"title": "Not yours", "detail": "Ask\nfor it."}, {})] * 2
    with pytest.raises(LoadFailed, match=r"\(403\): Not yours: Ask for it$"):
        await run(plan_for(gateway))


async def test_a_failed_operation_fails_the_load(gateway: StandIn) -> None:
    gateway.state = "FAILED"
    with pytest.raises(LoadFailed, match="gave up on /v1/operations/registry-"):
        await run(plan_for(gateway))


async def test_refused_lines_are_counted_and_shown(gateway: StandIn) -> None:
    gateway.refused_lines = 3
    tallies, said = await run(plan_for(gateway))
    assert [tally.refused for tally in tallies] == [3, 3]
    assert "siskop2mi: line 7 refused: birth_date: date-invalid (No date)" in said


async def test_the_command_reports_plainly_and_by_its_status(gateway: StandIn) -> None:
    done = await command(gateway.url)
    assert done.returncode == 0, done.stderr
    assert "linked 550 · refused 0" in done.stdout
    gateway.refused_lines = 1
    assert (await command(gateway.url)).returncode == 1


async def test_the_command_tells_an_absent_gateway_in_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = await command(url)
    assert done.returncode == 1
    cure = "Start the stack first: make up"
    assert done.stderr == f"load: cannot reach {url}: Connection refused. {cure}\n"


async def command(url: str) -> subprocess.CompletedProcess[str]:
    words = ["load", "--gateway", url, "--count", str(COUNT), "--seed", str(SEED)]
    tokens = ["--siskop2mi-token", "token-s", "--peduliwni-token", "token-p"]
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deploy.seed", *words, *tokens],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
