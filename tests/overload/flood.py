"""The flood: what it asks, how wrk sends it, and how it was answered."""

import asyncio
import json
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.stack import Stack
from deploy.local.tokens import sign_token
from tests.bench import wrk
from tests.bench.stand import EMPLOYER
from tests.journeys.story import Story

SCRIPT = Path(__file__).with_name("flood.lua")
CLIENTS = 4
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answers:
    """How one run of wrk was answered."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: int
    statuses: Counter[int] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def served(self) -> int:
        return sum(n for status, n in self.statuses.items() if status in _SUCCESS)

    @property
    def served_per_second(self) -> float:
        return self.served / self.seconds


@dataclass(frozen=True, slots=True)
class Flood:
    """A mix of reads and writes of all three services, in the name of several clients."""

    stack: Stack
    requests: Path

    async def run(self, *, seconds: float, connections: int, pause_ms: float = 0) -> Answers:
        """Keep so many connections asking; each pauses so long, on average, after an answer."""
        arguments = [str(self.requests), f"{pause_ms:.0f}", secrets.token_hex(8)]
        process = await asyncio.create_subprocess_exec(
            *[wrk.find("wrk"), "-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s"],
            *["--timeout", "30s", "--latency", "-s", str(SCRIPT), self.stack.gateway_url, "--"],
            *arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, complaint = await process.communicate()
        lines = [line for line in said.decode().splitlines() if line.startswith("{")]
        assert lines, f"wrk failed: {complaint.decode()[:200]}"
        return _read(json.loads(lines[-1]))


async def prepare(stack: Stack, story: Story) -> Flood:
    """A worker's story that can be read, and the file of requests."""
    await story.register_employer_and_agency()
    await story.register_person()
    await story.report_case()
    path = stack.directory / "flood.txt"
    path.write_text("".join(_lines(stack, story)))
    path.chmod(0o600)
    return Flood(stack, path)


def _lines(stack: Stack, story: Story) -> Iterator[str]:
    officer = ("mission-officer", "JOB_ORDER_VERIFICATION")
    desk, analyst = ("kemlu-desk", "PROTECTION_CASE"), ("kp2mi-analyst", "STATISTICS")
    mix: list[tuple[int, tuple[str, str], str, str]] = [
        (4, officer, f"GET /v1/employers/{story.employer['id']}", ""),
        (2, officer, "GET /v1/employers?limit=20", ""),
        (4, officer, "POST /v1/employers", json.dumps(EMPLOYER)),
        (3, desk, "GET /v1/cases?limit=20", ""),
        (3, desk, f"GET /v1/cases/{story.case['id']}", ""),
        (2, desk, f"GET /v1/persons/{story.person_id}", ""),
        (2, analyst, "GET /v1/population", ""),
    ]
    for times, (role, purpose), request, body in mix:
        method, path = request.split(" ")
        for client in range(CLIENTS):
            token = sign_token(stack, role, client_id=f"flood-{client}")
            yield f"{method}\t{path}\t{token}\t{purpose}\t{body}\n" * times


def _read(told: dict[str, Any]) -> Answers:
    statuses = Counter({int(status): n for status, n in told.pop("statuses").items()})
    waits = Counter({int(wait): n for wait, n in told.pop("waits").items()})
    return Answers(**told, statuses=statuses, waits=waits)
