"""What all histories share: the three services, and a loop to run them in."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.histories.deeds import Deeds
from tests.histories.readings import Readings
from tests.histories.services import Service, Wire

Answer = TypeVar("Answer")


@dataclass
class Stand:
    """The three services and a loop of their own, shared by all histories."""

    runner: asyncio.Runner
    deeds: Deeds
    wire: Wire
    readings: Readings

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(work)

    @property
    def services(self) -> list[Service]:
        return self.wire.services
