"""The seeded script of faults: what is done to which process, when, and for how long."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import psutil

from deploy.local import supervision
from deploy.local.processes import server_names, service_names
from deploy.local.stack import Stack


class Kind(StrEnum):
    """KILL is kill -9; FREEZE is SIGSTOP, and SIGCONT after it."""

    KILL = "KILL"
    FREEZE = "FREEZE"


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
FROZEN_SECONDS = (10.0, 40.0)
FROZEN_SERVER_SECONDS = (5.0, 22.0)
MOST_LASTING = 2


def script(
    stack: Stack,
    rng: random.Random,
    *,
    kills: int,
    others: float = 0.0,
    pause: tuple[float, float] = (0.5, 2.5),
) -> Iterator[Fault]:
    """So many kills, and before each with probability `others` a fault of another kind.

    The servers come first in a shuffled row of all, so that even a short script has each once.
    """
    names = [*server_names(stack), *service_names()]
    row: list[str] = []
    for _ in range(kills):
        if rng.random() < others:
            yield _other(stack, rng, pause=rng.uniform(*pause))
        if not row:
            row = rng.sample(names, k=len(names))
        yield Fault(rng.uniform(*pause), Kind.KILL, row.pop())


def _other(stack: Stack, rng: random.Random, *, pause: float) -> Fault:
    target = rng.choice([*server_names(stack), *service_names()])
    is_server = target in server_names(stack)
    seconds = rng.uniform(*(FROZEN_SERVER_SECONDS if is_server else FROZEN_SECONDS))
    return Fault(pause, Kind.FREEZE, target, seconds)


@dataclass
class Hand:
    """Does to a stack what a script says. What lasts goes on beside the next faults."""

    stack: Stack
    on_fault: Callable[[Fault], None] = lambda _fault: None
    killed: Counter[str] = field(default_factory=Counter)
    done: list[Fault] = field(default_factory=list)
    _lasting: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def play(self, faults: Iterator[Fault]) -> None:
        """Everything in its turn; what was frozen goes on again, also when we are interrupted."""
        try:
            for fault in faults:
                await asyncio.sleep(fault.pause)
                await self._do(fault)
        finally:
            await asyncio.gather(*self._lasting.values())

    async def _do(self, fault: Fault) -> None:
        pid = await self._running(fault.target)
        if fault.kind is Kind.KILL:
            os.kill(pid, signal.SIGKILL)
            self.killed[fault.target] += 1
        else:
            await self._room_for(fault.target)
            self._lasting[fault.target] = asyncio.create_task(_freeze(pid, fault.seconds))
        self.done.append(fault)
        self.on_fault(fault)

    async def _room_for(self, target: str) -> None:
        """A target has one lasting fault at a time, and the system a few."""
        while True:
            going_on = {name: task for name, task in self._lasting.items() if not task.done()}
            if target not in going_on and len(going_on) < MOST_LASTING:
                self._lasting = going_on
                return
            await asyncio.sleep(0.2)

    async def _running(self, name: str) -> int:
        """The process's id, once it runs: killing what is only about to start shows nothing."""
        while (one := supervision.states(self.stack).get(name)) is None or one.state != "RUNNING":
            await asyncio.sleep(0.2)
        return one.pid


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
