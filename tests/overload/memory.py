"""Memory of the eight processes over a run."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from deploy.local import supervision
from deploy.local.processes import service_names
from deploy.local.stack import Stack

_MB = 1_000_000
_EVERY_SECONDS = 1.0


def memory(stack: Stack) -> dict[str, float]:
    """Megabytes that each process has for itself alone, children included (USS)."""
    states = supervision.states(stack)
    found = {}
    for name in service_names():
        with suppress(psutil.Error):
            process = psutil.Process(states[name].pid)
            family = [process, *process.children(recursive=True)]
            found[name] = sum(one.memory_full_info().uss for one in family) / _MB
    return found


@dataclass
class Memory:
    """The most that each process had while it was watched."""

    stack: Stack
    before: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)

    async def watch(self, until: asyncio.Event) -> None:
        """Look every second until told to end."""
        while not until.is_set():
            now = await asyncio.to_thread(memory, self.stack)
            self.most = {name: max(mb, self.most.get(name, 0)) for name, mb in now.items()}
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await until.wait()
