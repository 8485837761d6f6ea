"""The command line: draw a set, judge a command on it, list its errors, write the report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.linkage.answers import MalformedAnswerError, Mode, read_key, read_scored
from tests.linkage.commands import CommandFailedError, Run, run
from tests.linkage.draws.drawing import Draw, write_draw
from tests.linkage.draws.rates import Level
from tests.linkage.errors import write_errors
from tests.linkage.estimates import Plan as EstimatePlan
from tests.linkage.estimates import measure_estimates, told
from tests.linkage.judging import Judgement, judge
from tests.linkage.measuring import WORK, Plan, default_matcher, measure
from tests.linkage.reporting.page import PAGE, write_report
from tests.linkage.rivals.environment import install


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; 1 where a command failed or wrote what the contract does not allow."""
    options = _parser().parse_args(arguments)
    console = Console(width=150, highlight=False)
    try:
        return int(options.do(options, console))
    except (CommandFailedError, MalformedAnswerError) as reason:
        console.print(f"linkage: {reason}", markup=False)
        return 1


def _draw(options: argparse.Namespace, console: Console) -> int:
    draw = write_draw(
        options.folder, seed=options.seed, records=options.records, level=options.level
    )
    console.print(f"{draw.left}\n{draw.right}\n{draw.schema}\n{draw.key}")
    return 0


def _judge(options: argparse.Namespace, console: Console) -> int:
    draw = Draw(options.folder)
    taken = run([options.command], draw, options.mode, out=draw.folder / f"{options.mode}.csv")
    show(judge(Path(options.command).name, draw, options.mode, taken), console)
    return 0


def _again(options: argparse.Namespace, console: Console) -> int:
    draw = Draw(options.folder)
    taken = Run(0.0, 0.0, 0.0, options.out, options.out.with_suffix(".counts.csv"))
    show(judge(options.out.name, draw, options.mode, taken), console)
    return 0


def _errors(options: argparse.Namespace, console: Console) -> int:
    draw = Draw(options.folder)
    key = read_key(draw, options.mode)
    write_errors(draw, key, read_scored(options.out, key), console=console, limit=options.limit)
    return 0


def _report(options: argparse.Namespace, console: Console) -> int:
    seeds = [int(seed) for seed in options.seeds.split(",")]
    levels = [Level(level) for level in options.levels.split(",")]
    matcher = Path(options.matcher) if options.matcher else default_matcher()
    plan = Plan(seeds, options.records, levels, matcher, options.keep_rivals)
    if not matcher.exists():
        console.print(f"linkage: no command at {matcher}; name one with --matcher", markup=False)
        return 1
    measured = measure(plan, install(), console)
    for judgement in measured.judgements:
        show(judgement, console)
    write_report(measured, plan)
    console.print(f"Written to {PAGE}", markup=False)
    return 1 if measured.missing else 0


def _estimates(options: argparse.Namespace, console: Console) -> int:
    seeds = range(options.seed, options.seed + options.draws)
    matcher = Path(options.matcher) if options.matcher else default_matcher()
    plan = EstimatePlan(seeds, options.records, options.level, options.mode, matcher, WORK)
    console.print(told(measure_estimates(plan, console)), markup=False)
    return 0


def show(judgement: Judgement, console: Console) -> None:
    """The figures of one judgement, for a person at a terminal."""
    figures = judgement.figures
    console.print(
        f"{judgement.system} {judgement.set_name} {judgement.mode}: {judgement.rows} rows, "
        f"{figures.total} true pairs, {judgement.wall:.1f} s wall, {judgement.cpu:.1f} s CPU, "
        f"{judgement.peak_mib:.0f} MiB"
    )
    for quality in (*figures.at.values(), figures.best):
        console.print(
            f"  >= {quality.threshold:<8.6g} P {quality.precision:.5f} R {quality.recall:.5f} "
            f"F1 {quality.f1:.5f}  false {quality.wrong} missed {quality.total - quality.right}"
        )
    console.print(
        f"  R at P .999 {figures.recall_demanded:.4f}; review {figures.review_per_1000:.2f} per "
        f"1000, then R {figures.recall_reviewed:.5f}; expected/true {figures.expected_ratio:.4f}, "
        f"calibration error {figures.calibration_error:.4f}"
    )
    for decile in figures.deciles:
        console.print(
            f"  decile {decile.number}: {decile.pairs:6} pairs, said {decile.mean_score:.3f}, "
            f"true {decile.share_true:.3f}"
        )
    for limit, entities in judgement.entities.items():
        console.print(
            f"  closure >= {limit}: pair F1 {entities.pair_f1:.5f}, "
            f"B-cubed {entities.b_cubed_f1:.5f}, entities {entities.found}, "
            f"true {entities.true}, {entities.count_error:+.3%}"
        )
    for one in judgement.strata:
        console.print(
            f"  {one.kind:10} {one.value:26} R {one.recall:.4f} of {one.true}, false {one.false}"
        )
    for country, (true, estimate, low, high) in judgement.counts.items():
        inside = "in" if low <= true <= high else "OUT"
        console.print(
            f"  {country:20} true {true}, estimate {estimate:.0f} "
            f"{estimate / true - 1:+.2%} {inside}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.linkage", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    draw = verbs.add_parser("draw", help="write two registers, schema and key to a folder")
    draw.add_argument("folder", type=Path)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--records", type=int, default=34_000)
    draw.add_argument("--level", type=Level, choices=list(Level), default=Level.USUAL)
    draw.set_defaults(do=_draw)
    judging = verbs.add_parser("judge", help="run a command on a set and measure it")
    judging.add_argument("folder", type=Path)
    judging.add_argument("--command", default=".venv/bin/registry-match")
    judging.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.LINK)
    judging.set_defaults(do=_judge)
    again = verbs.add_parser("again", help="judge an output that is there already")
    again.add_argument("folder", type=Path)
    again.add_argument("out", type=Path)
    again.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.LINK)
    again.set_defaults(do=_again)
    errors = verbs.add_parser("errors", help="missed and false pairs by difficulty, with rows")
    errors.add_argument("folder", type=Path)
    errors.add_argument("out", type=Path)
    errors.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.LINK)
    errors.add_argument("--limit", type=float, default=0.99)
    errors.set_defaults(do=_errors)
    report = verbs.add_parser("report", help="measure everything and write the page")
    report.add_argument("--records", type=int, default=34_000)
    report.add_argument("--seeds", default="1,2,3")
    report.add_argument("--levels", default="USUAL,EASY,HARD")
    report.add_argument("--matcher", default="")
    report.add_argument("--keep-rivals", action="store_true", help="where the rows are the same")
    report.set_defaults(do=_report)
    estimates = verbs.add_parser("estimates", help="estimate all workers present, and judge that")
    estimates.add_argument("--draws", type=int, default=20)
    estimates.add_argument("--records", type=int, default=34_000)
    estimates.add_argument("--seed", type=int, default=101)
    estimates.add_argument("--level", type=Level, choices=list(Level), default=Level.USUAL)
    estimates.add_argument("--mode", type=Mode, choices=[Mode.LINK, Mode.UNIFY], default=Mode.LINK)
    estimates.add_argument("--matcher", default="")
    estimates.set_defaults(do=_estimates)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
