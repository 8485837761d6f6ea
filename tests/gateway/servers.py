"""Real servers for the gateway's tests: itself, and services that say what a test wants."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.connections import CallerConnection


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(
    *apps: ASGIApp, http: type[asyncio.Protocol] = CallerConnection
) -> AsyncIterator[list[int]]:
    """Each app on a free port of this machine, for as long as the block lasts."""
    sockets = [socket.socket() for _ in apps]
    servers = []
    for app, free in zip(apps, sockets, strict=True):
        free.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            http=http,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            log_config=None,
        )
        servers.append(_Server(config))
    running = [
        asyncio.create_task(server.serve(sockets=[free]))
        for server, free in zip(servers, sockets, strict=True)
    ]
    while not all(server.started for server in servers):
        for task in running:
            if task.done():
                task.result()
        await asyncio.sleep(0.01)
    try:
        yield [free.getsockname()[1] for free in sockets]
    finally:
        for server in servers:
            server.should_exit = server.force_exit = True
        await asyncio.gather(*running)
        for server in servers:
            # Whoever is made to end at once leaves this out, and what the app began would go on.
            await server.lifespan.shutdown()
        for free in sockets:
            free.close()


@contextlib.asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A bare TCP server, for answers that no decent server gives."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue is full, so that nobody can connect and nobody is refused."""
    with contextlib.ExitStack() as opened:
        deaf = opened.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(3):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        yield deaf.getsockname()[1]


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@dataclass
class Seen:
    """A request as the service got it."""

    method: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


Answer = Callable[[Seen, Receive, Send], Awaitable[None]]


async def read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body", False):
            return body


async def say(
    send: Send,
    body: bytes = b'{"ok":true}',
    *,
    status: int = 200,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> None:
    given = headers or [(b"content-type", b"application/json")]
    start = {"type": "http.response.start", "status": status, "headers": given}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def say_yes(seen: Seen, receive: Receive, send: Send) -> None:
    seen.body = await read_body(receive)
    await say(send)


@dataclass
class Upstream:
    """A service whose answers are written by the test; it remembers what it was asked."""

    answer: Answer = say_yes
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        seen = Seen(scope["method"], scope["raw_path"], scope["query_string"], headers)
        self.seen.append(seen)
        await self.answer(seen, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message: Any = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
