"""The command line: `python -m tests.chaos --seed 7 --kills 100`; the exit code tells."""

import argparse
import asyncio
import secrets
import sys
import time

from deploy.local import running
from deploy.local.errors import StackError
from deploy.local.stack import Stack, open_stack, stack_lock
from tests.chaos.run import Plan, run

STACK = "chaos"


def main(arguments: list[str]) -> int:
    """Start a stack of its own, run, audit, stop it; 0 when nothing was found."""
    options = _parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    plan = Plan(seed, options.kills, options.others, (options.pause_from, options.pause_to))
    stack = open_stack(STACK)
    began = time.monotonic()
    sound = False
    try:
        with stack_lock(stack):
            stack = _fresh(stack)
            sound = asyncio.run(run(stack, plan))
    except StackError as failure:
        print(f"chaos: {failure}", file=sys.stderr)
    except KeyboardInterrupt:
        print("chaos: interrupted")
    finally:
        running.stop_everything(stack)
        if sound:
            running.wipe(stack)
        else:
            print(f"data and logs stay in {stack.directory}, until the next run")
    print(
        f"{'sound' if sound else 'NOT SOUND'} after {time.monotonic() - began:.0f} s; "
        f"seed {seed}; the same again: {plan.command}"
    )
    return 0 if sound else 1


def _fresh(stack: Stack) -> Stack:
    """Everything started from nothing; the caller holds the lock."""
    running.stop_everything(stack)
    running.wipe(stack)
    stack = open_stack(stack.name)
    running.start_servers(stack, whole=True)
    running.start_processes(stack)
    return stack


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the script of faults; else a new one")
    parser.add_argument("--kills", type=int, default=100, help="how many kill -9")
    parser.add_argument(
        "--others", type=float, default=0.2, help="faults of other kinds for each kill"
    )
    parser.add_argument("--pause-from", type=float, default=0.5, help="seconds before a fault")
    parser.add_argument("--pause-to", type=float, default=2.5, help="at most")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
