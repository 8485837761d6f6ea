"""Connections that are not used as they should be are ended, and others are served meanwhile."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from shared.connections import Connection
from tests.gateway.servers import serving

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
PATIENCE_SECONDS = 20


class Hasty(Connection):
    quiet_seconds = 0.5
    writing_seconds = 0.5
    closing_seconds = 0.5


class Full(Connection):
    most = 4


class Cramped(Connection):
    most = 300


class Hurried(Connection):
    """Begins one request at a time, but what is urgent at once."""

    begun_at_a_time = 1

    def is_urgent(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path == "/urgent"


class App:
    """Says one word; at `/long` without end, at `/held` when it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.held = 0
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        self.asked.append(scope["path"])
        if scope["path"] == "/held":
            self.held += 1
            await self.let_go.wait()
        length = [(b"content-length", b"4")] if scope["path"] != "/long" else []
        await send({"type": "http.response.start", "status": 200, "headers": length})
        while scope["path"] == "/long":
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"word"})


@asynccontextmanager
async def server(kind: type[Connection]) -> AsyncIterator[tuple[App, int]]:
    app = App()
    async with serving(app, http=kind) as [port]:
        yield app, port


async def connect(
    port: int, said: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What was said before the other side ended the connection."""
    said = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            while piece := await reader.read(65_536):
                said += piece
        except ConnectionError:
            pass
    return said


async def is_served(port: int) -> bool:
    reader, writer = await connect(port, ASK)
    async with asyncio.timeout(PATIENCE_SECONDS):
        line = await reader.readline()
    writer.close()
    return line.startswith(b"HTTP/1.1 200 ")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Leave to open as many files as the system grants."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: he"])
async def test_who_does_not_ask_in_time_is_not_awaited(said: bytes) -> None:
    async with server(Hasty) as (_, port):
        reader, writer = await connect(port, said)
        assert await ended(reader) == b""
        writer.close()


async def test_half_a_second_head_is_not_awaited_either() -> None:
    async with server(Hasty) as (_, port):
        reader, writer = await connect(port, ASK + ASK[:20])
        assert (await ended(reader)).count(b"HTTP/1.1 200") == 1
        writer.close()


async def test_a_head_has_a_largest_size() -> None:
    async with server(Connection) as (_, port):
        reader, writer = await connect(port, b"GET / HTTP/1.1\r\n")
        for number in range(2_000):
            writer.write(b"X-%d: %s\r\n" % (number, b"x" * 1000))
        assert (await ended(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_who_stops_reading_is_cut_off() -> None:
    async with server(Hasty) as (_, port):
        reader, writer = await connect(port, ASK.replace(b"/ ", b"/long ", 1))
        assert await is_served(port)
        await asyncio.sleep(3)
        assert b"word" not in await ended(reader)
        writer.close()


@pytest.mark.usefixtures("many_files")
async def test_idle_connections_make_room_for_those_who_ask() -> None:
    """The oldest are ended; a call under way never is."""
    async with server(Cramped) as (app, port):
        busy = [await connect(port, ASK.replace(b"/ ", b"/held ", 1)) for _ in range(20)]
        idle = [await connect(port) for _ in range(2_000)]
        assert await is_served(port)
        app.let_go.set()
        for reader, _ in busy:
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(0)
        open_still = [number for number, (reader, _) in enumerate(idle) if not reader.at_eof()]
        assert 200 < len(open_still) <= Cramped.most
        assert open_still[0] > 1_600
        for _, writer in [*busy, *idle]:
            writer.transport.abort()


async def test_where_all_are_busy_a_newcomer_is_told() -> None:
    async with server(Full) as (app, port):
        busy = [await connect(port, ASK.replace(b"/ ", b"/held ", 1)) for _ in range(Full.most)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while app.held < Full.most:
                await asyncio.sleep(0.01)
        reader, writer = await connect(port, ASK)
        answer = await ended(reader)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: " in answer
        app.let_go.set()
        for reader, _ in busy:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        for _, one in [*busy, (reader, writer)]:
            one.transport.abort()


async def test_what_is_urgent_begins_before_all_that_came_earlier() -> None:
    async with server(Hurried) as (app, port):
        opened = [await connect(port) for _ in range(100)]
        for _, writer in opened[:-1]:
            writer.write(ASK)
        opened[-1][1].write(ASK.replace(b"/ ", b"/urgent ", 1))
        for reader, writer in opened:
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            writer.close()
    assert len(app.asked) == 100
    assert app.asked.index("/urgent") < 30
