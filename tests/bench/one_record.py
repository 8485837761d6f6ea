"""One record over HTTP against many stored ones: stored, matched, linked and answered.

It knows nothing of what decides: records go in by the two ways that systems have, and the answer
is what is timed.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import aiohttp

from deploy.seed.generator import records
from deploy.seed.lives import System, envelopes_of
from tests.bench.batches import batches_of, load, registry_behind_gateway
from tests.bench.figures import Figure, percentile
from tests.bench.programs import CannotMeasure
from tests.bench.stand import Stand
from tests.bench.systems import SystemCallers

MOST_P50_MS, MOST_P99_MS = 5.0, 15.0
SENT_A_RUN, WARMUP_SENT = 1_000, 300
_SEED = 2026
_CREATED = 201


async def measure(stand: Stand) -> list[Figure]:
    """The next records of both ministries, one after the other, after so many of the same draw."""
    stand.plan.needs(
        "services/registry/src/registry/main.py", "services/registry/src/registry/messenger.py"
    )
    stored = stand.plan.stored
    medians, tails = [], []
    async with registry_behind_gateway(stand):
        seconds = await load(stand, batches_of(stored, seed=_SEED))
        stand.plan.say(f"{stored:,} records stored and linked in {seconds:.0f} s")
        coming = _next_envelopes(stored)
        async with aiohttp.ClientSession(stand.stack.url("registry")) as session:
            callers = SystemCallers(stand)
            await _send(session, callers, list(islice(coming, WARMUP_SENT)))
            for number in range(stand.plan.runs):
                times = await _send(session, callers, list(islice(coming, SENT_A_RUN)))
                medians.append(percentile(times, 50))
                tails.append(percentile(times, 99))
                stand.plan.say(f"run {number + 1}: {medians[-1]:.1f} ms, {tails[-1]:.1f} ms")
    unit = f"ms among {stored:,}"
    return [
        Figure("registry.match_p50_ms", unit, medians, at_most=MOST_P50_MS),
        Figure("registry.match_p99_ms", unit, tails, at_most=MOST_P99_MS),
    ]


def _next_envelopes(stored: int) -> Iterator[dict[str, Any]]:
    """What both systems would send next, in turn; many of it of people who are known already."""
    many = 10 * stored + 100_000
    coming = [records(system, many, _SEED, first=envelopes_of(system, stored)) for system in System]
    for together in zip(*coming, strict=False):
        yield from together


async def _send(
    session: aiohttp.ClientSession, callers: SystemCallers, envelopes: Sequence[dict[str, Any]]
) -> list[float]:
    """Milliseconds of each answer; raises CannotMeasure for a refusal."""
    times = []
    for envelope in envelopes:
        headers = callers.headers(System(envelope["source_system"]))
        began = time.perf_counter()
        async with session.post("/v1/source-records", json=envelope, headers=headers) as answer:
            told = await answer.text()
        times.append(1000 * (time.perf_counter() - began))
        if answer.status != _CREATED:
            raise CannotMeasure(f"the registry answers {answer.status}: {told[:300]}")
    return times
