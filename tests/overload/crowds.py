"""Clients that hold connections without using them as they should: idle, slow, endless."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from deploy.local.stack import Stack
from deploy.local.tokens import sign_token

_MB = 1024 * 1024


class Crowd:
    """Raw connections to the gateway."""

    def __init__(self, stack: Stack) -> None:
        address = urlsplit(stack.gateway_url)
        self._host, self._port = address.hostname or "", address.port or 0
        self._token = sign_token(stack, "kemlu-desk", client_id="crowd")

    @asynccontextmanager
    async def idle(self, count: int) -> AsyncIterator[list[asyncio.StreamReader]]:
        """So many connections that say nothing."""
        readers, writers = [], []
        try:
            for _ in range(count):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                readers.append(reader)
                writers.append(writer)
            yield readers
        finally:
            for writer in writers:
                writer.transport.abort()

    async def slow_writers(self, count: int) -> Counter[str]:
        """Bodies of which hardly anything comes; how each was answered."""
        return Counter(await asyncio.gather(*(self._write_slowly() for _ in range(count))))

    async def slow_readers(self, count: int, path: str, *, seconds: float) -> Counter[str]:
        """Ask for something and read none of it for so long; whether the connection still stood."""
        calls = (self._read_nothing(path, seconds) for _ in range(count))
        return Counter(await asyncio.gather(*calls))

    async def huge_bodies(self, count: int) -> Counter[str]:
        """Bodies of 100 MB, half of them without a stated length; how each was answered."""
        calls = (self._write_much(is_stated=bool(number % 2)) for number in range(count))
        return Counter(await asyncio.gather(*calls))

    def _head(self, method: str, path: str, *more: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", *more]
        lines += [f"Authorization: Bearer {self._token}", "Purpose-Of-Use: PROTECTION_CASE"]
        return "\r\n".join([*lines, "", ""]).encode()

    async def _write_slowly(self) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        head = ["Content-Type: application/json", "Content-Length: 100000"]
        writer.write(self._head("POST", "/v1/persons/searches", *head))
        try:
            answer = asyncio.create_task(reader.readexactly(12))
            while not answer.done():
                writer.write(b" ")
                await asyncio.wait({answer}, timeout=1)
            return _status(answer.result())
        except OSError:
            return "cut off"
        finally:
            writer.transport.abort()

    async def _read_nothing(self, path: str, seconds: float) -> str:
        with socket.socket() as small:
            # So that the answers stay where they come from.
            small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            small.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(small, (self._host, self._port))
            await loop.sock_sendall(small, self._head("GET", path) * 40)
            await asyncio.sleep(seconds)
            try:
                async with asyncio.timeout(20):
                    while await loop.sock_recv(small, _MB):
                        pass
            except TimeoutError:
                return "still open"
            except OSError:
                return "cut off"
            return "ended"

    async def _write_much(self, *, is_stated: bool) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        kind = f"Content-Length: {100 * _MB}" if is_stated else "Transfer-Encoding: chunked"
        head = ["Content-Type: application/json", kind]
        writer.write(self._head("POST", "/v1/persons/searches", *head))
        piece = json.dumps("x" * (_MB // 8)).encode()
        if not is_stated:
            piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        answer = asyncio.create_task(reader.read(_MB))
        try:
            for _ in range(800):
                if answer.done():
                    break
                writer.write(piece)
                await writer.drain()
            return _status(await answer)
        except OSError:
            return "cut off"
        finally:
            answer.cancel()
            writer.transport.abort()


def _status(answer: bytes) -> str:
    return answer[9:12].decode() if answer.startswith(b"HTTP/1.1 ") else "cut off"
