"""The runs behind the report: which sets are drawn, which systems run on them, in which modes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from deploy.local.stack import LOCAL, ROOT
from tests.linkage.answers import MalformedAnswerError, Mode
from tests.linkage.commands import CommandFailedError, Run, run
from tests.linkage.draws.census import write_census
from tests.linkage.draws.drawing import Draw, write_draw
from tests.linkage.draws.rates import Level
from tests.linkage.judging import Judgement, judge
from tests.linkage.rivals.environment import Rivals
from tests.linkage.rivals.febrl import write_febrl

MATCHER: Final = "registry-match"
DELIVERED: Final = "Splink, columns as delivered"
OWN: Final = "Splink, normalised, own levels"
ECM: Final = "recordlinkage ECM"
WORK: Final = LOCAL / "linkage"
_SMALL: Final = 100_000


class Task(NamedTuple):
    """One system on one set in one mode."""

    system: str
    command: Sequence[str]
    draw: Draw
    mode: Mode


class Plan(NamedTuple):
    """What is to be measured."""

    seeds: Sequence[int]
    records: int
    levels: Sequence[Level]
    matcher: Path
    # Rivals do not change from day to day, and take most of the time.
    keeps_rivals: bool = False
    folder: Path = WORK


class Missing(NamedTuple):
    """What could not be measured, and why."""

    task: Task
    reason: str


class Measured(NamedTuple):
    """All judgements of a run, in the order of the tasks."""

    judgements: list[Judgement]
    missing: list[Missing]
    draws: dict[str, Draw]


def measure(plan: Plan, rivals: Rivals, console: Console) -> Measured:
    """Draw every set, run every system, judge; what fails is told and does not stop the rest."""
    measured = Measured([], [], {})
    for task in tasks(plan, rivals):
        console.print(f"measuring {task.system} on {task.draw.folder.name}, {task.mode} …")
        measured.draws[task.draw.folder.name] = task.draw
        try:
            is_kept = plan.keeps_rivals and task.system != MATCHER
            measured.judgements.append(take(task, is_kept=is_kept))
        except (CommandFailedError, MalformedAnswerError) as reason:
            console.print(f"  not measured: {reason}", markup=False)
            measured.missing.append(Missing(task, str(reason)))
    return measured


def take(task: Task, *, is_kept: bool = False) -> Judgement:
    """One run and its judgement; a run that is kept is not run again over the same rows."""
    name = "".join(letter if letter.isalnum() else "-" for letter in task.system.lower())
    out = task.draw.folder / f"{task.mode}-{name}.csv"
    taken = (_former(task, out) if is_kept else None) or _run(task, out)
    return judge(task.system, task.draw, task.mode, taken)


def _run(task: Task, out: Path) -> Run:
    taken = run(task.command, task.draw, task.mode, out=out)
    kept = {"wall": taken.wall, "cpu": taken.cpu, "peak_mib": taken.peak_mib}
    out.with_suffix(".json").write_text(json.dumps(kept | {"rows": _digest(task.draw)}))
    return taken


def _former(task: Task, out: Path) -> Run | None:
    """The former run of this task, if it was over the same rows."""
    told = out.with_suffix(".json")
    if not (out.exists() and told.exists()):
        return None
    kept = json.loads(told.read_text())
    if kept.pop("rows") != _digest(task.draw):
        return None
    return Run(**kept, out=out, counts=out.with_suffix(".counts.csv"))


def _digest(draw: Draw) -> str:
    """Of both files and the schema."""
    paths = [path for path in (draw.left, draw.right, draw.schema) if path.exists()]
    return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def tasks(plan: Plan, rivals: Rivals) -> Iterator[Task]:
    """Indonesian draws first, systems in turn on each set, then the sets of other countries."""
    systems: Mapping[str, Sequence[str]] = {
        MATCHER: [str(plan.matcher)],
        DELIVERED: rivals.splink("delivered"),
        OWN: rivals.splink("own"),
    }
    for level in plan.levels:
        # Every seed at the first level; how figures move with the level shows on one draw each.
        for seed in plan.seeds if level is plan.levels[0] else plan.seeds[:1]:
            draw = write_draw(
                plan.folder / f"{level.lower()}-{seed}",
                seed=seed,
                records=plan.records,
                level=level,
            )
            for name, command in systems.items():
                yield Task(name, command, draw, Mode.LINK)
            if (level, seed) == (plan.levels[0], plan.seeds[0]) and plan.records <= _SMALL:
                yield Task(MATCHER, systems[MATCHER], draw, Mode.UNIFY)
                yield Task(OWN, systems[OWN], draw, Mode.UNIFY)
    yield from _others(plan, rivals, systems)


def _others(plan: Plan, rivals: Rivals, systems: Mapping[str, Sequence[str]]) -> Iterator[Task]:
    census = write_census(plan.folder / f"census-{plan.seeds[0]}", seed=plan.seeds[0])
    third, fourth = write_febrl(plan.folder, rivals.packages)
    for draw, mode in ((third, Mode.DEDUPE), (fourth, Mode.LINK), (census, Mode.DEDUPE)):
        yield Task(MATCHER, systems[MATCHER], draw, mode)
        yield Task(DELIVERED, systems[DELIVERED], draw, mode)
        if draw is not census:
            yield Task(ECM, rivals.ecm(), draw, mode)


def default_matcher() -> Path:
    return ROOT / ".venv/bin" / MATCHER
