"""The body of a request on its way in. An ordinary one is here whole before a place at a service is
taken; a bulk upload flows through. Either must keep coming.
"""

from collections.abc import AsyncIterator, Mapping

from starlette.types import Receive

from gateway.settings import Settings
from gateway.upstream.deadline import ClientGone, Deadline
from shared.bodies import LARGEST_BODY_BYTES
from shared.errors import BodyTooLarge, ServiceBusy
from shared.problems import Unreadable
from shared.returning import seconds_to_return


def states_a_body(given: Mapping[bytes, bytes]) -> bool:
    """Whether a body follows the head."""
    return given.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in given


class BodyMemory:
    """What one process allows to bodies, and how much of it is left."""

    __slots__ = ("bulk_idle", "bulk_owed", "left", "patience", "per_second")

    def __init__(self, settings: Settings) -> None:
        self.left = settings.bodies_bytes
        self.patience = settings.body_patience_seconds
        self.per_second = settings.body_bytes_per_second
        self.bulk_idle = settings.bulk_idle_seconds
        self.bulk_owed = settings.bulk_idle_seconds * settings.bulk_bytes_per_second


class Upload:
    """One body while it comes in; `is_awaited` says that it is the client who is waited for."""

    __slots__ = ("_deadline", "_held", "_memory", "_receive", "is_awaited")

    def __init__(self, memory: BodyMemory, receive: Receive, deadline: Deadline) -> None:
        self._memory = memory
        self._receive = receive
        self._deadline = deadline
        self._held = 0
        self.is_awaited = False

    async def whole(self, given: Mapping[bytes, bytes]) -> bytes:
        """All of it; raises BodyTooLarge, ServiceBusy for want of memory, and ClientGone.

        Its deadline moves on while it comes: a second for each so many bytes.
        """
        _refuse_large(given)
        chunk, more = await self._next()
        if not more:
            return chunk
        latest = self._deadline.at
        pieces, size = [chunk], len(chunk)
        self._hold(size)
        while more:
            self._deadline.at = latest + size / self._memory.per_second
            chunk, more = await self._next()
            size += len(chunk)
            if size > LARGEST_BODY_BYTES:
                raise BodyTooLarge(limit_bytes=LARGEST_BODY_BYTES)
            self._hold(len(chunk))
            pieces.append(chunk)
        return b"".join(pieces)

    async def flowing(self) -> AsyncIterator[bytes] | bytes:
        """A bulk upload whose first piece is here; the others are read when they are wanted."""
        chunk, more = await self._next()
        return self._rest(chunk) if more else chunk

    def forget(self) -> None:
        """Give back the memory of a body that is needed no more."""
        self._memory.left += self._held
        self._held = 0

    async def _rest(self, chunk: bytes) -> AsyncIterator[bytes]:
        yield chunk
        more, owed = True, self._memory.bulk_owed
        while more:
            try:
                chunk, more = await self._next()
            except ClientGone:
                # Said to the call itself: whoever reads from here would take it for another fault.
                self._deadline.end(ClientGone)
                raise
            owed -= len(chunk)
            if owed <= 0:
                self._deadline.restart(self._memory.bulk_idle)
                owed = self._memory.bulk_owed
            if chunk:
                yield chunk
        self._deadline.restart(self._memory.bulk_idle)
        self._deadline.watching = True

    async def _next(self) -> tuple[bytes, bool]:
        self.is_awaited = True
        message = await self._receive()
        self.is_awaited = False
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message.get("body", b""), message.get("more_body", False)

    def _hold(self, size: int) -> None:
        if size > self._memory.left:
            raise ServiceBusy(retry_after_seconds=seconds_to_return(self._memory.patience))
        self._memory.left -= size
        self._held += size


def _refuse_large(given: Mapping[bytes, bytes]) -> None:
    stated = given.get(b"content-length")
    if stated is None:
        return
    if not stated.isdigit():
        raise Unreadable
    if int(stated) > LARGEST_BODY_BYTES:
        raise BodyTooLarge(limit_bytes=LARGEST_BODY_BYTES)
