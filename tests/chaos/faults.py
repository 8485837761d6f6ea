"""The seeded script of faults: what is done to which process, when, and for how long."""

import asyncio
import os
import random
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import psutil

from deploy.local import supervision
from deploy.local.processes import server_names, service_names
from deploy.local.readiness import is_ready
from deploy.local.stack import SERVICES, Stack
from tests.chaos.network import Network, Trouble


class Kind(StrEnum):
    """KILL is kill -9; FREEZE is SIGSTOP, and SIGCONT after it; the others break the network."""

    KILL = "KILL"
    FREEZE = "FREEZE"
    CUT = "CUT"
    SLOW = "SLOW"
    SILENT = "SILENT"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the script. `seconds` is how long it lasts; a kill lasts no time."""

    pause: float
    kind: Kind
    target: str
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} {self.target}" + (f" {self.seconds:.0f} s" if self.seconds else "")


# Past what a lease, a session of the broker, a silent heart or a statement may last.
LASTS_SECONDS = {
    Kind.FREEZE: (10.0, 40.0),
    Kind.CUT: (2.0, 15.0),
    Kind.SLOW: (5.0, 20.0),
    Kind.SILENT: (5.0, 50.0),
}
FROZEN_SERVER_SECONDS = (5.0, 22.0)
MOST_LASTING = 2
MOST_IN_A_ROW = 4
"""Faults without an answered request between them."""
LONGEST_WAIT_SECONDS = 60.0


def script(
    stack: Stack,
    rng: random.Random,
    *,
    kills: int,
    others: float = 0.0,
    kinds: Sequence[Kind] = (Kind.FREEZE,),
    pause: tuple[float, float] = (0.5, 2.5),
) -> Iterator[Fault]:
    """So many kills, and before each with probability `others` a fault of another kind.

    All names are shuffled into a row, and again when it is empty: ten kills reach each of them.
    """
    names = [*server_names(stack), *service_names()]
    row: list[str] = []
    for _ in range(kills):
        if rng.random() < others:
            yield _other(stack, rng, rng.choice(kinds), pause=rng.uniform(*pause))
        if not row:
            row = rng.sample(names, k=len(names))
        yield Fault(rng.uniform(*pause), Kind.KILL, row.pop())


def _other(stack: Stack, rng: random.Random, kind: Kind, *, pause: float) -> Fault:
    servers = server_names(stack)
    target = rng.choice([*servers, *service_names()] if kind is Kind.FREEZE else servers)
    is_frozen_server = kind is Kind.FREEZE and target in servers
    lasts = FROZEN_SERVER_SECONDS if is_frozen_server else LASTS_SECONDS[kind]
    return Fault(pause, kind, target, rng.uniform(*lasts))


@dataclass
class Hand:
    """Does to a stack what a script says. What lasts goes on beside the next faults."""

    stack: Stack
    answered: Callable[[], int]
    """How many requests have had an answer so far: faults that nobody works under show nothing."""
    on_fault: Callable[[Fault], None] = lambda _fault: None
    network: Network | None = None
    killed: Counter[str] = field(default_factory=Counter)
    done: list[Fault] = field(default_factory=list)
    _lasting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _answered_at: deque[int] = field(default_factory=lambda: deque([-1], MOST_IN_A_ROW))

    async def play(self, faults: Iterator[Fault]) -> None:
        """Everything in its turn; what was frozen goes on again, also when we are interrupted."""
        try:
            for fault in faults:
                await self._room_for(fault)
                await asyncio.sleep(fault.pause)
                await self._do(fault)
                self._answered_at.append(self.answered())
            await asyncio.gather(*self._lasting.values())
        finally:
            for task in self._lasting.values():
                task.cancel()
            await asyncio.gather(*self._lasting.values(), return_exceptions=True)

    async def _do(self, fault: Fault) -> None:
        pid = supervision.states(self.stack)[fault.target].pid
        if not pid:
            return  # It ended by itself a moment ago; 0 would be our own group.
        if fault.kind is Kind.KILL:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.killed[fault.target] += 1
        else:
            self._lasting[fault.target] = asyncio.create_task(self._last(fault, pid))
        self.done.append(fault)
        self.on_fault(fault)

    async def _last(self, fault: Fault, pid: int) -> None:
        if fault.kind is Kind.FREEZE:
            await _freeze(pid, fault.seconds)
        elif self.network is not None:
            await self.network.trouble(fault.target, Trouble(fault.kind), seconds=fault.seconds)

    async def _room_for(self, fault: Fault) -> None:
        """Wait until the system is at work and the target among it; or for long enough."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                while self.answered() == self._answered_at[0]:
                    await asyncio.sleep(0.2)
                while not self._may_last(fault) or not await asyncio.to_thread(
                    _is_at_work, self.stack, fault.target
                ):
                    await asyncio.sleep(0.2)

    def _may_last(self, fault: Fault) -> bool:
        """A target has one lasting fault at a time, and the system a few."""
        self._lasting = {name: task for name, task in self._lasting.items() if not task.done()}
        is_kill = fault.kind is Kind.KILL
        return is_kill or (fault.target not in self._lasting and len(self._lasting) < MOST_LASTING)


def _is_at_work(stack: Stack, name: str) -> bool:
    """Killing what is only about to start shows nothing."""
    one = supervision.states(stack).get(name)
    if one is None or one.state != "RUNNING":
        return False
    service = next((one for one in SERVICES if name in {one.name, one.messenger}), None)
    return service is None or is_ready(stack, service, name=name)


async def _freeze(pid: int, seconds: float) -> None:
    """Stop a process and its children as they are, and let them go on later."""
    stopped = []
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                one.suspend()
                stopped.append(one)
    try:
        await asyncio.sleep(seconds)
    finally:
        for one in stopped:
            with suppress(psutil.Error):
                one.resume()
