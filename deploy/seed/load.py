"""Fills a fresh system as the two ministries' systems would: batches through the gateway's API."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import aiohttp

from deploy.seed.envelopes import csv_lines, ndjson
from deploy.seed.generator import records
from deploy.seed.lives import System, envelopes_of
from deploy.seed.progress import Display, Tally

PART_LINES: Final = 200_000
CHUNK_LINES: Final = 200
PURPOSE: Final = "SYSTEM_OPERATION"
NAMES: Final = {System.SISKOP2MI: "siskop2mi", System.PEDULI_WNI: "peduliwni"}
ROLES: Final = {System.SISKOP2MI: "system-siskop2mi", System.PEDULI_WNI: "system-peduliwni"}
CONTENT_TYPES: Final = {
    System.SISKOP2MI: "application/x-ndjson",
    System.PEDULI_WNI: "text/csv; charset=utf-8",
}
TRIES: Final = 6
POLL_SECONDS: Final = 0.4
SLOWEST_POLL_SECONDS: Final = 3.0
TRY_AGAIN: Final = frozenset({409, 429, 502, 503, 504})
PROBLEMS_SHOWN: Final = 5
TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=600)


class LoadFailed(Exception):
    """Why the data is not in, in one line that a person can act on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to load and where; the same count and seed give the same records, byte for byte."""

    gateway: str
    count: int
    seed: int
    tokens: dict[System, str]
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
        tallies = [Tally(NAMES[system], envelopes_of(system, plan.count)) for system in System]
        with display.running():
            try:
                async with asyncio.TaskGroup() as group:
                    for system, tally in zip(System, tallies, strict=True):
                        group.create_task(_load_system(session, plan, system, tally, display))
            except* LoadFailed as failures:
                raise failures.exceptions[0] from None
    return tallies


def parts_of(system: System, count: int, part_lines: int) -> Iterator[Part]:
    """The batches in which one system's lines travel."""
    total = envelopes_of(system, count)
    for number, first in enumerate(range(0, total, part_lines), start=1):
        yield Part(system, number, first, min(part_lines, total - first))


async def _load_system(
    session: aiohttp.ClientSession, plan: Plan, system: System, tally: Tally, display: Display
) -> None:
    gateway = _Gateway(session, plan.gateway, system, plan.tokens[system])
    for part in parts_of(system, plan.count, plan.part_lines):
        tally.sent = part.first
        before = (tally.received, tally.stored, tally.linked, tally.refused)
        location = await _send(gateway, plan, part, tally, display)
        await _follow(gateway, location, tally, before, display)


async def _send(
    gateway: "_Gateway", plan: Plan, part: Part, tally: Tally, display: Display
) -> str:
    """Post one part, again if need be; return where its operation can be followed."""

    async def body() -> AsyncIterator[bytes]:
        envelopes = records(
            part.system, plan.count, plan.seed, first=part.first, most=part.lines
        )
        texts = (
            ndjson(envelopes)
            if part.system is System.SISKOP2MI
            else csv_lines(part.system, envelopes)
        )
        tally.sent = part.first
        while chunk := list(islice(texts, CHUNK_LINES)):
            yield "".join(chunk).encode()
            tally.sent = min(tally.sent + CHUNK_LINES, part.first + part.lines)
            display.show(tally)

    headers = {
        "Content-Type": CONTENT_TYPES[part.system],
        "Idempotency-Key": idempotency_key(plan, part),
    }
    _, answered = await gateway.ask(
        "POST",
        "/v1/source-record-batches",
        params={"source_system": part.system.value},
        headers=headers,
        body=body,
    )
    location = answered.get("Location")
    if location is None:
        raise LoadFailed(f"{gateway.url}: the answer to a batch names no operation to follow")
    return location


async def _follow(
    gateway: "_Gateway",
    location: str,
    tally: Tally,
    before: tuple[int, int, int, int],
    display: Display,
) -> None:
    pause = POLL_SECONDS
    while True:
        operation, _ = await gateway.ask("GET", location)
        tally.received = before[0] + int(operation.get("lines_received") or 0)
        tally.stored = before[1] + int(operation.get("lines_stored") or 0)
        tally.linked = before[2] + int(operation.get("lines_linked") or 0)
        tally.refused = before[3] + int(operation.get("lines_refused") or 0)
        state = operation.get("state")
        display.show(tally)
        if state in {"DONE", "FAILED"}:
            break
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, SLOWEST_POLL_SECONDS)
    if tally.refused > before[3]:
        await _show_problems(gateway, location, tally, display)
    if state == "FAILED":
        raise LoadFailed(f"{tally.name}: the registry gave up on {location}")


async def _show_problems(
    gateway: "_Gateway", location: str, tally: Tally, display: Display
) -> None:
    for problem in (await gateway.lines(f"{location}/problems"))[:PROBLEMS_SHOWN]:
        field = f" {problem['field']}" if problem.get("field") else ""
        display.say(
            f"{tally.name}: line {problem.get('line')} refused:{field} {problem.get('code')}"
            f" ({problem.get('title')})"
        )


def idempotency_key(plan: Plan, part: Part) -> str:
    """The same for the same bytes: seed, count, part, and the edition of the generator."""
    return (
        f"seed-{plan.seed}-{plan.count}-{NAMES[part.system]}"
        f"-{part.number}x{plan.part_lines}-{_edition()}"
    )


@lru_cache(maxsize=1)
def _edition() -> str:
    """A digest of the code and tables that make the records, so that new code gets new keys."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("reference/*.csv")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
