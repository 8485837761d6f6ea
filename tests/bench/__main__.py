"""The command line: `python -m tests.bench` measures everything, or only the groups it is given."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from rich.console import Console

from deploy.local.errors import StackError
from deploy.local.stack import LOCAL, file_lock
from tests.bench import batches, components, events, gateway, memory, one_record, stacks, writes
from tests.bench.figures import RESULTS, Figure, save, show
from tests.bench.machine import describe, is_busy
from tests.bench.programs import CannotMeasure
from tests.bench.stand import Plan, Stand, standing

GROUPS: dict[str, Callable[[Stand], Awaitable[list[Figure]]]] = {
    "gateway": gateway.measure,
    "writes": writes.measure,
    "events": events.measure,
    "registry": batches.measure,
    "components": components.measure,
}
# Take many minutes, and so only where they are named.
ON_REQUEST = {"memory": memory.measure, "one-record": one_record.measure}
# Measured last and alone: it starts servers of its own.
WHOLE = "stack"


def main(arguments: list[str]) -> int:
    """Measure, print the table, write the results; 1 where a group could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        with file_lock(LOCAL / "measured.lock", wait=False):
            return _run(options)
    except BlockingIOError:
        sys.stderr.write("bench: another measured run is under way; wait until it has ended\n")
        return 1


def _run(options: argparse.Namespace) -> int:
    console = Console(width=None if sys.stdout.isatty() else 160)
    machine = describe()
    for name, value in machine.items():
        console.print(f"{name:12} {value}", highlight=False)
    if is_busy():
        console.print("! others use this machine now: ratios still count, absolute figures do not")
    plan = Plan(
        console, options.runs, options.seconds, options.records, options.events, options.stored
    )
    try:
        figures = asyncio.run(_measure(plan, options.groups or [*GROUPS, WHOLE], machine))
    except StackError as failure:
        console.print(f"bench: {failure}", markup=False)
        return 1
    show(figures, console)
    console.print(f"\nWritten to {RESULTS}", markup=False, highlight=False)
    for line in plan.missing:
        console.print(f"! not measured: {line}", markup=False, highlight=False)
    return 1 if plan.missing else 0


async def _measure(plan: Plan, groups: list[str], machine: dict[str, str]) -> list[Figure]:
    figures: list[Figure] = []

    async def take(name: str, measuring: Awaitable[list[Figure]]) -> None:
        plan.say(f"measuring {name} …")
        try:
            measured = await measuring
        except CannotMeasure as reason:
            plan.miss(f"{name}: {reason}")
            return
        figures.extend(measured)
        save(measured, machine)

    known = GROUPS | ON_REQUEST
    if served := [name for name in groups if name != WHOLE]:
        async with standing(plan) as stand:
            for name in served:
                await take(name, known[name](stand))
    if WHOLE in groups:
        await take(WHOLE, stacks.measure(plan))
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    words = [*GROUPS, WHOLE, *ON_REQUEST]
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(words)}")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each figure")
    parser.add_argument("--seconds", type=float, default=8, help="length of one run under load")
    parser.add_argument("--records", type=int, default=50_000, help="size of the bulk load")
    parser.add_argument("--events", type=int, default=1_000_000, help="length of the memory curve")
    parser.add_argument(
        "--stored", type=int, default=100_000, help="records among which one is matched"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
