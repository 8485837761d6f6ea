"""Fills a fresh system as the two ministries' systems would: batches through the gateway's API."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Final

import aiohttp

from deploy.seed.envelopes import csv_lines, ndjson
from deploy.seed.gateway import TIMEOUT, Gateway, Json, LoadFailed, Refused, first_of
from deploy.seed.generator import records
from deploy.seed.lives import System, envelopes_of
from deploy.seed.organisations import EMPLOYERS, PLACEMENT_AGENCIES
from deploy.seed.progress import Display, Tally

PART_LINES: Final = 200_000
CHUNK_LINES: Final = 200
PURPOSE: Final = "SYSTEM_OPERATION"
NAMES: Final = {System.SISKOP2MI: "siskop2mi", System.PEDULI_WNI: "peduliwni"}
ROLES: Final = {System.SISKOP2MI: "system-siskop2mi", System.PEDULI_WNI: "system-peduliwni"}
CONTENT_TYPES: Final = {System.SISKOP2MI: "application/x-ndjson", System.PEDULI_WNI: "text/csv"}
POLL_SECONDS: Final = 0.4
SLOWEST_POLL_SECONDS: Final = 3.0
PROBLEMS_SHOWN: Final = 5
POSTS_AT_ONCE: Final = 8
ALREADY_THERE: Final = 409

# Signs a token for a role at a mission, where the role has one.
Sign = Callable[[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to load and where; the same count and seed give the same records, byte for byte."""

    gateway: str
    count: int
    seed: int
    tokens: Mapping[System, str] = field(repr=False)
    part_lines: int = PART_LINES


@dataclass(frozen=True, slots=True)
class Part:
    """So many lines of one system, sent as one batch under one idempotency key."""

    system: System
    number: int
    first: int
    lines: int


async def load(plan: Plan, display: Display) -> list[Tally]:
    """Send every record of both systems and wait until the registry has linked them.

    Raises LoadFailed for whatever keeps them out; a line that the registry refuses is counted
    and shown, and does not stop the others. A second run sends the same keys and doubles nothing.
    """
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        loads = [
            _SystemLoad(
                plan,
                system,
                Gateway(session, plan.gateway, ROLES[system], plan.tokens[system], PURPOSE),
                Tally(NAMES[system], envelopes_of(system, plan.count)),
                display,
            )
            for system in System
        ]
        await loads[0].gateway.greet()
        with display.running(), first_of(LoadFailed):
            async with asyncio.TaskGroup() as group:
                for one in loads:
                    group.create_task(one.run())
        return [one.tally for one in loads]


def parts_of(system: System, count: int, part_lines: int = PART_LINES) -> Iterator[Part]:
    """The batches in which one system's lines travel."""
    total = envelopes_of(system, count)
    for number, first in enumerate(range(0, total, part_lines), start=1):
        yield Part(system, number, first, min(part_lines, total - first))


def texts_of(part: Part, count: int, seed: int) -> Iterator[str]:
    """The part as it travels: SiskoP2MI as NDJSON, because only that can say withdrawn."""
    envelopes = records(part.system, count, seed, first=part.first, most=part.lines)
    if part.system is System.SISKOP2MI:
        return ndjson(envelopes)
    return csv_lines(part.system, envelopes)


def idempotency_key(plan: Plan, part: Part) -> str:
    """The same for the same bytes: seed, count, part, and the edition of the generator."""
    numbers = f"{plan.seed}-{plan.count}-{plan.part_lines}-{part.number}"
    return f"seed-{NAMES[part.system]}-{numbers}-{_edition()}"


@lru_cache(maxsize=1)
def _edition() -> str:
    """A digest of the code and tables that make the records, so that new code gets new keys."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("reference/*.csv")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(slots=True)
class _SystemLoad:
    """One system's lines on their way, part after part."""

    plan: Plan
    system: System
    gateway: Gateway
    tally: Tally
    display: Display

    async def run(self) -> None:
        for part in parts_of(self.system, self.plan.count, self.plan.part_lines):
            before = replace(self.tally)
            location = await self._send(part)
            await self._follow(location, before)
            if self.tally.refused > before.refused:
                await self._show_problems(location)

    async def _send(self, part: Part) -> str:
        answer = await self.gateway.ask(
            "POST",
            "/v1/source-record-batches",
            params={"source_system": part.system.value},
            headers={
                "Content-Type": CONTENT_TYPES[part.system],
                "Idempotency-Key": idempotency_key(self.plan, part),
            },
            body=lambda: self._body(part),
        )
        if "Location" not in answer.headers:
            raise LoadFailed(f"{self.gateway.url}: the answer to a batch names no operation")
        self._sent(part.first + part.lines)
        return answer.headers["Location"]

    async def _body(self, part: Part) -> AsyncIterator[bytes]:
        texts = texts_of(part, self.plan.count, self.plan.seed)
        sent = part.first
        while chunk := list(islice(texts, CHUNK_LINES)):
            yield "".join(chunk).encode()
            sent += CHUNK_LINES
            self._sent(min(sent, part.first + part.lines))
            # Making a chunk never waits for anything, so the other system needs to be let in.
            await asyncio.sleep(0)

    def _sent(self, lines: int) -> None:
        self.tally.sent = lines
        self.display.show(self.tally)

    async def _follow(self, location: str, before: Tally) -> None:
        pause, state = POLL_SECONDS, ""
        while state not in {"DONE", "FAILED"}:
            operation = (await self.gateway.ask("GET", location)).json()
            self._count(operation, before)
            state = str(operation.get("state"))
            if state == "FAILED":
                raise LoadFailed(f"{self.tally.name}: the registry gave up on {location}")
            if state != "DONE":
                await asyncio.sleep(pause)
                pause = min(pause * 1.3, SLOWEST_POLL_SECONDS)

    def _count(self, operation: Json, before: Tally) -> None:
        tally = self.tally
        tally.received = before.received + int(operation.get("lines_received") or 0)
        tally.stored = before.stored + int(operation.get("lines_stored") or 0)
        tally.linked = before.linked + int(operation.get("lines_linked") or 0)
        tally.refused = before.refused + int(operation.get("lines_refused") or 0)
        self.display.show(tally)

    async def _show_problems(self, location: str) -> None:
        problems = (await self.gateway.ask("GET", f"{location}/problems")).json_lines()
        for problem in problems[:PROBLEMS_SHOWN]:
            member = f" {problem['field']}:" if problem.get("field") else ""
            self.display.say(
                f"{self.tally.name}: line {problem.get('line')} refused:{member}"
                f" {problem.get('code')} ({problem.get('title')})"
            )


async def load_organisations(url: str, sign: Sign, display: Display) -> int:
    """Register the invented placement agencies and employers; return how many are in.

    Raises LoadFailed; one that is registered already is none.
    """
    agencies = [(sign("kp2mi-regulator", None), agency.as_body()) for agency in PLACEMENT_AGENCIES]
    officers: dict[str | None, str] = {}
    employers = [
        (
            officers.setdefault(
                employer.place.mission, sign("mission-officer", employer.place.mission)
            ),
            employer.as_body(),
        )
        for employer in EMPLOYERS
    ]
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        post = partial(_post_all, session, url, display=display)
        await post("/v1/placement-agencies", agencies, role="kp2mi-regulator")
        await post("/v1/employers", employers, role="mission-officer")
    return len(agencies) + len(employers)


async def _post_all(
    session: aiohttp.ClientSession,
    url: str,
    path: str,
    bodies: list[tuple[str, Json]],
    *,
    role: str,
    display: Display,
) -> None:
    noun = path.rpartition("/")[2]
    at_once = asyncio.Semaphore(POSTS_AT_ONCE)

    async def post(token: str, body: Json) -> None:
        gateway = Gateway(session, url, role, token, "JOB_ORDER_VERIFICATION")
        key = f"seed-{noun}-{hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest()[:24]}"
        try:
            async with at_once:
                await gateway.ask("POST", path, headers={"Idempotency-Key": key}, json_body=body)
        except Refused as refusal:
            if refusal.status != ALREADY_THERE:
                raise

    async with asyncio.TaskGroup() as group:
        for token, body in bodies:
            group.create_task(post(token, body))
    display.say(f"{noun}: {len(bodies)} registered")
