"""How late a change has its effect elsewhere, and what the way there costs, at several rates."""

import json
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import aiohttp
import psutil

from deploy.local import supervision
from deploy.local.stack import Stack
from deploy.seed.gateway import first_of
from tests.bench import flow
from tests.bench.figures import percentile
from tests.bench.pace import paced
from tests.bench.programs import CannotMeasure, Program, cpu_seconds
from tests.bench.rivals.raw_writes import Writer
from tests.bench.stand import EMPLOYER, Stand
from tests.stands import fresh_key

SLOW_RATE = 20.0
# Virtual machines compile themselves under load; before that they are other programs.
WARMUP_SECONDS = 15.0
SERVERS = "servers"


@dataclass(slots=True)
class Seen:
    """What was seen at one rate: a value for each round; processor time in ms for each event."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """Everything between a change in job-orders and its arrival elsewhere, running.

    `programs` are what is measured, by name; `writer` makes the same rows without the service, so
    that a small machine has room for the way from there on; `arrivals` waits for so many and
    tells when each came.
    """

    stand: Stand
    settings: dict[str, str]
    programs: dict[str, Program]
    writer: Writer
    arrivals: Callable[[int], Awaitable[dict[UUID, datetime]]]

    async def seen_at(self, *rates: float) -> dict[float, Seen]:
        """Warm up at each rate, then measure each in turn, as often as planned."""
        seen = {rate: Seen() for rate in rates}
        for rate in rates:
            await self._lateness(rate=rate, seconds=WARMUP_SECONDS)
        for _ in range(self.stand.plan.runs):
            for rate, one in seen.items():
                with self._costs(one, round(rate * self.stand.plan.seconds)):
                    times = await self._lateness(rate=rate, seconds=self.stand.plan.seconds)
                one.p50.append(percentile(times, 50))
                one.p99.append(percentile(times, 99))
        return seen

    async def _lateness(self, *, rate: float, seconds: float) -> list[float]:
        """The lateness of each arrival, in ms, of so many changes a second for so long."""
        database = await self.stand.admin(self.settings, "job-orders")
        try:
            before = await database.fetchval("SELECT count(*) FROM employers")
            await self._write(rate=rate, seconds=seconds)
            changes = await flow.committed(database, "employers", key="id")
        finally:
            await database.close()
        arrivals = await self.arrivals(len(changes))
        # The first second is for caches and for waking up.
        counted = list(changes)[before + round(rate) :]
        if not counted:
            raise CannotMeasure("no write of the run was counted; give it more seconds")
        return [1000 * (arrivals[one] - changes[one]).total_seconds() for one in counted]

    @contextmanager
    def _costs(self, seen: Seen, events: int) -> Iterator[None]:
        before = self._cpu_seconds()
        yield
        for name, seconds in self._cpu_seconds().items():
            spent = 1000 * (seconds - before[name]) / events
            seen.cpu.setdefault(name, []).append(spent)
        for name, program in self.programs.items():
            seen.memory.setdefault(name, []).append(program.memory_mb())

    def _cpu_seconds(self) -> dict[str, float]:
        spent = {name: program.cpu_seconds() for name, program in self.programs.items()}
        return spent | {SERVERS: _of_servers(self.stand.stack)}

    async def _write(self, *, rate: float, seconds: float) -> None:
        if rate == SLOW_RATE:
            await self._by_service(rate=rate, seconds=seconds)
            return
        body, prefix = json.dumps(EMPLOYER).encode(), secrets.token_hex(6)

        async def register(number: int) -> None:
            await self.writer.register(body, f"{prefix}-{number}".encode())

        await paced(register, per_second=rate, seconds=seconds)

    async def _by_service(self, *, rate: float, seconds: float) -> None:
        url = f"{self.stand.stack.url('job-orders')}/v1/employers"
        caller = self.stand.caller("job-orders")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def register(_number: int) -> None:
                headers = caller | fresh_key()
                async with session.post(url, json=EMPLOYER, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

            try:
                with first_of(aiohttp.ClientError):
                    await paced(register, per_second=rate, seconds=seconds)
            except aiohttp.ClientError as refused:
                raise CannotMeasure(f"job-orders did not take {rate:.0f}/s: {refused}") from None


def _of_servers(stack: Stack) -> float:
    """Processor seconds of PostgreSQL and Kafka so far, with those of backends that have ended."""
    states = supervision.states(stack)
    return sum(cpu_seconds(psutil.Process(states[name].pid)) for name in ("postgres", "kafka"))
