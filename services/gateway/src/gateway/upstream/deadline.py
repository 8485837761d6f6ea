"""When a call must end: its time is over, or the client who asked has gone."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

# Most calls are over before this, and so never pay for watching the client.
_UNWATCHED_SECONDS = 0.1


class ClientGone(Exception):
    """The client has closed its connection; there is nobody to answer."""


class Deadline:
    """Ends the calling task with TimeoutError or ClientGone, whichever comes first.

    Works like `asyncio.timeout`, with one timer for both. `watching` says whether the request's
    body has been read, because until then the next message from the client is not its leaving.
    """

    __slots__ = ("_ending", "_loop", "_receive", "_task", "_timer", "_watch", "at", "watching")

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._task = asyncio.current_task()
        self._ending: type[Exception] | None = None
        self._watch: asyncio.Task[None] | None = None
        self.watching = False
        self.at = self._loop.time() + seconds

    @property
    def left(self) -> float:
        return self.at - self._loop.time()

    def restart(self, seconds: float) -> None:
        """Count anew from this moment."""
        self.at = self._loop.time() + seconds

    def end(self, reason: type[Exception]) -> None:
        """End the call now."""
        if self._ending is None and self._task is not None:
            self._ending = reason
            self._task.cancel()

    def __enter__(self) -> Self:
        first = min(self.at, self._loop.time() + _UNWATCHED_SECONDS)
        self._timer = self._loop.call_at(first, self._tick)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._ending is None or self._task is None:
            return
        if self._task.uncancel() == 0 and error is not None:
            raise self._ending from None

    def _tick(self) -> None:
        moment = self._loop.time()
        if moment >= self.at:
            self.end(TimeoutError)
            return
        if self.watching and self._watch is None:
            self._watch = self._loop.create_task(self._until_gone())
        wake = self.at if self._watch is not None else min(self.at, moment + _UNWATCHED_SECONDS)
        self._timer = self._loop.call_at(wake, self._tick)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.end(ClientGone)
