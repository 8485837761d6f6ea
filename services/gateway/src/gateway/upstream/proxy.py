"""One call to one service and its answer back, both bodies streamed. The path that is measured."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ConnectionTimeoutError,
    hdrs,
)
from multidict import CIMultiDict, istr
from starlette.types import Receive, Scope, Send
from yarl import URL

from gateway.clients.access import Admitted
from gateway.clients.proofs import Proof
from gateway.settings import Settings
from gateway.upstream.deadline import ClientGone, Deadline
from gateway.upstream.headers import FORWARDED, answered, is_bulk, nominated, seconds_to_wait
from gateway.upstream.routes import Service
from gateway.upstream.rules import ServiceFailed, ServiceTooSlow, ServiceUnreachable
from gateway.upstream.services import Upstream
from shared.auth import TRANSACTION_TOKEN_HEADER
from shared.problems import Unreadable

ExtraHeaders = list[tuple[bytes, bytes]]

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_TOKEN = istr(TRANSACTION_TOKEN_HEADER)
_TRACEPARENT = istr("traceparent")
_TIMEOUT_MS = istr("request-timeout-ms")
_RETRY_AFTER_SECONDS = 2
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """What the entrance found out about a request, for the way to the service."""

    service: Service
    given: Mapping[bytes, bytes]
    token: str
    traceparent: str
    answer_headers: ExtraHeaders
    admitted: Admitted
    proof: Proof | None
    is_being_answered: bool = False


class Proxy:
    """Forwards calls to the services; opened and closed with the process."""

    def __init__(self, settings: Settings, upstreams: Mapping[Service, Upstream]) -> None:
        self._settings = settings
        self._upstreams = upstreams
        self._session: ClientSession | None = None

    def open(self, session: ClientSession) -> None:
        """Use this session, which stays its owner's to close."""
        self._session = session

    async def forward(self, scope: Scope, receive: Receive, send: Send, call: Call) -> None:
        """Ask the service and pass its answer on.

        Raises ServiceBusy, ServiceUnreachable, ServiceFailed or ServiceTooSlow while nothing has
        been sent to the client; afterwards a failure ends the connection, so that no half answer
        looks whole.
        """
        upstream = self._upstreams[call.service]
        bulk = is_bulk(call.given.get(b"content-type"))
        seconds = (
            self._settings.bulk_idle_seconds
            if bulk
            else seconds_to_wait(call.given.get(b"prefer"), self._settings.deadline_seconds)
        )
        bulkhead = upstream.bulk_calls if bulk else upstream.calls
        try:
            with Deadline(receive, seconds) as deadline:
                body = await self._body(receive, deadline, call, bulk=bulk)
                await bulkhead.enter()
                try:
                    response = await self._ask(scope, call, upstream, body, deadline)
                    await self._relay(response, send, call, upstream, deadline)
                finally:
                    bulkhead.leave()
        except ClientGone:
            return
        except (ClientError, OSError) as error:
            if call.is_being_answered:
                log.warning("answer cut off", extra={"facts": {"service": upstream.name}})
            elif isinstance(error, TimeoutError):
                raise ServiceTooSlow(service=upstream.name) from None
            else:
                raise ServiceFailed(service=upstream.name) from None

    async def _body(
        self, receive: Receive, deadline: Deadline, call: Call, *, bulk: bool
    ) -> bytes | AsyncIterator[bytes] | None:
        """The request's body: whole where it came at once, else as a stream."""
        if call.given.get(b"content-length", b"0") == b"0" and (
            b"transfer-encoding" not in call.given
        ):
            deadline.watching = True
            return None
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        first: bytes = message.get("body", b"")
        if message.get("more_body", False):
            return self._stream(first, receive, deadline, bulk=bulk)
        deadline.watching = True
        return first

    async def _stream(
        self, first: bytes, receive: Receive, deadline: Deadline, *, bulk: bool
    ) -> AsyncIterator[bytes]:
        yield first
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                deadline.end(ClientGone)
                raise ClientGone
            more = message.get("more_body", False)
            if bulk:
                deadline.restart(self._settings.bulk_idle_seconds)
            if chunk := message.get("body", b""):
                yield chunk
        deadline.watching = True

    async def _ask(
        self,
        scope: Scope,
        call: Call,
        upstream: Upstream,
        body: bytes | AsyncIterator[bytes] | None,
        deadline: Deadline,
    ) -> ClientResponse:
        assert self._session is not None  # noqa: S101 - opened before the first call.
        method: str = scope["method"]
        keyed = b"idempotency-key" in call.given
        streamed = body is not None and not isinstance(body, bytes)
        may_repeat = keyed or method in _IDEMPOTENT
        url = _target(upstream, scope)
        headers = _asked(scope, call, deadline, streamed=streamed)
        while True:
            try:
                return await self._session.request(
                    method, url, headers=headers, data=body, allow_redirects=False
                )
            except (ClientConnectorError, ConnectionTimeoutError):
                # Nothing was sent, and not one byte was read from a streamed body.
                if not may_repeat:
                    raise ServiceUnreachable(
                        service=upstream.name, retry_after_seconds=_RETRY_AFTER_SECONDS
                    ) from None
            except ClientConnectionError:
                # Perhaps it was sent; by its key the second try is the same call as the first.
                if streamed or not (may_repeat and keyed):
                    raise
            may_repeat = False

    async def _relay(
        self,
        response: ClientResponse,
        send: Send,
        call: Call,
        upstream: Upstream,
        deadline: Deadline,
    ) -> None:
        headers = answered(response.raw_headers, upstream.origin)
        headers += call.answer_headers
        bulk = is_bulk(response.headers.get(hdrs.CONTENT_TYPE, "").encode())
        content = response.content
        call.is_being_answered = True
        try:
            await send(
                {"type": "http.response.start", "status": response.status, "headers": headers}
            )
            ended = False
            while not ended:
                chunk = await content.readany()
                ended = content.at_eof()
                if bulk:
                    deadline.restart(self._settings.bulk_idle_seconds)
                await send({"type": "http.response.body", "body": chunk, "more_body": not ended})
        except BaseException:
            response.close()
            raise


def _target(upstream: Upstream, scope: Scope) -> URL:
    path = scope["raw_path"].decode("ascii")
    query: bytes = scope["query_string"]
    if query:
        return URL(f"{upstream.base}{path}?{query.decode('ascii')}", encoded=True)
    return URL(f"{upstream.base}{path}", encoded=True)


def _asked(scope: Scope, call: Call, deadline: Deadline, *, streamed: bool) -> CIMultiDict[str]:
    given = call.given
    for_this_hop = nominated(given.get(b"connection"))
    try:
        headers = CIMultiDict(
            [
                (FORWARDED[name], value.decode("ascii"))
                for name, value in scope["headers"]
                if name in FORWARDED and name not in for_this_hop
            ]
        )
    except UnicodeDecodeError:
        raise Unreadable from None
    if streamed and b"content-length" in given and b"transfer-encoding" not in given:
        headers[hdrs.CONTENT_LENGTH] = given[b"content-length"].decode("ascii")
    headers[_TOKEN] = call.token
    headers[_TRACEPARENT] = call.traceparent
    headers[_TIMEOUT_MS] = str(max(1, int(deadline.left * 1000)))
    return headers
