"""The first code that a request meets: who calls, what for, whose address it is.

A path of another service goes straight to it; the gateway's own app gets the same transaction
token that any service would.
"""

import asyncio
import logging

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.clients.access import AccessTokens
from gateway.clients.limits import RateGuard
from gateway.clients.minting import TransactionMint
from gateway.clients.rules import HeaderRepeated
from gateway.upstream.headers import FORWARDED, repeated_header
from gateway.upstream.proxy import Call, ExtraHeaders, Proxy
from gateway.upstream.routes import Service, find_owner
from gateway.upstream.rules import ServiceFailed, ServiceTooSlow
from shared.auth import TRANSACTION_TOKEN_HEADER
from shared.errors import Refusal
from shared.problems import MethodNotAllowed, Unexpected, Unreadable, problem_response
from shared.telemetry import TraceContext, working_within

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_ALLOW = {"Allow": ", ".join(sorted(METHODS))}
_STATUS = {MethodNotAllowed: 405, ServiceFailed: 502, ServiceTooSlow: 504, Unexpected: 500}
_PUBLIC = (b"/v1/openapi.json",)
_KEPT_FOR_OWN = frozenset({*FORWARDED, b"host", b"content-length", b"transfer-encoding"})
log = logging.getLogger(__name__)


class Entrance:
    """The gateway as one ASGI app."""

    def __init__(
        self,
        own: ASGIApp,
        *,
        proxy: Proxy,
        tokens: AccessTokens,
        mint: TransactionMint,
        guard: RateGuard,
    ) -> None:
        self._own = own
        self._proxy = proxy
        self._tokens = tokens
        self._mint = mint
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._own(scope, receive, send)
            return
        with working_within(None, "request", kind=SpanKind.SERVER) as trace:
            answer_headers = [(b"request-id", trace.trace_id.encode())]
            try:
                await self._serve(scope, receive, send, trace, answer_headers)
            except Refusal as refusal:
                log.info("refused", extra={"facts": {"code": refusal.code}})
                await _refuse(refusal, scope, receive, send, answer_headers)
            except UnicodeDecodeError:
                await _refuse(Unreadable(), scope, receive, send, answer_headers)

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        trace: TraceContext,
        answer_headers: ExtraHeaders,
    ) -> None:
        if scope["method"] not in METHODS:
            raise MethodNotAllowed
        owner = find_owner(scope["raw_path"], scope["query_string"])
        if owner is None or scope["raw_path"] in _PUBLIC:
            await self._serve_own(
                scope, receive, send, token=None, trace=trace, answer_headers=answer_headers
            )
            return
        headers = scope["headers"]
        given = dict(headers)
        if len(given) != len(headers) and (name := repeated_header(headers)):
            raise HeaderRepeated(header=name.decode())
        access = self._tokens.admit(given.get(b"authorization"))
        purpose = access.purpose_stated(given.get(b"purpose-of-use"))
        answer_headers.append(self._guard.policy_header)
        answer_headers.append(
            (b"ratelimit", self._guard.take(access.client, asyncio.get_running_loop().time()))
        )
        token = self._mint.token(access, purpose, owner.value)
        if owner is Service.GATEWAY:
            await self._serve_own(
                scope, receive, send, token=token, trace=trace, answer_headers=answer_headers
            )
            return
        call = Call(owner, given, token, trace.traceparent, answer_headers)
        await self._proxy.forward(scope, receive, send, call)

    async def _serve_own(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        token: str | None,
        trace: TraceContext,
        answer_headers: ExtraHeaders,
    ) -> None:
        kept = [(name, value) for name, value in scope["headers"] if name in _KEPT_FOR_OWN]
        kept.append((b"traceparent", trace.traceparent.encode()))
        if token is not None:
            kept.append((TRANSACTION_TOKEN_HEADER.encode(), token.encode()))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *(
                        header
                        for header in message.get("headers", ())
                        if not header[0].lower().startswith((b"disclosure", b"request-id"))
                    ),
                    *answer_headers,
                ]
            await send(message)

        await self._own({**scope, "headers": kept}, receive, answer)


async def _refuse(
    refusal: Refusal,
    scope: Scope,
    receive: Receive,
    send: Send,
    answer_headers: ExtraHeaders,
) -> None:
    given = dict(scope["headers"])
    response = problem_response(
        refusal,
        accept_language=given.get(b"accept-language", b"").decode("latin-1"),
        status=_STATUS.get(type(refusal)),
        headers=_ALLOW if isinstance(refusal, MethodNotAllowed) else None,
    )
    response.raw_headers.extend(answer_headers)
    await response(scope, receive, send)
