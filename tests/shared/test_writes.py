"""The write route when things go wrong: commit before the answer, and errors that say nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import asyncpg
import httpx2 as httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from deploy.local.stack import Stack
from job_orders.settings import Settings
from shared import outbox
from shared.app import About, build_app
from shared.db import Database, driver_sql
from shared.loops import Loop, Loops
from shared.policy import Grant, Policy, Rule, permit
from shared.routes import DeclaredRoute
from shared.writes import Bulk, BulkRoute, ReadSession, WriteRoute, WriteSession
from tests.shared.spine_parts import employer_registered, new_keys
from tests.stands import Callers, client_of, fresh_key

POLICY = Policy([Rule("things:do", frozenset({"kemlu-desk"}))])
Do = Annotated[Grant, permit(POLICY, "things:do")]

writes = APIRouter(prefix="/v1/things", route_class=WriteRoute)
reads = APIRouter(prefix="/v1/things", route_class=DeclaredRoute)
bulk_writes = APIRouter(prefix="/v1/thing-batches", route_class=BulkRoute)


class Thing(BaseModel):
    mode: str


@writes.post("", status_code=201)
async def do_thing(thing: Thing, grant: Do, session: WriteSession) -> dict[str, str]:
    """Has an effect and an event, then does what the mode says."""
    await driver_sql(session, "INSERT INTO effects (key) VALUES ($1)", thing.mode)
    (key,) = new_keys(1)
    outbox.add(session, employer_registered(key))
    if thing.mode == "raise":
        raise RuntimeError("canary-3275019999999999")
    if thing.mode == "forbidden":
        await driver_sql(session, "DELETE FROM outbox_that_is_not_there")
    if thing.mode == "die":
        await driver_sql(session, "SELECT pg_terminate_backend(pg_backend_pid())")
    return {"grant": grant.action}


@writes.post("/deadlocks", status_code=201)
async def deadlock(thing: Thing, grant: Do, session: WriteSession) -> dict[str, str]:
    """Takes two locks in the order that the mode says."""
    del grant
    first, second = (1, 2) if thing.mode == "forth" else (2, 1)
    await driver_sql(session, "SELECT pg_advisory_xact_lock($1)", first)
    await asyncio.sleep(0.3)
    await driver_sql(session, "SELECT pg_advisory_xact_lock($1)", second)
    await driver_sql(session, "INSERT INTO effects (key) VALUES ($1)", thing.mode)
    return {}


@reads.get("")
async def read_and_write(grant: Do, session: ReadSession) -> dict[str, str]:
    """A read that tries to write."""
    del grant
    await driver_sql(session, "INSERT INTO effects (key) VALUES ('read')")
    return {}


@reads.get("/answers")
async def read(grant: Do, session: ReadSession) -> dict[str, int]:
    """An honest read."""
    del grant
    return {"effects": len(await driver_sql(session, "SELECT FROM effects"))}


@bulk_writes.post("", status_code=202)
async def receive(grant: Do, bulk: Bulk) -> dict[str, int]:
    """Stores each piece, and one line at the end."""
    del grant
    pieces = 0
    async for piece in bulk.pieces():
        pieces += 1
        lines = piece.count(b"\n")
        await bulk.store(lambda s, n=lines: _note(s, f"piece {n}"))  # type: ignore[misc]
    bulk.at_the_end(lambda s: _note(s, "end"))
    return {"pieces": pieces}


async def _note(session: Any, text: str) -> None:
    await driver_sql(session, "INSERT INTO effects (key) VALUES ($1)", text)


@pytest.fixture
async def app(settings: dict[str, str], admin: asyncpg.Connection) -> AsyncIterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        about = About("job_orders", title="t", description="d")
        app = build_app(about, Settings(), [writes, reads, bulk_writes])
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture(scope="session")
def callers(stack: Stack) -> Callers:
    return Callers(stack, "job-orders")


async def post(api: httpx.AsyncClient, callers: Callers, mode: str, path: str = "") -> Any:
    headers = callers.headers("kemlu-desk") | fresh_key()
    return await api.post(f"/v1/things{path}", json={"mode": mode}, headers=headers)


async def test_an_unexpected_error_tells_a_trace_id_and_leaves_nothing(
    api: httpx.AsyncClient,
    callers: Callers,
    admin: asyncpg.Connection,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = await post(api, callers, "raise")
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["code"] == "unexpected-error"
    assert len(problem["trace_id"]) == 32
    assert "canary" not in answer.text + capfd.readouterr().out
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0
    assert await admin.fetchval("SELECT count(*) FROM outbox") == 0
    assert await admin.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_a_connection_that_dies_in_the_middle_is_503_and_leaves_nothing(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    answer = await post(api, callers, "die")
    assert (answer.status_code, answer.json()["code"]) == (503, "service-busy")
    assert int(answer.headers["retry-after"]) >= 1
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0
    assert (await post(api, callers, "fine")).status_code == 201


async def test_a_deadlock_is_tried_again_and_both_succeed_once(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(
        post(api, callers, "forth", "/deadlocks"), post(api, callers, "back", "/deadlocks")
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await admin.fetchval("SELECT count(*) FROM effects") == 2


async def test_a_failing_commit_is_never_a_201(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    """A constraint that only the commit checks, as a stand-in for any fault at that moment."""
    await admin.execute("""
        CREATE TABLE late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO late VALUES (1);
        CREATE FUNCTION late_fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
            'BEGIN INSERT INTO late VALUES (1); RETURN NEW; END';
        CREATE TRIGGER late_fault AFTER INSERT ON effects FOR EACH ROW
            EXECUTE FUNCTION late_fault();
    """)
    answer = await post(api, callers, "fine")
    assert answer.status_code == 500
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0
    assert await admin.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_read_route_cannot_write(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    answer = await api.get("/v1/things", headers=callers.headers("kemlu-desk"))
    assert answer.status_code == 500
    assert await admin.fetchval("SELECT count(*) FROM effects") == 0


async def test_a_bulk_upload_is_stored_in_pieces_and_answered_again_for_its_key(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    line = b"x" * 999 + b"\n"
    headers = callers.headers("kemlu-desk") | fresh_key()
    first = await api.post("/v1/thing-batches", content=line * 3000, headers=headers)
    assert (first.status_code, first.json()) == (202, {"pieces": 3})
    stored = [row["key"] for row in await admin.fetch("SELECT key FROM effects ORDER BY number")]
    assert stored[-1] == "end"
    assert sum(int(key.split()[1]) for key in stored[:-1]) == 3000
    again = await api.post("/v1/thing-batches", content=line * 3000, headers=headers)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/thing-batches", content=line * 2, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await admin.fetchval("SELECT count(*) FROM effects") == len(stored)


async def test_a_client_that_vanishes_in_the_middle_of_a_bulk_upload_gets_no_answer_stored(
    app: FastAPI, callers: Callers, admin: asyncpg.Connection
) -> None:
    """The pieces that came are there, under an operation that a sweep will find; no 202 is."""
    headers = callers.headers("kemlu-desk") | fresh_key()
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": (b"x" * 999 + b"\n") * 1500, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive_next() -> dict[str, Any]:
        return messages.pop(0)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/thing-batches",
        "raw_path": b"/v1/thing-batches",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("service", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    await app(scope, receive_next, send)
    assert await admin.fetchval("SELECT count(*) FROM effects WHERE key LIKE 'piece%'") == 1
    assert await admin.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    assert not any(message.get("status") == 202 for message in sent)


async def test_a_read_over_a_dead_connection_is_tried_again(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    """As after a restart of the database: the pool's connections are dead, the next one is not."""
    headers = callers.headers("kemlu-desk")
    assert (await api.get("/v1/things/answers", headers=headers)).status_code == 200
    for _ in range(3):
        await admin.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
        assert (await api.get("/v1/things/answers", headers=headers)).status_code == 200
        assert (await post(api, callers, "fine")).status_code == 201
    assert await admin.fetchval("SELECT count(*) FROM effects") == 3


async def pause(admin: asyncpg.Connection, *, seconds: float) -> None:
    await admin.execute(
        """
        INSERT INTO leases VALUES ('pause', 'backup', clock_timestamp() + make_interval(secs => $1))
        ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
        """,
        seconds,
    )


async def test_while_writes_wait_each_is_told_how_long_and_reads_go_on(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    reader = callers.headers("kemlu-desk")
    done = callers.headers("kemlu-desk") | fresh_key()
    first = await api.post("/v1/things", json={"mode": "fine"}, headers=done)
    await pause(admin, seconds=7)
    for path, body in (("/v1/things", b'{"mode": "fine"}'), ("/v1/thing-batches", b"a\n")):
        headers = reader | fresh_key() | {"Content-Type": "application/json"}
        answer = await api.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "writes-paused")
        assert 1 <= int(answer.headers["retry-after"]) <= 7
        assert "dicadangkan" in answer.json()["detail"]
    english = await api.post(
        "/v1/things",
        json={"mode": "fine"},
        headers=reader | fresh_key() | {"Accept-Language": "en"},
    )
    assert "backed up" in english.json()["detail"]
    assert (await api.get("/v1/things/answers", headers=reader)).status_code == 200
    again = await api.post("/v1/things", json={"mode": "fine"}, headers=done)
    assert (again.status_code, again.content) == (201, first.content), "a known answer is given"
    assert await admin.fetchval("SELECT count(*) FROM effects") == 1


async def test_a_pause_that_nobody_renews_ends_when_it_said(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    await pause(admin, seconds=1.5)
    answer = await post(api, callers, "fine")
    assert answer.status_code == 503
    await asyncio.sleep(int(answer.headers["retry-after"]))
    assert (await post(api, callers, "fine")).status_code == 201


async def test_a_pause_in_the_middle_of_an_upload_refuses_what_is_left_of_it(
    api: httpx.AsyncClient, callers: Callers, admin: asyncpg.Connection
) -> None:
    line = b"x" * 999 + b"\n"

    async def body() -> AsyncIterator[bytes]:
        yield line * 1500
        await pause(admin, seconds=7)
        yield line * 1500

    headers = callers.headers("kemlu-desk") | fresh_key()
    answer = await api.post("/v1/thing-batches", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "writes-paused")
    assert await admin.fetchval("SELECT count(*) FROM effects WHERE key = 'end'") == 0
    await admin.execute("DELETE FROM leases")
    again = await api.post("/v1/thing-batches", content=line * 3000, headers=headers)
    assert again.status_code == 202


async def test_while_writes_wait_only_loops_go_on_that_finish_what_was_committed(
    database: Database, admin: asyncpg.Connection
) -> None:
    ran: list[str] = []

    def noted(name: str) -> Callable[[Any], Awaitable[bool]]:
        async def step(_session: Any) -> bool:
            ran.append(name)
            return False

        return step

    await pause(admin, seconds=60)
    loops = Loops(
        database,
        [Loop("timer", 0.05, noted("timer")), Loop("last", 0.05, noted("last"), goes_on=True)],
    )
    running = asyncio.create_task(loops.run())
    try:
        await until(lambda: ran.count("last") > 3)
        assert "timer" not in ran
        await admin.execute("DELETE FROM leases WHERE name = 'pause'")
        await until(lambda: "timer" in ran)
    finally:
        running.cancel()
        await asyncio.wait([running])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)
