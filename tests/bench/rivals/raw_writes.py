"""The least that registering an employer can cost: the same statements by bare asyncpg.

No token, policy, validation, encryption, object mapping or telemetry; its connections go back
without a reset. As an ASGI program it is told the database by DATABASE_URL; where the way of events
is measured, its writer alone stands for the real service.
"""

import asyncio
import hashlib
import json
import os
import secrets
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import asyncpg
from starlette.types import Receive, Scope, Send

from shared import outbox
from shared.db import Database
from shared.ids import new_id
from shared.outbox import Notifier
from shared.writes import _keep_answer

CONNECTIONS = 10
_LOCK = "SELECT pg_try_advisory_xact_lock($1)"
_LOOK_UP = "SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE scope = $1"
_EMPLOYER = """
INSERT INTO employers (id, code, type, name, householder_name, country, subdivision, mission,
    sector, registration_number, contact_name, contact_phone, address, status,
    accreditation_valid_to, registered_by, registered_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT DO NOTHING RETURNING id
"""
_HISTORY = """
INSERT INTO employer_history (id, employer_id, version, action, from_status, to_status, reason,
    subject, organisation, happened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_MISSION = "KBRI-KUALA-LUMPUR"
_HEADERS = [(b"content-type", b"application/json")]


def create_app() -> "RawWrites":
    return RawWrites(Writer(os.environ["DATABASE_URL"], wakes_relay=False))


class Writer:
    """Registers employers over kept connections, and wakes the relay where that is wanted."""

    def __init__(self, url: str, *, wakes_relay: bool) -> None:
        self._url = url.replace("+asyncpg", "")
        self._notifier = Notifier(Database(url, application="raw")) if wakes_relay else None
        self._free: asyncio.LifoQueue[asyncpg.Connection] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncpg.connect(self._url))
        if self._notifier is not None:
            self._notifier.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._notifier is not None:
            await self._notifier.stop()
        while not self._free.empty():
            await self._free.get_nowait().close()

    async def register(self, body: bytes, key: bytes) -> bytes:
        """Write everything that one employer takes; gives the answer to its caller."""
        connection = await self._free.get()
        try:
            answer = await _register(connection, json.loads(body), key, body)
        finally:
            self._free.put_nowait(connection)
        if self._notifier is not None:
            self._notifier.wake()
        return answer


class RawWrites:
    """An ASGI app with one answer: an employer is registered."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = (await receive())["body"]
        key = dict(scope["headers"])[b"idempotency-key"]
        answer = await self._writer.register(body, key)
        await send({"type": "http.response.start", "status": 201, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._writer:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def _register(
    connection: asyncpg.Connection, given: dict[str, Any], key: bytes, body: bytes
) -> bytes:
    scope = hashlib.sha256(key).digest()
    moment = datetime.now(UTC)
    employer_id = new_id()
    code = f"EMP-{given['country']}-{secrets.token_hex(8)}"
    shown = {"id": str(employer_id), "code": code, **given, "mission": _MISSION, "version": 1}
    answer = json.dumps(shown | {"registered_at": moment.isoformat()}).encode()
    async with connection.transaction():
        await connection.fetchval(_LOCK, int.from_bytes(scope[:8], "big", signed=True))
        await connection.fetch(_LOOK_UP, scope)
        await connection.fetch(
            _EMPLOYER,
            employer_id,
            code,
            given["type"],
            given["name"],
            None,
            given["country"],
            given["subdivision"],
            _MISSION,
            given["sector"],
            None,
            given["contact_name"].encode(),
            given["contact_phone"].encode(),
            given["address"].encode(),
            "REGISTERED",
            None,
            "KEMLU",
            moment,
            1,
        )
        await connection.execute(
            _HISTORY,
            new_id(),
            employer_id,
            1,
            "REGISTER",
            None,
            "REGISTERED",
            None,
            "mission-officer-1",
            "KEMLU",
            moment,
        )
        await connection.execute(
            outbox.statement(_keep_answer),
            [new_id()],
            ["job_orders.employer.v1"],
            [str(employer_id)],
            ["id.go.sinergi.job-orders.employer.registered.v1"],
            [moment],
            ["PARTNER"],
            [None],
            [None],
            [_message(employer_id, code, given, moment)],
            scope,
            hashlib.sha256(body).digest(),
            201,
            json.dumps({"etag": '"v1"'}),
            answer,
        )
    return answer


def _message(employer_id: UUID, code: str, given: dict[str, Any], moment: datetime) -> bytes:
    return json.dumps(
        {
            "employer_id": str(employer_id),
            "employer_code": code,
            "employer_type": given["type"],
            "country": given["country"],
            "mission": _MISSION,
            "sector": given["sector"],
            "registered_at": moment.isoformat(),
        }
    ).encode()
