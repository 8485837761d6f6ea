"""One call to one service and its answer back. The path that is measured."""

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
from gateway.upstream.bodies import BodyMemory, Upload, states_a_body
from gateway.upstream.deadline import ClientGone, Deadline
from gateway.upstream.headers import FORWARDED, answered, is_bulk, nominated, seconds_to_wait
from gateway.upstream.routes import Service, is_intake
from gateway.upstream.rules import (
    RESTART_SECONDS,
    BodyTooSlow,
    ServiceFailed,
    ServiceTooSlow,
    ServiceUnreachable,
)
from gateway.upstream.services import Upstream
from shared.admission import Admission
from shared.auth import TRANSACTION_TOKEN_HEADER
from shared.problems import Unreadable
from shared.returning import seconds_to_return

ExtraHeaders = list[tuple[bytes, bytes]]
Body = bytes | AsyncIterator[bytes] | None

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_TOKEN = istr(TRANSACTION_TOKEN_HEADER)
_TRACEPARENT = istr("traceparent")
_TIMEOUT_MS = istr("request-timeout-ms")
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
        self._memory = BodyMemory(settings)
        self._session: ClientSession | None = None

    def open(self, session: ClientSession) -> None:
        """Use this session, which stays its owner's to close."""
        self._session = session

    async def forward(self, scope: Scope, receive: Receive, send: Send, call: Call) -> None:
        """Ask the service and pass its answer on.

        Raises ServiceBusy, ShareExceeded, ServiceUnreachable, ServiceFailed, ServiceTooSlow,
        BodyTooLarge or BodyTooSlow while nothing has been sent to the client; afterwards a failure
        ends the connection, so that no half answer looks whole.
        """
        upstream = self._upstreams[call.service]
        given = call.given
        bulk = is_bulk(given.get(b"content-type"))
        seconds = (
            self._settings.bulk_idle_seconds
            if bulk
            else seconds_to_wait(given.get(b"prefer"), self._settings.deadline_seconds)
        )
        has_body = states_a_body(given)
        upload = None
        try:
            first = self._memory.patience if has_body and not bulk else seconds
            with Deadline(receive, first) as deadline:
                body: Body = None
                if has_body:
                    upload = Upload(self._memory, receive, deadline)
                    body = await (upload.flowing() if bulk else upload.whole(given))
                    deadline.restart(seconds)
                deadline.watching = body is None or isinstance(body, bytes)
                place = await self._admission(upstream, scope, bulk=bulk).enter(
                    call.admitted.access.client
                )
                try:
                    response = await self._ask(scope, call, upstream, body, deadline)
                    # A client that reads slowly holds no place once the service has said all.
                    response.content.on_eof(place.leave)
                    await self._relay(response, send, call, upstream, deadline)
                finally:
                    place.leave()
        except ClientGone:
            return
        except (ClientError, OSError) as error:
            if call.is_being_answered:
                log.warning("answer cut off", extra={"facts": {"service": upstream.name}})
            elif isinstance(error, TimeoutError):
                if upload is not None and upload.is_awaited:
                    raise BodyTooSlow from None
                raise ServiceTooSlow(service=upstream.name) from None
            else:
                raise ServiceFailed(service=upstream.name) from None
        finally:
            if upload is not None:
                upload.forget()

    @staticmethod
    def _admission(upstream: Upstream, scope: Scope, *, bulk: bool) -> Admission:
        if bulk:
            return upstream.bulk_calls
        if is_intake(scope["method"], scope["raw_path"]):
            return upstream.intake_calls
        return upstream.calls

    async def _ask(
        self,
        scope: Scope,
        call: Call,
        upstream: Upstream,
        body: Body,
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
                        service=upstream.name,
                        retry_after_seconds=seconds_to_return(RESTART_SECONDS),
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
