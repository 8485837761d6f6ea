"""More than the services can serve: reports of trouble come through, and everybody else is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse
from starlette.types import Receive, Send

from tests.gateway.conftest import System, Systems
from tests.gateway.servers import Seen, read_body, say, say_yes

JSON = {"Content-Type": "application/json"}


class Stuck:
    """A service whose answers to anything but a report wait until they are let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def __call__(self, seen: Seen, receive: Receive, send: Send) -> None:
        seen.body = await read_body(receive)
        if seen.method == "POST" and seen.raw_path == b"/v1/cases":
            await say(send, status=201)
            return
        await self.let_go.wait()
        await say(send)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged since the last look."""
    lines = capsys.readouterr().out.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def bearer(system: System, client: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.keys.token(client_id=client)}"}


async def report(system: System) -> ClientResponse:
    headers = JSON | {"Idempotency-Key": "a-report-of-mine"}
    body = b'{"category":"LABOUR"}'
    return await system.ask("/v1/cases", method="POST", headers=headers, data=body)


async def raw(system: System, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which a request was begun, or sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", system.port)
    writer.write(request)
    return reader, writer


def head(system: System, line: str, *more: str) -> bytes:
    given = [line, "Host: gateway", *more, f"Authorization: {system.bearer['Authorization']}"]
    return "\r\n".join([*given, "", ""]).encode()


async def test_a_report_is_accepted_while_all_other_places_are_taken(systems: Systems) -> None:
    system = await systems.start(calls_per_service=4, waiting_per_service=2)
    system.cases.answer = stuck = Stuck()
    asked = [
        asyncio.create_task(system.ask("/v1/cases/1", headers=bearer(system, client)))
        for client in "aaabbb"
    ]
    await until(lambda: len(system.cases.seen) == 4)
    await asyncio.sleep(0.05)
    assert (await system.ask("/v1/cases/1", headers=bearer(system, "b"))).status == 503
    for _ in range(10):
        assert (await report(system)).status == 201
    stuck.let_go.set()
    assert {(await answer).status for answer in asked} == {200}


async def test_a_client_that_has_used_up_its_limit_can_report(systems: Systems) -> None:
    system = await systems.start(rate_limit_requests=1, intake_limit_requests=2)
    assert (await system.ask("/v1/cases/1")).status == 200
    assert (await system.ask("/v1/cases/1")).status == 429
    for left in (1, 0):
        answer = await report(system)
        assert answer.status == 200
        assert answer.headers["RateLimit"].startswith(f'"intake";r={left};')
    assert (await report(system)).status == 429


async def test_who_is_refused_later_in_a_flood_is_told_to_come_later(systems: Systems) -> None:
    """And sooner again when the queue has drained."""
    system = await systems.start(calls_per_service=1, waiting_per_service=2, waiting_seconds=30)

    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)
        await say(send)

    system.registry.answer = answer
    for _ in range(5):
        await system.ask("/v1/persons/1")

    async def flood(calls: int) -> list[int]:
        given = await asyncio.gather(*(system.ask("/v1/persons/1") for _ in range(calls)))
        assert {one.status for one in given} <= {200, 503}
        return [int(one.headers["Retry-After"]) for one in given if one.status == 503]

    told = await flood(60)
    assert max(told) >= 8
    assert min(told) <= max(told) / 3
    assert (await system.ask("/v1/persons/1")).status == 200
    assert max(await flood(5)) < max(told) / 2


async def test_a_slow_writer_holds_no_place_and_is_told(systems: Systems) -> None:
    system = await systems.start(
        calls_per_service=1, waiting_per_service=0, body_patience_seconds=1.0
    )
    request = head(system, "POST /v1/persons/searches HTTP/1.1", "Content-Length: 100")
    slow = [await raw(system, request + b"{") for _ in range(5)]
    assert (await system.ask("/v1/persons/1")).status == 200
    for reader, writer in slow:
        async with asyncio.timeout(20):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"body-too-slow"' in answer
        assert b"connection: close" in answer.lower()
        writer.close()
    assert len(system.registry.seen) == 1


async def test_a_body_that_keeps_coming_has_the_time_it_needs(systems: Systems) -> None:
    system = await systems.start(body_patience_seconds=0.5, body_bytes_per_second=1000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1000
            await asyncio.sleep(0.1)

    assert (await system.ask("/v1/persons/searches", method="POST", data=pieces())).status == 200
    assert len(system.registry.seen[-1].body) == 10_000


async def test_a_bulk_upload_must_keep_coming_too(systems: Systems) -> None:
    system = await systems.start(bulk_idle_seconds=0.5, bulk_bytes_per_second=1000)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"\n"
            await asyncio.sleep(0.1)

    answer = await system.ask(
        "/v1/source-record-batches",
        method="POST",
        headers={"Content-Type": "text/csv"},
        data=drops(),
    )
    assert answer.status == 408


async def test_a_huge_body_is_refused_before_it_is_sent(systems: Systems) -> None:
    system = await systems.start()
    line = "POST /v1/persons/searches HTTP/1.1"
    reader, writer = await raw(system, head(system, line, "Content-Length: 10000000000"))
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    assert not system.registry.seen


async def test_a_huge_body_without_a_length_is_refused_when_it_is_too_much(
    systems: Systems,
) -> None:
    system = await systems.start()
    line = "POST /v1/persons/searches HTTP/1.1"
    reader, writer = await raw(system, head(system, line, "Transfer-Encoding: chunked"))
    piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    for _ in range(17):
        writer.write(piece)
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    assert not system.registry.seen


async def test_bodies_have_so_much_memory_and_no_more(systems: Systems) -> None:
    system = await systems.start(bodies_bytes=1024 * 1024, body_patience_seconds=30)
    line = "POST /v1/persons/searches HTTP/1.1"
    request = head(system, line, "Content-Length: 1000000") + b" " * 900_000
    half, writer = await raw(system, request)
    await writer.drain()
    await asyncio.sleep(0.5)
    whole = b" " * 900_000
    refused = await system.ask("/v1/persons/searches", method="POST", data=whole)
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) >= 1
    writer.write(b" " * 100_000)
    assert (await half.readline()).startswith(b"HTTP/1.1 200 ")
    assert (await system.ask("/v1/persons/searches", method="POST", data=whole)).status == 200
    writer.close()


async def test_a_slow_reader_holds_no_place_once_the_service_has_said_all(
    systems: Systems,
) -> None:
    async def answer(seen: Seen, _receive: Receive, send: Send) -> None:
        await say(send, b"x" * 100_000 if seen.raw_path.endswith(b"large") else b"{}")

    system = await systems.start(calls_per_service=1, waiting_per_service=5)
    system.registry.answer = answer
    # None of it is read, and what lies between is full after some of these answers.
    request = head(system, "GET /v1/persons/large HTTP/1.1")
    _, writer = await raw(system, request * 400)
    told = -1
    while told < len(system.registry.seen):
        told = len(system.registry.seen)
        await asyncio.sleep(1)
    assert 0 < told < 400
    assert (await system.ask("/v1/persons/1")).status == 200
    writer.transport.abort()


async def test_a_client_that_leaves_during_its_upload_is_no_error_of_ours(
    systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    system = await systems.start()
    logged(capsys)
    began = asyncio.Event()

    async def answer(_seen: Seen, receive: Receive, _send: Send) -> None:
        began.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    system.registry.answer = answer
    for path, kind in (
        ("persons/searches", "application/json"),
        ("source-record-batches", "text/csv"),
    ):
        began.clear()
        line = f"POST /v1/{path} HTTP/1.1"
        more = [f"Content-Type: {kind}", "Content-Length: 100"]
        _, writer = await raw(system, head(system, line, *more) + b"{")
        if kind == "text/csv":
            await began.wait()
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await asyncio.sleep(0.3)
    assert [line for line in logged(capsys) if line["level"] != "INFO"] == []
    system.registry.answer = say_yes
    assert (await system.ask("/v1/persons/1")).status == 200


async def test_a_flood_of_refusals_is_a_line_a_second(
    systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    system = await systems.start(rate_limit_requests=1)
    for _ in range(30):
        await system.ask("/v1/persons/1")
    await asyncio.sleep(1.2)
    told = [line for line in logged(capsys) if line["message"] == "refused"]
    assert sum(one["times"] for one in told) == 29
    assert len(told) <= 5
