"""Judges one output over one set: every figure of the contract, as one record that can be kept."""

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.linkage.answers import Key, Mode, Scored, read_key, read_scored
from tests.linkage.commands import Run
from tests.linkage.draws.drawing import Draw
from tests.linkage.entities import Entities, closure, compare
from tests.linkage.metrics import AUTOMATIC, Figures, measure
from tests.linkage.strata import Stratum, strata

CLOSED_AT: Final = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one system did on one set, in one mode."""

    system: str
    set_name: str
    mode: Mode
    rows: int
    figures: Figures
    entities: dict[float, Entities]
    strata: list[Stratum]
    counts: dict[str, tuple[int, float, float, float]]
    wall: float
    cpu: float
    peak_mib: float


def judge(system: str, draw: Draw, mode: Mode, run: Run) -> Judgement:
    """Everything that the contract measures of this run."""
    key = read_key(draw, mode)
    scored = read_scored(run.out, key)
    rows = key.rows()
    is_register = "register" in draw.key.read_text(encoding="utf-8").split("\n", 1)[0]
    return Judgement(
        system=system,
        set_name=draw.folder.name,
        mode=mode,
        rows=len(rows),
        figures=measure(scored, total=key.total(), rows=len(rows)),
        entities={} if mode is Mode.LINK else _entities(key, scored),
        strata=strata(draw, key, scored, AUTOMATIC) if is_register else [],
        counts=judge_counts(draw, run.counts),
        wall=run.wall,
        cpu=run.cpu,
        peak_mib=run.peak_mib,
    )


def _entities(key: Key, scored: list[Scored]) -> dict[float, Entities]:
    found = {}
    for limit in CLOSED_AT:
        groups = closure(key.rows(), (one.pair for one in scored if one.score >= limit))
        found[limit] = compare(groups, key.person)
    return found


def judge_counts(draw: Draw, written: Path) -> dict[str, tuple[int, float, float, float]]:
    """Country: workers truly present, estimate, and its interval, where counts were written."""
    if not written.exists() or not draw.truth.exists():
        return {}
    present: dict[str, int] = json.loads(draw.truth.read_text())["present"]
    with written.open(encoding="utf-8") as file:
        told = {row["country"]: row for row in csv.DictReader(file)}
    nothing = {"estimate": "0", "low": "0", "high": "0"}
    found = {}
    for country, true in present.items():
        row = told.get(country, nothing)
        found[country] = (true, float(row["estimate"]), float(row["low"]), float(row["high"]))
    return found


def as_json(judgement: Judgement) -> dict[str, object]:
    """For a file beside the report; the curve of every distinct score is left out."""
    kept = asdict(judgement)
    kept["figures"] = judgement.figures._replace(curve=[])._asdict()
    return kept
