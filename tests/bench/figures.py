"""A figure: what was measured, how often, against whom, and what it should be."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.stack import LOCAL

RESULTS = LOCAL / "bench" / "results.json"
_STEPS = " ▁▂▃▄▅▆▇█"
_TWO_DECIMALS_BELOW = 10
_ONE_DECIMAL_BELOW = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One value per run; with a rival, one of its values for each of ours, from the same round.

    `at_least` and `at_most` speak of the ratio where there is a rival, else of the value. `curve`
    is what the value was reckoned from, where that is worth seeing.
    """

    name: str
    unit: str
    samples: Sequence[float]
    rival: str = ""
    rival_samples: Sequence[float] = ()
    at_least: float | None = None
    at_most: float | None = None
    curve: Sequence[float] = ()

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def against(self) -> float | None:
        return median(self.rival_samples) if self.rival_samples else None

    @property
    def ratios(self) -> list[float]:
        """Ours to the rival's, round by round: a machine that slows down slows both."""
        pairs = zip(self.samples, self.rival_samples, strict=bool(self.rival_samples))
        return [ours / theirs for ours, theirs in pairs]

    @property
    def ratio(self) -> float | None:
        return median(self.ratios) if self.rival_samples else None

    @property
    def is_held(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.at_least is None and self.at_most is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return (self.at_least is None or measured >= self.at_least) and (
            self.at_most is None or measured <= self.at_most
        )

    @property
    def target(self) -> str:
        bounds = [("≥", self.at_least), ("≤", self.at_most)]
        told = [f"{sign} {bound:g}" for sign, bound in bounds if bound is not None]
        return " ".join([*(["ratio"] if self.rival_samples and told else []), *told])

    def as_result(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "against": _rounded(self.against),
            "ratio": _rounded(self.ratio),
            "rival": self.rival or None,
            "target": self.target or None,
            "holds": self.is_held,
            "least": _rounded(min(self.samples)),
            "most": _rounded(max(self.samples)),
            "runs": len(self.samples),
            **({"curve": [_rounded(one) for one in self.curve]} if self.curve else {}),
        }


def show(figures: Sequence[Figure], console: Console) -> None:
    """The table that a person reads."""
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    for head in ("median", "least to most", "against", "ratio"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("unit")
    table.add_column("target")
    for figure in figures:
        held = {True: "held", False: "[bold]MISSED[/bold]", None: ""}[figure.is_held]
        rival = f"{told(figure.against)} {figure.rival}" if figure.against is not None else ""
        table.add_row(
            figure.name,
            told(figure.value),
            f"{told(min(figure.samples))} to {told(max(figure.samples))}",
            rival,
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.unit,
            f"{figure.target} {held}".strip(),
        )
    console.print(table)
    for figure in figures:
        if figure.curve:
            console.print(f"\n{drawn(figure.name, figure.curve)}", markup=False, highlight=False)


def save(figures: Iterable[Figure], machine: dict[str, str], path: Path = RESULTS) -> None:
    """Write the figures of this run over those of the same name; others stay as they were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, dict[str, Any]] = {}
    if path.exists():
        kept = {result["name"]: result for result in json.loads(path.read_text())}
    stamp = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine}
    kept |= {figure.name: figure.as_result() | stamp for figure in figures}
    path.write_text(json.dumps(list(kept.values()), indent=1, ensure_ascii=False) + "\n")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of all are not above."""
    ordered = sorted(values)
    place = round(percent / 100 * len(ordered) + 0.5) - 1
    return ordered[min(max(place, 0), len(ordered) - 1)]


def drawn(name: str, curve: Sequence[float]) -> str:
    """A curve as a line of text, its foot at zero: what is flat looks flat."""
    highest = max(curve)
    line = "".join(_STEPS[round((len(_STEPS) - 1) * one / highest)] for one in curve)
    spread = f"least {told(min(curve))}, most {told(highest)}"
    return f"{name}\n{line}\nfirst {told(curve[0])}, last {told(curve[-1])}, {spread} MB"


def told(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) < _TWO_DECIMALS_BELOW:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < _ONE_DECIMAL_BELOW else f"{value:,.0f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
