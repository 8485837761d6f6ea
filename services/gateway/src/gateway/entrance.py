"""The first code that a request meets: who calls, what for, whose address it is.

A path of another service goes straight to it; the gateway's own app gets the same transaction
token that any service would.
"""

import asyncio
import logging
from collections.abc import Iterable

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.clients.access import AccessTokens, Admitted, KeyUnknown
from gateway.clients.challenges import challenge
from gateway.clients.limits import RateGuard
from gateway.clients.minting import TransactionMint
from gateway.clients.proofs import Binding, Proof, ProofCheck
from gateway.clients.providers import Providers
from gateway.clients.rules import HeaderRepeated
from gateway.clients.used_proofs import UsedProofs
from gateway.documents.templates import Templates
from gateway.tally import Tally
from gateway.upstream.headers import FORWARDED, repeated_header
from gateway.upstream.proxy import Call, ExtraHeaders, Proxy
from gateway.upstream.routes import Service, find_owner, is_intake
from gateway.upstream.rules import BodyTooSlow
from gateway.upstream.status import status_of
from shared import clock
from shared.auth import TRANSACTION_TOKEN_HEADER
from shared.errors import Refusal, TokenRefused
from shared.problems import MethodNotAllowed, Unexpected, problem_response
from shared.serving import Answer, is_measuring
from shared.telemetry import TraceContext, parse_traceparent, working_within

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_ALLOW = {"Allow": ", ".join(sorted(METHODS))}
# The rest of a body that did not come in time is awaited no more (RFC 9110 section 15.5.9).
_CLOSE = {"Connection": "close"}
_OPEN = frozenset({b"/v1/openapi.json"})
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
        providers: Providers,
        proofs: ProofCheck,
        used: UsedProofs,
        mint: TransactionMint,
        guard: RateGuard,
        intake_guard: RateGuard,
        templates: Templates,
    ) -> None:
        self._own = own
        self._proxy = proxy
        self._tokens = tokens
        self._providers = providers
        self._proofs = proofs
        self._used = used
        self._mint = mint
        self._guard = guard
        self._intake_guard = intake_guard
        self._templates = templates
        self._tally = Tally()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._own(scope, receive, send)
            return
        with working_within(
            None, "request", kind=SpanKind.SERVER, attributes=_linked(scope["headers"])
        ) as trace:
            if not is_measuring():
                await self._serve(scope, receive, send, trace)
                return
            answer = Answer(send)
            try:
                await self._serve(scope, receive, answer.send, trace)
            finally:
                answer.tell(scope, self._templates.find(scope["raw_path"]))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, trace: TraceContext) -> None:
        given = dict(scope["headers"])
        answer_headers = [(b"request-id", trace.trace_id.encode())]
        call = None
        try:
            try:
                call = self._admit(scope, given, trace, answer_headers)
            except KeyUnknown:
                await self._providers.look_again()
                call = self._admit(scope, given, trace, answer_headers)
            if call is not None and call.proof is not None:
                # After the rate limit, so that what is remembered of a client is bounded by it.
                await self._used.use(call.proof)
            if call is not None and call.service is not Service.GATEWAY:
                await self._proxy.forward(scope, receive, send, call)
                return
        except Refusal as refusal:
            self._tally.tell(refusal)
            await _refuse(refusal, scope, receive, send, answer_headers)
            return
        except Exception:
            log.exception("unexpected error")
            if call is None or not call.is_being_answered:
                await _refuse(Unexpected(), scope, receive, send, answer_headers)
            return
        own_scope = _own_scope(scope, trace, call)
        await self._own(own_scope, receive, _with_headers(send, answer_headers))

    def _admit(
        self,
        scope: Scope,
        given: dict[bytes, bytes],
        trace: TraceContext,
        answer_headers: ExtraHeaders,
    ) -> Call | None:
        """What a request asks of whom, once its caller is known; None for what is open to all."""
        if scope["method"] not in METHODS:
            raise MethodNotAllowed
        owner = find_owner(scope["raw_path"], scope["query_string"])
        if owner is None or scope["raw_path"] in _OPEN:
            return None
        headers = scope["headers"]
        if len(given) != len(headers) and (name := repeated_header(headers)):
            raise HeaderRepeated(header=name.decode())
        access = self._tokens.admit(given.get(b"authorization"))
        proof = self._proof(scope, given, access.binding) if access.binding else None
        purpose = access.purpose_stated(given.get(b"purpose-of-use"))
        moment = asyncio.get_running_loop().time()
        # A client that has used up its limit can report a case all the same.
        reports = is_intake(scope["method"], scope["raw_path"])
        guard = self._intake_guard if reports else self._guard
        answer_headers.append(guard.policy_header)
        answer_headers.append((b"ratelimit", guard.take(access.client, moment)))
        return Call(
            owner,
            given,
            self._mint.token(access, purpose, owner.value),
            trace.traceparent,
            answer_headers,
            Admitted(access, purpose),
            proof,
        )

    def _proof(self, scope: Scope, given: dict[bytes, bytes], binding: Binding) -> Proof:
        return self._proofs.check(
            given.get(b"dpop"),
            binding,
            method=scope["method"],
            raw_path=scope["raw_path"],
            moment=clock.now().timestamp(),
        )


def _linked(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str] | None:
    """The caller's own trace as an attribute: ours is linked to it and does not continue it."""
    given = next((value for name, value in headers if name == b"traceparent"), None)
    if given is None:
        return None
    theirs = parse_traceparent(given.decode("latin-1"))
    return {"caller.trace_id": theirs.trace_id} if theirs else None


def _own_scope(scope: Scope, trace: TraceContext, call: Call | None) -> Scope:
    """The request as the gateway's own app gets it, cleaned like one to any service."""
    kept = [(name, value) for name, value in scope["headers"] if name in _KEPT_FOR_OWN]
    kept.append((b"traceparent", trace.traceparent.encode()))
    own = {**scope, "headers": kept}
    if call is not None:
        kept.append((TRANSACTION_TOKEN_HEADER.encode(), call.token.encode()))
        own["gateway.admitted"] = call.admitted
    return own


def _with_headers(send: Send, answer_headers: ExtraHeaders) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *(pair for pair in message.get("headers", ()) if _may_leave(pair[0])),
                *answer_headers,
            ]
        await send(message)

    return answer


def _may_leave(name: bytes) -> bool:
    return not name.lower().startswith((b"disclosure", b"request-id"))


def _told_by_header(refusal: Refusal, authorization: bytes) -> dict[str, str] | None:
    if isinstance(refusal, MethodNotAllowed):
        return _ALLOW
    if isinstance(refusal, BodyTooSlow):
        return _CLOSE
    if isinstance(refusal, TokenRefused):
        return {"WWW-Authenticate": challenge(refusal, authorization)}
    return None


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
        status=status_of(type(refusal)),
        headers=_told_by_header(refusal, given.get(b"authorization", b"")),
    )
    response.raw_headers.extend(answer_headers)
    await response(scope, receive, send)
