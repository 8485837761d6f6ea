"""Processes of ours that are watched: each as it runs in earnest, telling a collector every half
second, with what tests need to ask about them.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2 as httpx

from deploy.local.stack import FREE_PORTS, LOOPBACK, ROOT, is_port_free

PATIENCE_SECONDS = 60
INTERVAL_SECONDS = 0.5
Found = TypeVar("Found")


@asynccontextmanager
async def running(
    name: str, command: list[str], environment: Mapping[str, str], logs: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A process of its own for as long as the block lasts; it has to end when told."""
    with (logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once and is then left alone.
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def http_command(package: str, port: int) -> list[str]:
    """A service's HTTP process, as the local stack starts it."""
    place = ["--host", LOOPBACK, "--port", str(port), "--no-access-log", "--no-proxy-headers"]
    return ["-m", "uvicorn", f"{package}.main:create_app", "--factory", *place]


def free_port() -> int:
    """A port that nobody listens on, off the track of those that stacks choose at random."""
    start = os.getpid() % len(FREE_PORTS)
    order: list[int] = [*FREE_PORTS[start:], *FREE_PORTS[:start]]
    port: int = next(one for one in order if one not in _given and is_port_free(one))
    _given.add(port)
    return port


_given: set[int] = set()


async def eventually(
    look: Callable[[], Awaitable[Found | None]], *, seconds: float = PATIENCE_SECONDS
) -> Found:
    """What `look` finds, as soon as it finds something; TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.2)
        return found


async def answers(url: str) -> None:
    """Return once somebody answers there, whatever it is."""

    async def look() -> bool | None:
        async with httpx.AsyncClient(timeout=2) as client:
            try:
                return (await client.get(url)).status_code < 500
            except httpx.TransportError:
                return None

    await eventually(look)


@dataclass(frozen=True)
class Collector:
    """The collector as a test asks it."""

    url: str

    async def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace that have arrived by now."""
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.get(f"{self.url}/traces/{trace_id}")
        spans: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
        return spans

    async def figures(self) -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"{self.url}/metrics")).text

    async def everything(self) -> str:
        """All that anybody could read here: every series and every span."""
        async with httpx.AsyncClient(timeout=10) as client:
            newest = (await client.get(f"{self.url}/traces")).json()
            paths = ["/metrics", *(f"/traces/{one['trace_id']}" for one in newest)]
            return "\n".join([(await client.get(self.url + path)).text for path in paths])


@asynccontextmanager
async def collecting(logs: Path) -> AsyncIterator[Collector]:
    """A collector of the test's own, that forgets a silent process soon."""
    port = free_port()
    command = ["-m", "deploy.observe.collector", "--port", str(port), "--forgets-after", "5"]
    async with running("collector", command, {}, logs):
        collector = Collector(f"http://{LOOPBACK}:{port}")
        await answers(f"{collector.url}/metrics")
        yield collector
