"""The connections of one HTTP process: how many, how long they may say nothing, how large a head
may be, how slowly an answer may be read, how many requests begin at a time. `uvicorn --http
shared.connections:Connection` uses it.

uvicorn itself closes a connection that rests after an answer. It waits for ever for a first
request, for the rest of a head, and for a reader that has stopped.
"""

import asyncio
import heapq
import logging
import resource
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, ClassVar, cast
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

_MOST = 4_096
# Files and sockets of the process that are not callers: calls to services, database, logs.
_OTHER_FILES = 512
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
_NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"content-length: 0\r\nretry-after: 2\r\nconnection: close\r\n\r\n"
)
_Begin = Callable[[RequestResponseCycle, Any], None]
_Due = tuple[_Begin, RequestResponseCycle, ASGIApp]
log = logging.getLogger(__name__)


def most_connections() -> int:
    """How many connections a process may hold: few enough for its memory and its open files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(64, min(_MOST, files - _OTHER_FILES))


class Connection(HttpToolsProtocol):
    """uvicorn's own connection with limits; a look once a second at all of them enforces these."""

    most: ClassVar[int] = most_connections()
    quiet_seconds: ClassVar[float] = 10.0
    """Longest time without a whole head: before the first, between two, or in the middle of one."""
    writing_seconds: ClassVar[float] = 10.0
    """Longest time for a full buffer of an answer to become nearly empty; some 5 kB a second."""
    closing_seconds: ClassVar[float] = 5.0
    """Longest time for the rest of an answer to leave once the connection is to be closed."""
    largest_head: ClassVar[int] = 65_536
    begun_at_a_time: ClassVar[int] = 16
    """Requests that begin in one round of the event loop. A call that waits for several rounds is
    answered soon only while each round is short, however many others have come."""
    begun_beside_newcomers: ClassVar[int] = 1
    """The same while connections come in: of these uvloop accepts one in each round, so rounds must
    be short, or they wait for seconds behind a crowd."""

    quiet_since: float | None = None
    writing_since: float | None = None
    closing_since: float | None = None
    head_bytes: int | None = 0
    is_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it.
        super().connection_made(transport)
        self.quiet_since = self.loop.time()
        self.watch = _watch_of(self)
        self.watch.keep_looking()
        self.watch.has_newcomers = True
        surplus = len(self.connections) - self.watch.leaving - self.most
        if surplus > 0 and not self.watch.make_room(surplus, newcomer=self):
            transport.write(_NO_ROOM)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.is_ended:
            self.watch.leaving -= 1

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.head_bytes is not None:
            self.head_bytes += len(data)
            if self.head_bytes > self.largest_head and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_bytes = 0

    def on_headers_complete(self) -> None:
        self.head_bytes = None
        self.quiet_since = None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self.quiet_since = self.loop.time()
        super().on_response_complete()

    def is_urgent(self, scope: Scope) -> bool:  # noqa: ARG002 - for those who know what is.
        """Whether a request begins at once, whoever came before."""
        return False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        begin = super()._start_asgi_task
        if self.is_urgent(cast("Scope", cycle.scope)):
            begin(cycle, app)
        else:
            self.watch.let_begin(begin, cycle, app)

    def pause_writing(self) -> None:
        self.writing_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.writing_since = None
        super().resume_writing()

    def overdue(self, moment: float) -> str | None:
        """What this connection has waited for too long, if it has."""
        if self.transport.is_closing():
            if self.closing_since is None:
                self.closing_since = moment
            return "closing" if moment - self.closing_since > self.closing_seconds else None
        if self.writing_since is not None and moment - self.writing_since > self.writing_seconds:
            return "reader"
        if self.quiet_since is not None and moment - self.quiet_since > self.quiet_seconds:
            return "head"
        return None


class _Watch:
    """Looks at all connections of one server once a second, while there are any."""

    every_seconds = 1.0

    def __init__(self, first: Connection) -> None:
        self._state = first.server_state
        self._loop = first.loop
        self._kind = type(first)
        self._is_set = False
        self.leaving = 0
        self.has_newcomers = False
        self._begun = 0
        self._most_begun = self._kind.begun_at_a_time
        self._due: deque[_Due] = deque()

    def keep_looking(self) -> None:
        if not self._is_set:
            self._is_set = True
            self._loop.call_later(self.every_seconds, self._look)

    def let_begin(self, begin: _Begin, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        """Begin a request in this round of the event loop, or in one of the next."""
        if self._begun >= self._most_begun:
            self._due.append((begin, cycle, app))
            return
        if self._begun == 0:
            self._loop.call_soon(self._next_round)
        self._begun += 1
        begin(cycle, app)

    def _next_round(self) -> None:
        self._begun = 0
        kind = self._kind
        few, many = kind.begun_beside_newcomers, kind.begun_at_a_time
        self._most_begun = few if self.has_newcomers else many
        self.has_newcomers = False
        while self._due and self._begun < self._most_begun:
            begin, cycle, app = self._due.popleft()
            if not cycle.disconnected:
                begin(cycle, app)
                self._begun += 1
        if self._begun:
            self._loop.call_soon(self._next_round)

    def make_room(self, surplus: int, *, newcomer: Connection) -> bool:
        """Close those that have been quiet for longest; whether there were enough.

        A few more than needed, so that a flood of newcomers does not look through all each time.
        """
        newcomer.quiet_since, since = None, newcomer.quiet_since
        quiet = [one for one in _connections(self._state) if one.quiet_since is not None]
        newcomer.quiet_since = since
        more = surplus + newcomer.most // 64
        oldest = heapq.nsmallest(more, quiet, key=lambda one: one.quiet_since or 0)
        self._end(dict.fromkeys(oldest, "room"))
        return len(oldest) >= surplus

    def _look(self) -> None:
        self._is_set = False
        moment = self._loop.time()
        overdue = {one: one.overdue(moment) for one in _connections(self._state)}
        self._end({one: reason for one, reason in overdue.items() if reason})
        if self._state.connections:
            self.keep_looking()

    def _end(self, ended: dict[Connection, str]) -> None:
        for one in ended:
            if not one.is_ended:
                one.is_ended = True
                one.quiet_since = None
                self.leaving += 1
                one.transport.abort()
        if ended:
            log.info("connections ended", extra={"facts": dict(Counter(ended.values()))})


_watches: WeakKeyDictionary[ServerState, _Watch] = WeakKeyDictionary()


def _watch_of(connection: Connection) -> _Watch:
    state = connection.server_state
    watch = _watches.get(state)
    if watch is None:
        watch = _watches[state] = _Watch(connection)
    return watch


def _connections(state: ServerState) -> list[Connection]:
    return cast("list[Connection]", list(state.connections))
