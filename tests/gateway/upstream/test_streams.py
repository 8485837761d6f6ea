"""Bodies flow in both directions as they come; nothing is gathered on the way."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Send

from tests.gateway.conftest import System
from tests.gateway.servers import Seen, read_body, say

NDJSON = {"Content-Type": "application/x-ndjson"}
PIECE = b"x" * 65_536
PIECES = 4096
MOST_UNDER_WAY = 512


async def _start(send: Send, content_type: bytes = b"application/x-ndjson") -> None:
    headers = [(b"content-type", content_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def test_the_first_piece_of_an_answer_arrives_before_the_last_is_made(
    system: System,
) -> None:
    first_was_read = asyncio.Event()

    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await _start(send)
        await send({"type": "http.response.body", "body": b"first\n", "more_body": True})
        await first_was_read.wait()
        await send({"type": "http.response.body", "body": b"last\n"})

    system.registry.answer = answer
    async with system.client.get(system.url + "/v1/persons", headers=system.bearer) as given:
        assert await given.content.readany() == b"first\n"
        first_was_read.set()
        assert await given.content.read() == b"last\n"


async def test_the_first_piece_of_a_request_arrives_before_the_last_is_sent(
    system: System,
) -> None:
    first_was_read = asyncio.Event()

    async def answer(seen: Seen, receive: Receive, send: Send) -> None:
        seen.body = (await receive())["body"]
        first_was_read.set()
        seen.body += await read_body(receive)
        await say(send)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first\n"
        await first_was_read.wait()
        yield b"last\n"

    system.registry.answer = answer
    async with asyncio.timeout(5):
        given = await system.ask(
            "/v1/source-record-batches", method="POST", headers=NDJSON, data=pieces()
        )
    assert given.status == 200
    assert system.registry.seen[-1].body == b"first\nlast\n"


async def test_a_reader_that_stops_stops_the_service(system: System) -> None:
    sent = 0

    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        nonlocal sent
        await _start(send)
        for _ in range(PIECES):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            sent += 1
        await send({"type": "http.response.body", "body": b""})

    system.registry.answer = answer
    async with system.client.get(system.url + "/v1/persons", headers=system.bearer) as given:
        size = len(await given.content.readany())
        await asyncio.sleep(1)
        assert sent < MOST_UNDER_WAY
        async for piece in given.content.iter_any():
            size += len(piece)
    assert sent == PIECES
    assert size == PIECES * len(PIECE)


async def test_a_service_that_stops_reading_stops_the_sender(system: System) -> None:
    sent = 0
    enough = asyncio.Event()

    async def answer(seen: Seen, receive: Receive, send: Send) -> None:
        await receive()
        await enough.wait()
        while (await receive())["more_body"]:
            pass
        await say(send)

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(PIECES):
            yield PIECE
            sent += 1

    system.registry.answer = answer
    asking = asyncio.create_task(
        system.ask("/v1/source-record-batches", method="POST", headers=NDJSON, data=pieces())
    )
    await asyncio.sleep(1)
    assert sent < MOST_UNDER_WAY
    enough.set()
    assert (await asking).status == 200
    assert sent == PIECES


async def test_a_long_body_keeps_its_length(system: System) -> None:
    body = b"y" * 1_000_000
    await system.ask("/v1/persons/searches", method="POST", data=body)
    seen = system.registry.seen[-1]
    assert seen.body == body
    assert seen.header("content-length") == "1000000"
    assert seen.header("transfer-encoding") is None


async def test_an_empty_body_stays_empty(system: System) -> None:
    await system.ask("/v1/cases/1/closures", method="POST")
    assert system.cases.seen[-1].body == b""
    assert system.cases.seen[-1].header("content-length") == "0"


async def test_head_and_not_modified_have_no_body(system: System) -> None:
    async def answer(seen: Seen, _receive: Receive, send: Send) -> None:
        status = 200 if seen.method == "HEAD" else 304
        await say(send, b"", status=status, headers=[(b"etag", b'"v1"')])

    system.registry.answer = answer
    head = await system.ask("/v1/persons/1", method="HEAD")
    fresh = await system.ask("/v1/persons/1")
    assert (head.status, head.headers["ETag"]) == (200, '"v1"')
    assert (fresh.status, await fresh.read()) == (304, b"")


async def test_a_compressed_answer_stays_compressed(system: System) -> None:
    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-encoding", b"br")]
        await say(send, b"not really brotli", headers=headers)

    system.registry.answer = answer
    async with system.client.get(
        system.url + "/v1/persons/1", headers=system.bearer, auto_decompress=False
    ) as given:
        assert given.headers["Content-Encoding"] == "br"
        assert await given.read() == b"not really brotli"
