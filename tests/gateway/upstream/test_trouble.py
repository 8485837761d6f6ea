"""What a client sees when a service is down, slow, half dead or crowded, and who else feels it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import ClientError, ClientResponse
from starlette.types import Receive, Send

from tests.gateway.conftest import System, Systems
from tests.gateway.servers import (
    Seen,
    deaf_port,
    listening,
    read_body,
    say,
    say_yes,
    unused_port,
)

KEYED = {"Idempotency-Key": "a-key-of-mine"}


async def _problem(answer: ClientResponse) -> str:
    problem = await answer.json(content_type="application/problem+json")
    assert problem["status"] == answer.status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["trace_id"] == answer.headers["Request-Id"]
    code: str = problem["code"]
    return code


async def _until(condition: Callable[[], object]) -> None:
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came true")


async def test_a_service_that_is_down_is_told_as_such(systems: Systems) -> None:
    system = await systems.start(registry_url=f"http://127.0.0.1:{unused_port()}")
    answer = await system.ask("/v1/persons/1")
    assert (answer.status, await _problem(answer)) == (503, "service-unreachable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await system.ask("/v1/cases/1")).status == 200


async def test_a_service_that_does_not_accept_is_given_up_soon(systems: Systems) -> None:
    with deaf_port() as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}")
        begun = time.monotonic()
        answer = await system.ask("/v1/persons/1", method="POST", data=b"{}")
        assert time.monotonic() - begun < 1.0
    assert (answer.status, await _problem(answer)) == (503, "service-unreachable")


async def test_an_answer_that_comes_too_late_is_not_awaited(systems: Systems) -> None:
    left = asyncio.Event()

    async def answer(_seen: Seen, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    system = await systems.start(deadline_seconds=0.4)
    system.registry.answer = answer
    begun = time.monotonic()
    given = await system.ask("/v1/persons/1")
    assert 0.35 < time.monotonic() - begun < 1.5
    assert (given.status, await _problem(given)) == (504, "service-too-slow")
    async with asyncio.timeout(2):
        await left.wait()


async def test_a_client_may_wait_less(system: System) -> None:
    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.5)
        await say(send)

    system.registry.answer = answer
    given = await system.ask("/v1/persons/1", headers={"Prefer": "respond-async, wait=1"})
    assert given.status == 504
    assert 500 < int(system.registry.seen[-1].header("request-timeout-ms") or 0) <= 1000
    system.registry.answer = say_yes
    await system.ask("/v1/persons/1", headers={"Prefer": "wait=600"})
    assert 29_000 < int(system.registry.seen[-1].header("request-timeout-ms") or 0) <= 30_000


async def test_a_half_open_service_is_too_slow(systems: Systems) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with listening(silent) as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}", deadline_seconds=0.4)
        answer = await system.ask("/v1/persons/1")
        assert (answer.status, await _problem(answer)) == (504, "service-too-slow")


@pytest.mark.parametrize(
    ("method", "headers", "tries"),
    [("POST", {}, 1), ("POST", KEYED, 2), ("PATCH", {}, 1), ("GET", {}, 1)],
)
async def test_a_call_that_breaks_off_is_repeated_only_where_that_is_safe(
    systems: Systems, method: str, headers: dict[str, str], tries: int
) -> None:
    heard: list[bytes] = []

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with listening(leave) as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}")
        body = None if method == "GET" else b"{}"
        answer = await system.ask("/v1/persons/1", method=method, headers=headers, data=body)
        assert (answer.status, await _problem(answer)) == (502, "service-failed")
    # A read on a fresh connection is repeated by the HTTP client itself.
    assert len(heard) == (2 if method == "GET" else tries)


async def test_a_streamed_body_is_never_sent_twice(systems: Systems) -> None:
    heard: list[bytes] = []

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 100
        await asyncio.sleep(0.1)
        yield b"b" * 100

    async with listening(leave) as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}")
        answer = await system.ask(
            "/v1/source-record-batches",
            method="POST",
            headers=KEYED | {"Content-Type": "text/csv"},
            data=pieces(),
        )
    assert answer.status == 502
    assert len(heard) == 1


async def test_an_answer_that_is_no_http_is_a_failure(systems: Systems) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello there\r\n\r\n")
        await writer.drain()
        writer.close()

    async with listening(babble) as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}")
        answer = await system.ask("/v1/persons/1", method="POST", data=b"{}")
        assert (answer.status, await _problem(answer)) == (502, "service-failed")
        assert "hello" not in await answer.text()


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_half_an_answer_never_looks_whole(systems: Systems, head: bytes) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head + b"\r\n")
        writer.write(b"5\r\nhalf\n\r\n" if b"chunked" in head else b"half\n")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    async with listening(die) as port:
        system = await systems.start(registry_url=f"http://127.0.0.1:{port}")
        with pytest.raises(ClientError):
            await system.ask("/v1/persons/1")


async def test_an_answer_that_stalls_midway_is_cut_off(systems: Systems) -> None:
    async def answer(_seen: Seen, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    system = await systems.start(deadline_seconds=0.4)
    system.registry.answer = answer
    with pytest.raises(ClientError):
        await system.ask("/v1/persons/1")


async def test_a_bulk_upload_may_last_while_it_flows(systems: Systems) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"{}\n"
            await asyncio.sleep(0.1)

    system = await systems.start(
        deadline_seconds=0.4,
        bulk_idle_seconds=0.4,
        bulk_bytes_per_second=10,
        body_patience_seconds=0.4,
    )
    path = "/v1/source-record-batches"
    bulk = await system.ask(
        path, method="POST", headers={"Content-Type": "application/x-ndjson"}, data=pieces()
    )
    assert bulk.status == 200
    assert system.registry.seen[-1].body == b"{}\n" * 8
    ordinary = await system.ask(
        path, method="POST", headers={"Content-Type": "application/json"}, data=pieces()
    )
    assert ordinary.status == 408


async def test_a_bulk_upload_that_stalls_is_ended(systems: Systems) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}\n"
        await asyncio.sleep(2)
        yield b"{}\n"

    system = await systems.start(bulk_idle_seconds=0.4)
    answer = await system.ask(
        "/v1/source-record-batches",
        method="POST",
        headers={"Content-Type": "text/csv"},
        data=pieces(),
    )
    assert (answer.status, await _problem(answer)) == (408, "body-too-slow")


async def test_a_bulk_answer_may_last_while_it_flows(systems: Systems) -> None:
    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(8):
            await send({"type": "http.response.body", "body": b"{}\n", "more_body": True})
            await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b""})

    system = await systems.start(deadline_seconds=0.4, bulk_idle_seconds=0.4)
    system.registry.answer = answer
    given = await system.ask("/v1/operations/registry-1/problems")
    assert await given.read() == b"{}\n" * 8


async def test_a_crowded_service_refuses_and_leaves_the_others_alone(systems: Systems) -> None:
    free = asyncio.Event()

    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await free.wait()
        await say(send)

    system = await systems.start(calls_per_service=2, waiting_per_service=1)
    system.registry.answer = answer
    asked = [asyncio.create_task(system.ask("/v1/persons/1")) for _ in range(2)]
    await _until(lambda: len(system.registry.seen) == 2)
    waiting = asyncio.create_task(system.ask("/v1/persons/1"))
    await asyncio.sleep(0.1)
    refused = await system.ask("/v1/persons/1")
    assert (refused.status, await _problem(refused)) == (503, "service-busy")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await system.ask("/v1/cases/1")).status == 200
    bulk = asyncio.create_task(
        system.ask(
            "/v1/source-record-batches",
            method="POST",
            headers={"Content-Type": "text/csv"},
            data=b"a",
        )
    )
    await _until(lambda: len(system.registry.seen) == 3)
    free.set()
    assert {(await answer).status for answer in [*asked, waiting, bulk]} == {200}
    assert (await system.ask("/v1/persons/1")).status == 200


async def test_a_turn_that_does_not_come_is_given_up(systems: Systems) -> None:
    free = asyncio.Event()

    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await free.wait()
        await say(send)

    system = await systems.start(calls_per_service=1, waiting_per_service=5, waiting_seconds=0.2)
    system.registry.answer = answer
    first = asyncio.create_task(system.ask("/v1/persons/1"))
    await _until(lambda: system.registry.seen)
    refused = await system.ask("/v1/persons/1")
    assert (refused.status, await _problem(refused)) == (503, "service-busy")
    free.set()
    assert (await first).status == 200
    assert (await system.ask("/v1/persons/1")).status == 200


@pytest.mark.parametrize("when", ["waiting", "answering", "uploading"])
async def test_a_client_that_leaves_ends_the_call_and_frees_its_place(
    systems: Systems, when: str
) -> None:
    left = asyncio.Event()

    async def answer(seen: Seen, receive: Receive, send: Send) -> None:
        if when == "answering":
            start = {"type": "http.response.start", "status": 200, "headers": []}
            await send(start)
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        seen.body = b"left"
        left.set()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"
        await asyncio.sleep(60)
        yield b"{}"

    system = await systems.start(
        calls_per_service=1, waiting_per_service=0, bulk_calls_per_service=1
    )
    system.registry.answer = answer
    uploading = when == "uploading"
    asking = asyncio.create_task(
        system.ask(
            "/v1/persons/1",
            method="POST" if uploading else "GET",
            headers={"Content-Type": "text/csv"} if uploading else None,
            data=pieces() if uploading else None,
        )
    )
    await _until(lambda: system.registry.seen)
    await asyncio.sleep(0.05)
    asking.cancel()
    async with asyncio.timeout(2):
        await left.wait()
    system.registry.answer = say_yes
    assert (await system.ask("/v1/persons/1")).status == 200


async def test_an_early_refusal_of_a_long_upload_is_passed_on(systems: Systems) -> None:
    async def answer(_seen: Seen, receive: Receive, send: Send) -> None:
        await receive()
        await say(send, b"{}", status=413)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000
            await asyncio.sleep(0.01)

    system = await systems.start()
    system.registry.answer = answer
    given = await system.ask(
        "/v1/source-record-batches",
        method="POST",
        headers={"Content-Type": "text/csv"},
        data=pieces(),
    )
    assert given.status == 413
    system.registry.answer = say_yes
    assert (await system.ask("/v1/persons/1", method="POST", data=b"{}")).status == 200


async def test_many_calls_at_once_get_each_its_own_answer(systems: Systems) -> None:
    system = await systems.start(waiting_per_service=200, waiting_seconds=20)

    async def answer(seen: Seen, receive: Receive, send: Send) -> None:
        await read_body(receive)
        await say(send, seen.raw_path)

    system.registry.answer = answer
    paths = [f"/v1/persons/{number}" for number in range(200)]
    answers = await asyncio.gather(*(system.ask(path) for path in paths))
    assert [await answer.text() for answer in answers] == paths
