"""Who may have a call done now: a bounded number at once, a short queue that is fair to clients,
and for everybody else a true time to come back.

The gateway keeps one for each service and kind of call, and a service one for itself.
"""

import asyncio
from collections import deque

from shared.errors import Refusal, ServiceBusy, ShareExceeded
from shared.returning import LONGEST_SECONDS, seconds_to_return

# How much the latest call counts in the average time that a place is held.
_WEIGHT = 0.05
_HELD_AT_FIRST = 0.05
# How an adaptive limit moves: one place more for each look, a fifth less when the loop is late.
_LOOK_SECONDS = 0.1
_LATE_SECONDS = 0.01
_LESS = 0.8
_LEAST = 1


class Place:
    """A place held for one call."""

    __slots__ = ("_admission", "_client", "since")

    def __init__(self, admission: "Admission", client: str, since: float) -> None:
        self._admission: Admission | None = admission
        self._client = client
        self.since = since

    def leave(self) -> None:
        """Give the place back; doing it again does nothing."""
        admission, self._admission = self._admission, None
        if admission is not None:
            admission.take_back(self._client, self.since)


class Admission:
    """Lets `at_once` calls through, lets `waiting` more queue for a while, and refuses the rest.

    No client holds more than three quarters of the places, and those who wait are served client by
    client in turn, so one client's flood or stuck calls never keep out another's.

    An adaptive one lets fewer through, down to one, while the event loop comes late to what is
    due: who waits for it many times, as a write does, is answered soon only if it is not.
    """

    def __init__(
        self, at_once: int, *, waiting: int, patience_seconds: float, is_adaptive: bool = False
    ) -> None:
        self._most = at_once
        self._is_adaptive = is_adaptive
        self._looks_at: float | None = None
        self._taken = 0
        self._set_limit(at_once)
        self._most_waiting = waiting
        self._patience = patience_seconds
        self._inside: dict[str, int] = {}
        # In the order in which the clients have their turns.
        self._queues: dict[str, deque[asyncio.Future[float]]] = {}
        self._waiting = 0
        self._held = _HELD_AT_FIRST
        self._moved_at = 0.0
        self._promised = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def enter(self, client: str) -> Place:
        """Take a place; raises ServiceBusy or ShareExceeded when there is none in time."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        inside = self._inside.get(client, 0)
        if self._taken < self.limit and inside < self._most_of_one:
            moment = self._loop.time()
            self._let_in(client, moment)
            return Place(self, client, moment)
        if self._waiting >= self._most_waiting:
            self._make_room(client)
        return Place(self, client, await self._turn(client))

    def take_back(self, client: str, since: float) -> None:
        """A call is over that has held its place since that moment: the next may come in."""
        assert self._loop is not None  # noqa: S101 - set by the first that entered.
        moment = self._loop.time()
        self._held += _WEIGHT * (moment - since - self._held)
        self._moved_at = moment
        self._taken -= 1
        if (others := self._inside[client] - 1) > 0:
            self._inside[client] = others
        else:
            del self._inside[client]
        if self._queues:
            self._call_next(moment)
        else:
            self._promised = 0.0

    def _let_in(self, client: str, moment: float) -> None:
        self._taken += 1
        self._inside[client] = self._inside.get(client, 0) + 1
        if self._taken == self.limit:
            self._moved_at = moment
        if self._is_adaptive and self._looks_at is None:
            self._look_later(moment)

    def _set_limit(self, limit: float) -> None:
        self._exact = min(max(limit, min(_LEAST, self._most)), self._most)
        self.limit = int(self._exact)
        self._most_of_one = self.limit - self.limit // 4

    def _look_later(self, moment: float) -> None:
        assert self._loop is not None  # noqa: S101 - set by the first that entered.
        self._looks_at = moment + _LOOK_SECONDS
        self._loop.call_at(self._looks_at, self._look)

    def _look(self) -> None:
        """Adapt the limit to how late this look comes; looks end when nobody is inside."""
        assert self._loop is not None and self._looks_at is not None  # noqa: S101, PT018 - as above.
        moment = self._loop.time()
        is_late = moment - self._looks_at > _LATE_SECONDS
        self._set_limit(self._exact * _LESS if is_late else self._exact + 1)
        self._looks_at = None
        if self._taken:
            self._look_later(moment)
            self._call_next(moment)

    def _call_next(self, moment: float) -> None:
        """Fill the free places with those whose clients have the next turns."""
        while self._queues and self._taken < self.limit:
            client = next(
                (one for one in self._queues if self._inside.get(one, 0) < self._most_of_one), None
            )
            if client is None:
                return
            queue = self._queues.pop(client)
            turn = queue.popleft()
            self._waiting -= 1
            if queue:
                self._queues[client] = queue
            if not turn.done():
                self._let_in(client, moment)
                turn.set_result(moment)

    async def _turn(self, client: str) -> float:
        assert self._loop is not None  # noqa: S101 - as above.
        turn: asyncio.Future[float] = self._loop.create_future()
        self._queues.setdefault(client, deque()).append(turn)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                return await turn
        except BaseException as error:
            if not turn.done() or turn.cancelled():
                self._forget(client, turn)
            elif turn.exception() is None:
                # Called in and gone at the same moment.
                self.take_back(client, turn.result())
            if isinstance(error, TimeoutError):
                raise ServiceBusy(retry_after_seconds=self._time_to_return()) from None
            raise

    def _forget(self, client: str, turn: asyncio.Future[float]) -> None:
        queue = self._queues.get(client)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        self._waiting -= 1
        if not queue:
            del self._queues[client]

    def _make_room(self, client: str) -> None:
        """The queue is full: whoever has the longest part of it gives up the end of that part."""
        longest = max(self._queues, key=lambda one: len(self._queues[one]), default=client)
        mine = self._queues.get(client, ())
        if len(self._queues.get(longest, ())) <= len(mine) + 1:
            raise self._refusal()
        turn = self._queues[longest][-1]
        self._forget(longest, turn)
        if not turn.done():
            turn.set_exception(self._refusal())

    def _refusal(self) -> Refusal:
        kind = ShareExceeded if len(self._queues) > 1 else ServiceBusy
        return kind(retry_after_seconds=self._time_to_return())

    def _time_to_return(self) -> int:
        """When a place will be free for one more of those who were refused.

        One comes free every `held / places in use` seconds. First those who wait have them, then
        those who were refused before and told when; each of these gets a moment of its own, up to
        a minute ahead. Where no place came free for longer than that, this is no shorter.
        """
        assert self._loop is not None  # noqa: S101 - as above.
        moment = self._loop.time()
        each = self._held / max(1, self._taken)
        after = max(self._promised, moment + self._waiting * each) + each
        self._promised = min(after, moment + LONGEST_SECONDS)
        return seconds_to_return(max(after - moment, moment - self._moved_at))
