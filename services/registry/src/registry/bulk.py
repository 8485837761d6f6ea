"""The bulk process: stores and links what batches brought, beside the messenger that starts it.

What computes for long runs here, so that relay and consumer never wait for it.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys

import uvloop

from registry.loops import BULK
from registry.settings import Settings
from shared.db import Database
from shared.loops import Loop, Loops
from shared.outbox import Notifier
from shared.telemetry import start_telemetry

_RESTART_SECONDS = 1
_PR_SET_PDEATHSIG = 1
log = logging.getLogger(__name__)


def as_loop() -> Loop:
    """Keeps the bulk process alive, as one more loop of the messenger: dead, it is started anew."""
    keeper = _Keeper()
    return Loop("keep the bulk process", _RESTART_SECONDS, keeper.look)


class _Keeper:
    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def look(self, _session: object) -> bool:
        if self._process is None or self._process.returncode is not None:
            if self._process is not None:
                log.warning(
                    "bulk process ended", extra={"facts": {"code": self._process.returncode}}
                )
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "registry.bulk", stdin=asyncio.subprocess.DEVNULL
            )
        return False


async def run(settings: Settings) -> None:
    """Store and link until told to stop."""
    database = Database(settings.database_url, application="registry-bulk", pool_size=4)
    notifier = Notifier(database)
    notifier.start()
    loops = Loops(database, BULK, after_commit=notifier.wake)
    running = asyncio.create_task(loops.run())
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await notifier.stop()
    await database.close()


def _end_with_parent() -> None:
    """A messenger that is killed takes this process along (Linux); nothing is lost by it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        sys.exit(0)


if __name__ == "__main__":
    _end_with_parent()
    chosen = Settings()
    start_telemetry(
        "registry", "bulk", otlp_endpoint=chosen.otlp_endpoint, log_level=chosen.log_level
    )
    uvloop.run(run(chosen))
