"""Programs under measurement: started as in production, watched, and stopped."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.processes import http_command
from deploy.local.stack import LOCAL, LOOPBACK, ROOT, SERVICES, Stack

LOGS = LOCAL / "bench" / "logs"
_STARTING_SECONDS = 60
_STOPPING_SECONDS = 20


class CannotMeasure(Exception):
    """Why a group of figures is missing, in one line."""


@dataclass(slots=True)
class Program:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children so far."""
        return cpu_seconds(psutil.Process(self.process.pid))

    def memory_mb(self) -> float:
        """Of the process and its children; a page that several share counts by its share."""
        process = psutil.Process(self.process.pid)
        everyone = [process, *process.children(recursive=True)]
        return sum(one.memory_full_info().pss for one in everyone) / 1e6

    def ensure_alive(self) -> None:
        """Raises CannotMeasure with the last line of its log when it has ended."""
        if self.process.poll() is not None:
            lines = (LOGS / f"{self.name}.log").read_text(errors="replace").splitlines()
            last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            raise CannotMeasure(f"{self.name} has ended: {last[:300]}")


def cpu_seconds(process: psutil.Process) -> float:
    """Of a process so far, of its children, and of those of them that have ended."""
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            spent = child.cpu_times()
            total += spent.user + spent.system
    return float(total)


def uvicorn(stack: Stack, application: str, port: int) -> list[str]:
    """The command line of an HTTP process: the stack's own, for this application and port."""
    service = next((one for one in SERVICES if application.startswith(one.package)), SERVICES[0])
    command = http_command(stack, service)
    command[command.index("uvicorn") + 1] = application
    command[command.index("--port") + 1] = str(port)
    return command


@asynccontextmanager
async def running(
    name: str,
    command: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    stop_signal: int = 15,
) -> AsyncIterator[Program]:
    """The program, listening where a port is given, for as long as the block lasts."""
    program = _start(name, command, environment or {})
    process = program.process
    try:
        if port is not None:
            await _listening(program, port)
        yield program
    finally:
        process.send_signal(stop_signal)
        try:
            await asyncio.to_thread(process.wait, _STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(name: str, command: list[str], environment: Mapping[str, str]) -> Program:
    LOGS.mkdir(parents=True, exist_ok=True)
    with Path(LOGS, f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return Program(name, process)


async def _listening(program: Program, port: int) -> None:
    give_up = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < give_up:
        program.ensure_alive()
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise CannotMeasure(f"{program.name} does not listen on port {port}")
