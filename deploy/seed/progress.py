"""How a load shows itself: bars on a terminal, a line now and then elsewhere."""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column

SECONDS_BETWEEN_LINES: Final = 5.0


@dataclass(slots=True)
class Tally:
    """What became of one system's lines so far; `sent` is ours, the rest is the gateway's word."""

    name: str
    total: int
    sent: int = 0
    received: int = 0
    stored: int = 0
    linked: int = 0
    refused: int = 0

    @property
    def steps_done(self) -> int:
        """Each line is sent, stored, and linked or refused: three steps."""
        return min(self.sent, self.total) + self.stored + max(self.linked, self.refused)

    @property
    def steps(self) -> int:
        return 3 * self.total

    def numbers(self) -> str:
        """The sentence for a narrow screen."""
        return (
            f"in {self.received:,} stored {self.stored:,} linked {self.linked:,}"
            f" refused {self.refused:,}"
        )

    def sentence(self) -> str:
        return (
            f"received {self.received:,} · stored {self.stored:,} · linked {self.linked:,}"
            f" · refused {self.refused:,}"
        )


class Display(Protocol):
    """Shows tallies while they grow."""

    def running(self) -> AbstractContextManager[object]: ...

    def show(self, tally: Tally) -> None: ...

    def say(self, text: str) -> None: ...


class Bars:
    """One bar per system, for a person at a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            # The bar gives way on a narrow terminal, the numbers do not.
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=4)),
            TextColumn("{task.fields[numbers]}", table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[rate]}", table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            expand=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began = time.monotonic()

    def running(self) -> AbstractContextManager[object]:
        return self._progress

    def show(self, tally: Tally) -> None:
        if tally.name not in self._tasks:
            self._tasks[tally.name] = self._progress.add_task(
                tally.name, total=tally.steps, numbers="", rate=""
            )
        self._progress.update(
            self._tasks[tally.name],
            completed=tally.steps_done,
            numbers=tally.numbers(),
            rate=f"{_rate(tally, self._began):,.0f}/s",
        )

    def say(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False)


class Lines:
    """Plain lines for logs and pipes: at the first word, every few seconds, and at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._began = time.monotonic()
        self._said_at: dict[str, float] = {}
        self._said: dict[str, str] = {}

    def running(self) -> AbstractContextManager[object]:
        return nullcontext()

    def show(self, tally: Tally) -> None:
        moment = time.monotonic()
        is_done = tally.steps_done >= tally.steps
        due = self._said_at.get(tally.name, self._began) + SECONDS_BETWEEN_LINES
        text = f"{tally.name}: sent {tally.sent:,} of {tally.total:,} · {tally.sentence()}"
        if (moment < due and not is_done) or self._said.get(tally.name) == text:
            return
        self._said_at[tally.name] = moment
        self._said[tally.name] = text
        rate = _rate(tally, self._began)
        left = (tally.steps - tally.steps_done) / 3 / rate if rate else 0
        ending = "" if is_done else f" · about {left:,.0f} s left"
        self.say(f"{text} · {rate:,.0f}/s{ending}")

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def _rate(tally: Tally, began: float) -> float:
    """Lines a second over all three steps."""
    return tally.steps_done / 3 / max(time.monotonic() - began, 0.001)


def display_for(stream: TextIO = sys.stdout) -> Display:
    return Bars() if Console(file=stream).is_terminal else Lines(stream)
