"""The one route class of every write: idempotency, commit before the answer, honest retries.

Begin; try-lock the Idempotency-Key; look it up; handler; flush of events; render; store the
answer; commit; only then answer. A 201 that was not committed cannot leave.
Idempotency-Key: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared import outbox, pauses
from shared.auth import caller_of
from shared.bodies import LARGEST_BODY_BYTES, check_encoding, read_body
from shared.db import Database, driver_sql, reading
from shared.errors import (
    BodyTooLarge,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IfMatchMalformed,
    IfMatchMissing,
    RequestInProgress,
    Text,
)
from shared.privacy import Keyring, fingerprint
from shared.retries import retried
from shared.routes import DeclaredRoute, Handler, admitted

PIECE_BYTES = 1024 * 1024
KEPT_DAYS = 8
_ANSWER_COLUMN = "idempotency_keys.body"
_KEY = re.compile(r'^"?([A-Za-z0-9._:\-]{8,128})"?$')
_ETAG = re.compile(r'^"v([0-9]{1,9})"$')
_KEPT_HEADERS = ("content-type", "etag", "location", "disclosure")
_KEPT_COLUMNS = "scope, fingerprint, status, headers, body"
_FIRST_REFUSAL_STATUS = 300
# Both questions of a write in one statement: what this key was answered, and whether writes wait.
_KNOWN = f"""
SELECT k.fingerprint, k.status, k.headers, k.body, pause.seconds
FROM ({pauses.REMAINING}) AS pause LEFT JOIN idempotency_keys k ON k.scope = $1
"""  # noqa: S608 - constants alone.


@dataclass(frozen=True, slots=True)
class Claim:
    """A retry's identity: whose key on which route, and what the request said."""

    scope: bytes
    fingerprint: bytes

    @property
    def lock(self) -> int:
        return int.from_bytes(self.scope[:8], "big", signed=True)


class WriteRoute(DeclaredRoute):
    """Route class of every route that changes something and reads a small JSON body."""

    is_write = True

    def get_route_handler(self) -> Handler:
        inner = self.bare_handler()

        async def handle(request: Request) -> Response:
            scope = _scope(request, self.path_format)
            body = await read_body(request)
            claim = Claim(scope, _fingerprint(request, body)) if scope else None
            async with self.place(request):
                return await retried(
                    lambda: _write(request, inner, claim), is_repeatable=claim is not None
                )

        return handle

    @staticmethod
    def place(request: Request) -> AbstractAsyncContextManager[None]:
        """Inside, the call may use the database."""
        return admitted(request)


class ReservedWriteRoute(WriteRoute):
    """The same with a place and connections that are kept for it: no other traffic keeps it out.

    The app of such a route is built with `reserved_connections`, and no more come in at once.
    """

    @staticmethod
    @asynccontextmanager
    async def place(request: Request) -> AsyncIterator[None]:
        request.scope["sinergi.database"] = request.app.state.reserved_database
        yield


class BulkRoute(DeclaredRoute):
    """Route class of bulk uploads: the body is stored in pieces while it arrives.

    Nothing is held while waiting for the client; the last step stores the fingerprint, the answer
    and the caller's `at_the_end` in one transaction.
    """

    is_write = True

    def get_route_handler(self) -> Handler:
        inner = self.bare_handler()

        async def handle(request: Request) -> Response:
            scope = _scope(request, self.path_format)
            if scope is None:
                raise IdempotencyKeyMissing
            check_encoding(request)
            bulk = BulkWrite(request)
            request.scope["sinergi.bulk"] = bulk
            if await retried(lambda: _is_known(request, scope), is_repeatable=True):
                await bulk.exhaust()
                claim = Claim(scope, bulk.fingerprint)
                return await retried(
                    lambda: _write(request, _impossible, claim), is_repeatable=True
                )
            answer = await inner(request)
            claim = Claim(scope, bulk.fingerprint)

            async def end(_request: Request) -> Response:
                told = answer
                for work in bulk.endings:
                    told = await work(_session_of(request)) or told
                return told

            return await retried(lambda: _write(request, end, claim), is_repeatable=True)

        return handle


class LineTooLong(BodyTooLarge):
    code = "line-too-long"
    title = Text("Baris terlalu panjang", "Line too long")
    detail = Text(
        "Satu baris paling panjang {limit_bytes} byte. Pisahkan rekaman dengan akhir baris.",
        "A line may have {limit_bytes} bytes at most. Separate records by line ends.",
    )


class BulkWrite:
    """What the handler of a bulk upload works with."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._digest = hashlib.sha256(_target(request))
        self.endings: list[Callable[[AsyncSession], Awaitable[Response | None]]] = []

    @property
    def fingerprint(self) -> bytes:
        return self._digest.digest()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body in pieces of about 1 MB that end at a line end, as it arrives."""
        rest = bytearray()
        async for chunk in self._request.stream():
            self._digest.update(chunk)
            rest += chunk
            while len(rest) >= PIECE_BYTES:
                cut = rest.rfind(b"\n", 0, PIECE_BYTES) + 1
                if cut == 0:
                    raise LineTooLong(limit_bytes=PIECE_BYTES)
                yield bytes(rest[:cut])
                del rest[:cut]
        if rest:
            yield bytes(rest)

    async def whole(self) -> bytes:
        """The body of a single record; raises BodyTooLarge."""
        body = bytearray()
        async for chunk in self._request.stream():
            self._digest.update(chunk)
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise BodyTooLarge(limit_bytes=LARGEST_BODY_BYTES)
        return bytes(body)

    async def exhaust(self) -> None:
        """Read and forget the body, for its fingerprint alone."""
        async for chunk in self._request.stream():
            self._digest.update(chunk)

    async def store(self, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
        """Run `work` in a short transaction of its own, committed before this returns."""

        async def once() -> Response:
            async with _database(self._request).session() as session:
                await pauses.refuse_paused(session)
                await work(session)
                await session.flush()
                await session.commit()
            return Response()

        await retried(once, is_repeatable=False)

    def at_the_end(self, work: Callable[[AsyncSession], Awaitable[Response | None]]) -> None:
        """Run `work` in the transaction that stores the answer; what it returns is the answer."""
        self.endings.append(work)


def _session_of(request: Request) -> AsyncSession:
    session: AsyncSession = request.scope["sinergi.session"]
    return session


# Dependencies are async although nothing waits: FastAPI runs others in a thread pool.
async def _write_session(request: Request) -> AsyncSession:
    return _session_of(request)


async def _bulk_of(request: Request) -> BulkWrite:
    bulk: BulkWrite = request.scope["sinergi.bulk"]
    return bulk


async def _read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with reading(_database(request)) as session:
        yield session


async def _expected_version(request: Request) -> int:
    header = request.headers.get("if-match")
    if not header:
        raise IfMatchMissing
    match = _ETAG.match(header.strip())
    if match is None:
        raise IfMatchMalformed
    return int(match.group(1))


WriteSession = Annotated[AsyncSession, Depends(_write_session)]
"""The transaction of a write route; committed by the route after the handler, never by it."""
ReadSession = Annotated[AsyncSession, Depends(_read_session, scope="function")]
"""A read-only transaction, given back before the answer leaves."""
Bulk = Annotated[BulkWrite, Depends(_bulk_of)]
ExpectedVersion = Annotated[int, Depends(_expected_version)]
"""The version in `If-Match: "v3"`; 428 without it."""


def etag(version: int) -> str:
    """The strong ETag of a row's version (RFC 9110 section 8.8.3)."""
    return f'"v{version}"'


async def sweep_keys(session: AsyncSession) -> bool:
    """Forget answers older than eight days, a thousand at a time; true when there may be more."""
    gone = await driver_sql(
        session,
        """
        DELETE FROM idempotency_keys WHERE scope IN (
            SELECT scope FROM idempotency_keys
            WHERE created_at < clock_timestamp() - make_interval(days => $1)
            ORDER BY created_at LIMIT 1000)
        RETURNING 1
        """,
        KEPT_DAYS,
    )
    return bool(gone)


async def _write(request: Request, handler: Handler, claim: Claim | None) -> Response:
    async with _database(request).session() as session:
        request.scope["sinergi.session"] = session
        if claim is None:
            await pauses.refuse_paused(session)
        elif known := await _known_answer(request, session, claim):
            return known
        response = await handler(request)
        await session.flush()
        if claim is not None and response.status_code < _FIRST_REFUSAL_STATUS:
            await outbox.flush(session, _keep_answer, _answer(request, claim, response))
        else:
            await outbox.flush(session)
        await session.commit()
    notifier: outbox.Notifier = request.app.state.notifier
    notifier.wake()
    return response


async def _known_answer(request: Request, session: AsyncSession, claim: Claim) -> Response | None:
    """The answer this key got before. The look-up is a statement after the lock: within one
    statement its snapshot would be older than the lock, and the effect could double.

    A known answer is given during a pause too, because it changes nothing.
    """
    locked = await driver_sql(session, "SELECT pg_try_advisory_xact_lock($1)", claim.lock)
    if not locked[0][0]:
        raise RequestInProgress(retry_after_seconds=1)
    (known,) = await driver_sql(session, _KNOWN, claim.scope)
    if known.fingerprint is None:
        pauses.refuse(seconds=known.seconds)
        return None
    if known.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    body = _keyring(request).open(_ANSWER_COLUMN, claim.scope.hex(), known.body)
    headers = known.headers | {"Idempotency-Replayed": "true"}
    return Response(body, status_code=known.status, headers=headers)


@lru_cache(maxsize=2)
def _keep_answer(first: int) -> str:
    """The statement that stores an answer, its values numbered from here."""
    places = ", ".join(f"${first + place}" for place in range(5))
    return f"INSERT INTO idempotency_keys ({_KEPT_COLUMNS}) VALUES ({places})"  # noqa: S608 - constants and numbers alone.


def _answer(request: Request, claim: Claim, response: Response) -> tuple[Any, ...]:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return (
        claim.scope,
        claim.fingerprint,
        response.status_code,
        json.dumps(headers),
        _keyring(request).seal(_ANSWER_COLUMN, claim.scope.hex(), bytes(response.body)),
    )


async def _is_known(request: Request, scope: bytes) -> bool:
    """Whether this key has an answer; without one nothing need be read of it in a pause."""
    async with reading(_database(request)) as session:
        (known,) = await driver_sql(session, _KNOWN, scope)
    if known.fingerprint is None:
        pauses.refuse(seconds=known.seconds)
    return known.fingerprint is not None


async def _impossible(_request: Request) -> Response:
    """The stored answer vanished between two looks (swept after eight days): try again."""
    raise RequestInProgress(retry_after_seconds=1)


def _scope(request: Request, route: str) -> bytes | None:
    """Client, method, route and key together; None where no key is needed and none was sent."""
    caller = caller_of(request)
    header = request.headers.get("idempotency-key")
    if header is None and request.method != "POST":
        return None
    match = _KEY.match(header or "")
    if match is None:
        raise IdempotencyKeyMissing
    parts = (caller.client, request.method, route, match.group(1))
    return fingerprint(*(part.encode() for part in parts))


def _fingerprint(request: Request, body: bytes) -> bytes:
    return hashlib.sha256(_target(request) + body).digest()


def _target(request: Request) -> bytes:
    """Who asks for what: an answer is given again to nobody who might have been refused it."""
    caller = caller_of(request)
    who = [caller.subject, caller.organisation, caller.mission, sorted(caller.roles)]
    query: bytes = request.scope["query_string"]
    told = json.dumps([*who, caller.purpose, request.url.path])
    return told.encode() + b"?" + query + b"\n"


def _database(request: Request) -> Database:
    database: Database = request.scope.get("sinergi.database") or request.app.state.database
    return database


def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring
