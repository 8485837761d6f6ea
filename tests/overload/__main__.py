"""The command line: `python -m tests.overload`; the exit code tells."""

import argparse
import asyncio
import sys

import aiohttp

from deploy.local import running
from deploy.local.errors import StackError
from deploy.local.stack import open_stack, stack_lock
from tests.bench.machine import describe
from tests.bench.programs import CannotMeasure
from tests.overload.run import Plan, Run

STACK = "overloaded"


def main(arguments: list[str]) -> int:
    """Start a stack of its own, run, audit, stop it; 0 when all was as promised."""
    options = _parser().parse_args(arguments)
    plan = Plan(options.seconds, options.times, options.connections, options.idle)
    for name, value in describe().items():
        print(f"{name:32} {value}")
    stack = open_stack(STACK)
    held = False
    try:
        with stack_lock(stack):
            running.stop_everything(stack)
            running.wipe(stack)
            stack = open_stack(STACK)
            running.start_servers(stack, whole=True)
            running.start_processes(stack)

            async def run() -> bool:
                timeout, places = aiohttp.ClientTimeout(total=60), aiohttp.TCPConnector(limit=0)
                async with aiohttp.ClientSession(timeout=timeout, connector=places) as http:
                    return await Run(stack, plan, http).whole()

            held = asyncio.run(run())
    except (StackError, CannotMeasure) as failure:
        print(f"overload: {failure}", file=sys.stderr)
    finally:
        running.stop_everything(stack)
        if held:
            running.wipe(stack)
        else:
            print(f"data and logs stay in {stack.directory}, until the next run")
    print("held" if held else "NOT HELD")
    return 0 if held else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="length of the flood")
    parser.add_argument("--times", type=float, default=10, help="the flood, in capacities")
    parser.add_argument("--connections", type=int, default=2500, help="of the flood")
    parser.add_argument("--idle", type=int, default=5000, help="idle connections")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
