"""Requests that no honest client sends: refused with cause and cure, and without any effect."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
import httpx2 as httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from deploy.local.stack import Stack
from job_orders.settings import Settings
from shared.app import About, build_app
from shared.bodies import LARGEST_BODY_BYTES
from shared.db import driver_sql
from shared.policy import Grant, Policy, Rule, permit
from shared.routes import DeclaredRoute
from shared.sensitivity import Purpose
from shared.writes import Bulk, BulkRoute, ReadSession, WriteRoute, WriteSession
from tests.stands import Callers, client_of, fresh_key

POLICY = Policy([Rule("notes:write", frozenset({"kemlu-desk", "mission-officer"}))])
Write = Annotated[Grant, permit(POLICY, "notes:write")]

writes = APIRouter(prefix="/v1/notes", route_class=WriteRoute)
reads = APIRouter(prefix="/v1/notes", route_class=DeclaredRoute)
bulk_writes = APIRouter(prefix="/v1/note-batches", route_class=BulkRoute)


class Note(BaseModel):
    text: str


@writes.post("", status_code=201)
async def write_note(note: Note, grant: Write, session: WriteSession) -> dict[str, str]:
    """Keeps a text."""
    await driver_sql(session, "INSERT INTO effects (key) VALUES ($1)", note.text)
    return {"for": grant.caller.subject}


@reads.post("/searches")
async def search_notes(note: Note, grant: Write, session: ReadSession) -> dict[str, int]:
    """Finds a text that stands in the body."""
    del grant
    found = await driver_sql(session, "SELECT FROM effects WHERE key = $1", note.text)
    return {"found": len(found)}


@reads.get("")
async def list_notes(text: str, grant: Write, session: ReadSession) -> dict[str, int]:
    """Finds a text that stands in the address."""
    del grant
    found = await driver_sql(session, "SELECT FROM effects WHERE key = $1", text)
    return {"found": len(found)}


@bulk_writes.post("", status_code=202)
async def receive_notes(grant: Write, bulk: Bulk) -> dict[str, str]:
    """Keeps nothing but an answer."""
    async for _ in bulk.pieces():
        pass
    return {"for": grant.caller.subject}


@pytest.fixture
async def api(
    settings: dict[str, str], admin: asyncpg.Connection
) -> AsyncIterator[httpx.AsyncClient]:
    del admin
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        about = About("job_orders", title="t", description="d")
        app = build_app(about, Settings(), [writes, reads, bulk_writes])
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


@pytest.fixture(scope="session")
def callers(stack: Stack) -> Callers:
    return Callers(stack, "job-orders")


ROUTES = ["/v1/notes", "/v1/notes/searches"]


def by_desk(callers: Callers, **more: str) -> dict[str, str]:
    headers = callers.headers("kemlu-desk") | fresh_key()
    return headers | {"Content-Type": "application/json", "Accept-Language": "en"} | more


@pytest.mark.parametrize("path", ROUTES)
async def test_what_postgresql_cannot_hold_is_refused_by_name(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection, path: str
) -> None:
    body = json.dumps({"text": "canary\0"}).encode()
    answer = await api.post(path, content=body, headers=by_desk(callers))
    assert (answer.status_code, answer.json()["code"]) == (422, "text-not-storable")
    assert "canary" not in answer.text
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0
    assert await admin.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_what_postgresql_cannot_hold_is_refused_in_an_address_too(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    answer = await api.get("/v1/notes?text=canary%00", headers=by_desk(callers))
    assert (answer.status_code, answer.json()["code"]) == (422, "text-not-storable")


@pytest.mark.parametrize("path", ROUTES)
async def test_every_route_with_a_body_has_its_limit(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection, path: str
) -> None:
    body = json.dumps({"text": "x" * LARGEST_BODY_BYTES}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    for content in (body, chunks()):
        answer = await api.post(path, content=content, headers=by_desk(callers))
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Content-Type": "text/plain"}, "media-type-unsupported"),
        ({"Content-Type": ""}, "media-type-unsupported"),
        ({"Content-Encoding": "gzip"}, "content-encoding-unsupported"),
    ],
)
async def test_a_body_of_another_kind_is_refused(
    api: httpx.AsyncClient, callers: Callers, path: str, changed: dict[str, str], code: str
) -> None:
    body = gzip.compress(b'{"text":"x"}') if "Content-Encoding" in changed else b'{"text":"x"}'
    answer = await api.post(path, content=body, headers=by_desk(callers, **changed))
    assert (answer.status_code, answer.json()["code"]) == (415, code)


async def test_head_tells_what_get_would(api: httpx.AsyncClient, callers: Callers) -> None:
    path, headers = "/v1/notes?text=x", by_desk(callers)
    read = await api.get(path, headers=headers)
    head = await api.head(path, headers=headers)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(read.content)))
    assert (await api.head("/v1/notes/searches", headers=headers)).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_parameter_with_a_slip_in_its_name_is_refused_and_not_ignored(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection, method: str
) -> None:
    headers, content = by_desk(callers), b'{"text": "x"}' if method == "POST" else None
    answer = await api.request(method, "/v1/notes?txet=canary", headers=headers, content=content)
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter-unknown")
    assert "canary" not in answer.text
    assert "txet" not in answer.json()["detail"]
    assert ("text" in answer.json()["detail"]) is (method == "GET")
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0


async def test_an_address_with_a_slash_too_many_leads_nowhere(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    """A redirect would tell where the service lies behind the gateway."""
    answer = await api.get("/v1/notes/", headers=by_desk(callers))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "location" not in answer.headers


async def test_a_claim_of_another_type_is_no_fault_of_ours(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    claims: dict[str, Any] = {"mission": ["KBRI-TOKYO"]}
    headers = callers.headers("kemlu-desk", **claims)
    assert (await api.get("/v1/notes?text=x", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "code", "errors"),
    [
        (b'{"text":', 422, "malformed-request", [{"pointer": "body#", "code": "json-invalid"}]),
        (b'{"text":"\xff"}', 400, "request-unreadable", None),
        (b"[" * 100_000, 400, "request-unreadable", None),
        (b"9" * 5000, 400, "request-unreadable", None),
    ],
)
async def test_a_body_that_is_no_json_is_told_what_one_looks_like(
    api: httpx.AsyncClient,
    callers: Callers,
    content: bytes,
    status: int,
    code: str,
    errors: list[dict[str, str]] | None,
) -> None:
    answer = await api.post("/v1/notes", content=content, headers=by_desk(callers))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem.get("errors")) == (status, code, errors)
    assert "Nothing was changed" in problem["detail"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("en", "en"),
        ("en; q=0.8", "en"),
        ("id ;q=0.1, EN-gb ; Q=0.9", "en"),
        ("id-ID, en;q=0.5", "id"),
        ("en;q=0", "id"),
        ("en;q=x", "id"),
        ("fr, *", "id"),
        (", ;q=", "id"),
    ],
)
async def test_problems_are_told_in_the_preferred_of_two_languages(
    api: httpx.AsyncClient, wanted: str, told: str
) -> None:
    answer = await api.get("/v1/notes?text=x", headers={"Accept-Language": wanted})
    assert (answer.status_code, answer.headers["content-language"]) == (401, told)


async def test_a_packed_bulk_upload_is_refused_before_it_is_read(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    headers = by_desk(callers, **{"Content-Encoding": "gzip"})
    answer = await api.post("/v1/note-batches", content=gzip.compress(b"x\n"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "content-encoding-unsupported")


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/note-batches"])
@pytest.mark.parametrize(
    "another",
    [
        {"role": "insurer"},
        {"role": "mission-officer"},
        {"purpose": Purpose.STATISTICS},
        {"mission": "KBRI-TOKYO"},
        {"organisation": "KP2MI"},
        {"sub": "somebody-else"},
    ],
)
async def test_a_stored_answer_is_given_to_nobody_but_who_got_it(
    api: httpx.AsyncClient, callers: Callers, path: str, another: dict[str, Any]
) -> None:
    """Officers share a client: the key alone does not say who asks, for what, or may."""
    key = fresh_key() | {"Content-Type": "application/json"}
    first = await api.post(path, json={"text": "x"}, headers=callers.headers("kemlu-desk") | key)
    again = await api.post(path, json={"text": "x"}, headers=callers.headers("kemlu-desk") | key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    other = callers.headers(**{"role": "kemlu-desk", "sub": "kemlu-desk-1"} | another) | key
    answer = await api.post(path, json={"text": "x"}, headers=other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
