"""Estimates of all workers present, judged on draws whose truth is known: their errors, and how
often an interval holds the truth.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console

from tests.linkage.answers import Mode
from tests.linkage.commands import run
from tests.linkage.draws.drawing import write_draw
from tests.linkage.draws.rates import Level
from tests.linkage.judging import judge_counts

# One in twenty lives elsewhere, one in five is back home, nine in ten of these are told of.
RATES: Final[Mapping[str, float]] = {
    "country_moved": 0.05,
    "returned": 0.2,
    "return_not_told": 0.1,
}
LARGE: Final = 5_000


class Figure(NamedTuple):
    """One country of a draw."""

    true: int
    estimate: float
    low: float
    high: float

    @property
    def error(self) -> float:
        return self.estimate / self.true - 1.0

    @property
    def holds(self) -> bool:
        return self.low <= self.true <= self.high


class Summary(NamedTuple):
    """All draws together; errors are shares of the truth."""

    draws: int
    total_mean: float
    total_spread: float
    within_half: float
    large: int
    large_mean_size: float
    large_within_one: float
    intervals: int
    held: float


class Plan(NamedTuple):
    """What is drawn and estimated."""

    seeds: Sequence[int]
    records: int
    level: Level
    mode: Mode
    matcher: Path
    folder: Path


def measure_estimates(plan: Plan, console: Console) -> Summary:
    """Draws, runs the command, judges; a line for each draw, and all together."""
    found = []
    for seed, figures in _judged(plan):
        found.append(figures)
        true, guess = (sum(parts) for parts in zip(*(f[:2] for f in figures), strict=True))
        held = sum(one.holds for one in figures)
        worst = max((abs(f.error) for f in figures if f.true >= LARGE), default=0.0)
        console.print(
            f"draw {seed}: {true:,} present, total {guess / true - 1.0:+.2%}, worst country of "
            f"{LARGE:,} or more {worst:.2%}, {held} of {len(figures)} intervals hold"
        )
    return summarise(found)


def _judged(plan: Plan) -> Iterator[tuple[int, list[Figure]]]:
    for seed in plan.seeds:
        folder = plan.folder / f"estimate-{seed}"
        draw = write_draw(folder, seed=seed, records=plan.records, level=plan.level, rates=RATES)
        done = run([str(plan.matcher)], draw, plan.mode, out=folder / "pairs.csv", counts=True)
        yield seed, [Figure(*one) for one in judge_counts(draw, done.counts).values()]
        shutil.rmtree(folder)


def summarise(found: Sequence[Sequence[Figure]]) -> Summary:
    totals = np.array(
        [sum(f.estimate for f in one) / sum(f.true for f in one) - 1.0 for one in found]
    )
    every = [figure for one in found for figure in one]
    large = np.array([abs(figure.error) for figure in every if figure.true >= LARGE])
    return Summary(
        draws=len(found),
        total_mean=float(totals.mean()),
        total_spread=float(totals.std()),
        within_half=float((abs(totals) <= 0.005).mean()),
        large=len(large),
        large_mean_size=float(large.mean()) if len(large) else 0.0,
        large_within_one=float((large <= 0.01).mean()) if len(large) else 0.0,
        intervals=len(every),
        held=float(np.mean([figure.holds for figure in every])),
    )


def told(summary: Summary) -> str:
    """The summary for a person at a terminal."""
    return (
        f"{summary.draws} draws: total error {summary.total_mean:+.2%} on average, spread "
        f"{summary.total_spread:.2%}, within 0.5 % in {summary.within_half:.0%}\n"
        f"{summary.large} countries of {LARGE:,} or more: error {summary.large_mean_size:.2%} on "
        f"average, within 1 % in {summary.large_within_one:.0%}\n"
        f"{summary.intervals} intervals, {summary.held:.1%} hold the truth"
    )
