"""Whether relay and consumer keep their memory flat while a million events pass through them."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean

import psutil

from tests.bench import flow
from tests.bench.figures import Figure
from tests.bench.programs import CannotMeasure, Program
from tests.bench.stand import Stand

SAMPLES = 50
# How much of the whole may be on its way at once.
AHEAD = 3
MOST_GROWTH_PERCENT = 5.0
_PATIENCE_SECONDS = 120.0
_MB = 1e6


@dataclass(slots=True)
class Curve:
    """The memory of one process after each fiftieth of the events, in MB."""

    program: Program
    samples: list[float] = field(default_factory=list)

    def sample(self) -> None:
        self.program.ensure_alive()
        self.samples.append(psutil.Process(self.program.process.pid).memory_info().rss / _MB)

    @property
    def growth_percent(self) -> float:
        """From the second tenth, when all is warm, to the last."""
        tenth = SAMPLES // 10
        warm, last = mean(self.samples[tenth : 2 * tenth]), mean(self.samples[-tenth:])
        return 100 * (last / warm - 1)


async def measure(stand: Stand) -> list[Figure]:
    """Events of as many keys, written as fast as they are taken, each with its effect once."""
    events = stand.plan.events
    prefix = await stand.fresh_topics()
    settings = await stand.fresh_service("job-orders", prefix=prefix)
    async with (
        flow.consumer(stand, prefix=prefix) as consumer,
        flow.job_orders_messenger(settings) as relay,
        consumer.messenger() as messenger,
    ):
        curves = {"relay": Curve(relay), "consumer": Curve(messenger)}
        await _let_through(stand, settings, consumer, curves)
        effects = await consumer.database.fetchval("SELECT count(*) FROM effects")
    if effects != events:
        raise CannotMeasure(f"{events:,} events had {effects:,} effects")
    return [
        Figure(
            f"memory.{name}_growth_percent",
            f"% over {events:,} events",
            [curve.growth_percent],
            at_most=MOST_GROWTH_PERCENT,
            curve=curve.samples,
        )
        for name, curve in curves.items()
    ]


async def _let_through(
    stand: Stand,
    settings: Mapping[str, str],
    consumer: flow.Consumer,
    curves: Mapping[str, Curve],
) -> None:
    database = await stand.admin(settings, "job-orders")
    step = stand.plan.events // SAMPLES
    written = sampled = 0
    last_seen = time.monotonic()
    try:
        while sampled < SAMPLES:
            if written < SAMPLES and written - sampled < AHEAD:
                await flow.fill_outbox(database, step)
                await database.execute("NOTIFY outbox")
                written += 1
            applied = await consumer.database.fetchval(_APPLIED)
            if applied >= (sampled + 1) * step:
                for curve in curves.values():
                    curve.sample()
                sampled += 1
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _PATIENCE_SECONDS:
                raise CannotMeasure(f"only {applied:,} events had their effect")
            else:
                await asyncio.sleep(0.1)
    finally:
        await database.close()


# Counting a million rows each time would be most of the load.
_APPLIED = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'effects'"
