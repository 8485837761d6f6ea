"""Load by wrk, a closed loop of connections, and the two Debian programs that are measured with."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.debian import find_program
from tests.bench.programs import CannotMeasure

LUA = Path(__file__).parent / "lua"
RIVALS = Path(__file__).parent / "rivals"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


async def load(
    url: str,
    *,
    seconds: float,
    connections: int,
    headers: Mapping[str, str] | None = None,
    script: str = "report.lua",
    arguments: Sequence[str] = (),
) -> Load:
    """Keep so many connections busy; raises CannotMeasure where any answer was not a success."""
    command = [find("wrk"), "-t", "1", "-c", str(connections), "-d", f"{seconds:g}s"]
    # Long enough for a virtual machine that has just started on a machine that others use.
    command += ["--timeout", "15s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", str(LUA / script), url, "--", *arguments]
    environment = {**os.environ, "LUA_PATH": f"{LUA}/?.lua;;"}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, complaint = await process.communicate()
    lines = [line for line in said.decode().splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise CannotMeasure(f"wrk failed: {complaint.decode().strip()[:200]}")
    return _read(json.loads(lines[-1]), url)


def _read(report: dict[str, Any], url: str) -> Load:
    failures = {kind: count for kind, count in report["errors"].items() if count}
    if failures or not report["requests"]:
        raise CannotMeasure(f"{url} did not answer all requests well: {failures or 'no answer'}")
    return Load(
        requests=report["requests"],
        seconds=report["duration_us"] / 1e6,
        p50_ms=report["p50_us"] / 1000,
        p99_ms=report["p99_us"] / 1000,
    )


def find(program: str) -> str:
    """Where the program is; installed first where that needs no question, else CannotMeasure."""
    found = find_program(program)
    if found is None:
        raise CannotMeasure(f"{program} is missing; on Debian: apt-get install {program}")
    return found
