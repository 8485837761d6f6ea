"""A wire between a client and PostgreSQL that can go silent, or keep an ending to itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class _Link:
    """One connection through the wire."""

    is_silent: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)


@dataclass
class Wire:
    """Passes bytes on until told otherwise; only connections that exist then are affected."""

    url: str
    hides_endings: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _links: list[_Link] = field(default_factory=list)

    def go_silent(self) -> None:
        """As if a router had forgotten these connections: nothing arrives, nothing is closed."""
        for link in self._links:
            link.is_silent = True

    async def accept(
        self, host: str, port: int, ours: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        theirs = await asyncio.open_connection(host, port)
        link = _Link(writers=[ours[1], theirs[1]])
        self._links.append(link)
        await asyncio.gather(
            self._pass(link, ours[0], theirs[1], is_answer=False),
            self._pass(link, theirs[0], ours[1], is_answer=True),
        )

    async def _pass(
        self,
        link: _Link,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        is_answer: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if not link.is_silent:
                    writer.write(data)
                    await writer.drain()
        if not link.is_silent and not (is_answer and self.hides_endings):
            writer.close()

    async def cut(self) -> None:
        """End all of it, so that no task of ours is left."""
        for link in self._links:
            for writer in link.writers:
                writer.transport.abort()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire before the database of that address, with an address of its own."""
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    wire = Wire("")

    # Not a coroutine: asyncio would then start and watch the task itself, and complain of its end.
    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.tasks.add(asyncio.create_task(wire.accept(host, port, (reader, writer))))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    own = server.sockets[0].getsockname()[1]
    wire.url = parts._replace(netloc=f"{login}@127.0.0.1:{own}").geturl()
    try:
        yield wire
    finally:
        server.close()
        await wire.cut()
