"""One service's trouble stays its own: a bounded number of calls at once, and of those waiting."""

import asyncio
from collections import deque

from shared.errors import ServiceBusy

_RETRY_AFTER_SECONDS = 2


class Bulkhead:
    """Lets `at_once` calls through, lets `waiting` more queue for a while, and refuses the rest."""

    def __init__(self, at_once: int, *, waiting: int, patience_seconds: float) -> None:
        self._free = at_once
        self._waiting = waiting
        self._patience = patience_seconds
        self._queue: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Take a place; raises ServiceBusy when the queue is full or the wait too long."""
        if self._free > 0:
            self._free -= 1
            return
        if len(self._queue) >= self._waiting:
            raise ServiceBusy(retry_after_seconds=_RETRY_AFTER_SECONDS)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._queue:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise ServiceBusy(retry_after_seconds=_RETRY_AFTER_SECONDS) from None
            raise

    def leave(self) -> None:
        """Give the place to the one who waits longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
