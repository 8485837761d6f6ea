"""The bulk process: stores and links what batches brought, beside the messenger that starts it.

What computes for long runs here, so that relay and consumer never wait for it. It lives only while
there is work.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import sys
import time
from dataclasses import replace

import uvloop
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.queries import has_bulk_work
from registry.loops import BULK
from registry.matching.served_model import served_model
from registry.rematching.queries import has_walk_due
from registry.settings import Settings
from shared.db import Database, is_passing
from shared.loops import Loop, Loops
from shared.outbox import Notifier
from shared.telemetry import start_telemetry

IDLE_SECONDS = 60.0
"""Without work for so long the process ends and gives its memory back."""

_LOOK_SECONDS = 1
_STOPS = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG = 1
log = logging.getLogger(__name__)


def as_loop() -> Loop:
    """Starts the bulk process when there is work for it, as one more loop of the messenger."""
    return Loop("start the bulk process", _LOOK_SECONDS, Keeper().look)


class Keeper:
    """Starts the bulk process, and again when it died or ended and work has come since."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None

    async def look(self, session: AsyncSession) -> bool:
        if self.process is not None and self.process.returncode is None:
            return False
        if self.process is not None and self.process.returncode:
            log.warning("bulk process died", extra={"facts": {"code": self.process.returncode}})
            self.process = None
        if await _has_work(session):
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "registry.bulk", stdin=asyncio.subprocess.DEVNULL
            )
        return False


async def _has_work(session: AsyncSession) -> bool:
    return await has_bulk_work(session) or await has_walk_due(session)


async def run(settings: Settings, *, idle_seconds: float = IDLE_SECONDS) -> None:
    """Store and link until told to stop, or until nothing has been there to do for a while."""
    database = Database(settings.database_url, application="registry-bulk", pool_size=4)
    notifier = Notifier(database)
    notifier.start()
    rest = _Rest(database)
    loops = Loops(database, [rest.noting(loop) for loop in BULK], after_commit=notifier.wake)
    ending = asyncio.create_task(rest.lasts(idle_seconds))
    running = asyncio.create_task(loops.run())
    this_loop = asyncio.get_running_loop()
    for told in _STOPS:
        this_loop.add_signal_handler(told, ending.cancel)
    await asyncio.wait({ending, running}, return_when=asyncio.FIRST_COMPLETED)
    for told in _STOPS:
        this_loop.remove_signal_handler(told)
    for task in (ending, running):
        task.cancel()
    outcomes = await asyncio.gather(ending, running, return_exceptions=True)
    await notifier.stop()
    await database.close()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


class _Rest:
    """Since when there has been nothing to do. Work that comes as the process ends waits for the
    next look of the keeper.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since = time.monotonic()

    def noting(self, loop: Loop) -> Loop:
        async def step(session: AsyncSession) -> bool:
            more = await loop.step(session)
            if more:
                self._since = time.monotonic()
            return more

        return replace(loop, step=step)

    async def lasts(self, seconds: float) -> None:
        """Returns when no step has found anything for so long, and nothing waits for a lease."""
        while True:
            await asyncio.sleep(seconds / 4)
            rested = time.monotonic() - self._since
            if rested >= seconds and not await self._is_work_waiting():
                return

    async def _is_work_waiting(self) -> bool:
        try:
            async with self._database.session() as session:
                return await _has_work(session)
        except Exception as error:
            if not is_passing(error):
                raise
            return True


def _end_with_parent() -> None:
    """A messenger that is killed takes this process along (Linux); nothing is lost by it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        sys.exit(0)


if __name__ == "__main__":
    _end_with_parent()
    served_model()
    # What is here now stays, and shares leave few cycles: looking for them is dear.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    chosen = Settings()
    start_telemetry("registry", "bulk", chosen)
    uvloop.run(run(chosen))
