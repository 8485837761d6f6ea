"""What stands still is ended from outside, whether it wants to or not."""

import asyncio
import subprocess
import sys

import pytest

from deploy.local.stack import ROOT
from shared.watchdog import Heart, watched

PATIENCE = 0.3
STUBBORN = """
import asyncio

from shared.watchdog import Heart, watched

async def stubborn():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

asyncio.run(watched("stubborn", Heart(), stubborn, hung_seconds=0.3, grace_seconds=0.3))
"""


async def test_silent_work_is_cancelled_and_told() -> None:
    ended = asyncio.Event()

    async def silent() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(TimeoutError, match="silent"):
        await watched("silent", Heart(), silent, hung_seconds=PATIENCE)
    assert ended.is_set()


async def test_beating_work_goes_on_and_its_end_is_passed_on() -> None:
    heart = Heart()

    async def busy() -> None:
        for _ in range(20):
            await asyncio.sleep(0.1)
            heart.beat()
        raise LookupError

    with pytest.raises(LookupError):
        await watched("busy", heart, busy, hung_seconds=PATIENCE)


async def test_resting_work_is_left_alone() -> None:
    heart = Heart()

    async def waiting() -> None:
        with heart.resting():
            await asyncio.sleep(2)

    await watched("waiting", heart, waiting, hung_seconds=PATIENCE)


async def test_telling_the_watcher_to_stop_stops_the_work() -> None:
    ended = asyncio.Event()

    async def silent() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = asyncio.create_task(watched("silent", Heart(), silent, hung_seconds=PATIENCE))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task})
    assert ended.is_set()


def test_work_that_cannot_be_ended_takes_its_process_with_it() -> None:
    outcome = subprocess.run([sys.executable, "-c", STUBBORN], check=False, cwd=ROOT, timeout=30)
    assert outcome.returncode == 70
