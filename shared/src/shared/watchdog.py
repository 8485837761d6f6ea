"""Work that must not stand still: a heartbeat each turn, and somebody who listens for it.

Kafka clients have been seen to stop without an error, and to swallow the cancellation that should
end them. What hangs is cancelled; what cannot be cancelled takes the process with it, and the
supervisor starts a new one, which cursors and leases make harmless.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

from shared import metrics

HUNG_SECONDS = 30
BLOCKED_SECONDS = 60
GRACE_SECONDS = 5
STALL_SECONDS = 0.5
_ASKED_EVERY_SECONDS = 1
_EXIT_STATUS = 70

log = logging.getLogger(__name__)


class Heart:
    """Beats once a turn of the work that it belongs to."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._resting = 0

    def beat(self) -> None:
        self._last = time.monotonic()

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Inside, silence is no sign of anything: waiting for the database may take as long as it
        takes.
        """
        self._resting += 1
        try:
            yield
        finally:
            self._resting -= 1
            self.beat()

    @property
    def silent_seconds(self) -> float:
        return 0.0 if self._resting else time.monotonic() - self._last


async def watched(
    name: str,
    heart: Heart,
    work: Callable[[], Awaitable[None]],
    *,
    hung_seconds: float = HUNG_SECONDS,
    grace_seconds: float = GRACE_SECONDS,
) -> None:
    """Do the work until it ends; raises what it raises, and TimeoutError when it had to be
    cancelled because its heart was silent for too long.
    """
    heart.beat()
    task = asyncio.ensure_future(work())
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=1)
            if not task.done() and heart.silent_seconds > hung_seconds:
                log.error("work hangs", extra={"facts": {"work": name}})
                metrics.add(metrics.WORK_HUNG, 1, {"sinergi.work": name})
                await _end(name, task, grace_seconds)
                raise TimeoutError(name)
        task.result()
    finally:
        if not task.done():
            await _end(name, task, grace_seconds)


async def _end(name: str, task: "asyncio.Future[None]", grace_seconds: float) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=grace_seconds)
    if not task.done():
        log.critical("work cannot be ended, leaving", extra={"facts": {"work": name}})
        os._exit(_EXIT_STATUS)


def watch_event_loop(loop: asyncio.AbstractEventLoop, *, ends_process: bool = True) -> None:
    """Measure how long the event loop lets others wait, and end the process when it stands still
    for a minute.
    """
    heart = Heart()

    def answer(asked: float) -> None:
        heart.beat()
        _note_delay(time.monotonic() - asked)

    def watch() -> None:
        while True:
            try:
                loop.call_soon_threadsafe(answer, time.monotonic())
            except RuntimeError:
                return  # The loop has ended in order, and the process with it.
            time.sleep(_ASKED_EVERY_SECONDS)
            if ends_process and heart.silent_seconds > BLOCKED_SECONDS:
                os._exit(_EXIT_STATUS)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def _note_delay(seconds: float) -> None:
    metrics.record(metrics.EVENT_LOOP_DELAY, seconds)
    if seconds >= STALL_SECONDS:
        metrics.add(metrics.EVENT_LOOP_STALLS, 1)
