"""The command line: `python -m tests.chaos --seed 7 --kills 100`; the exit code tells."""

import argparse
import asyncio
import secrets
import sys
import time
from contextlib import ExitStack

from deploy.local import running
from deploy.local.errors import StackError
from deploy.local.stack import Stack, open_stack, stack_lock
from tests.chaos.network import CannotBreak, Network, network
from tests.chaos.run import OTHERS, PAUSE_SECONDS, Plan, run

STACK = "chaos"


def main(arguments: list[str]) -> int:
    """Start a stack of its own, run, audit, stop it; 0 when nothing was found."""
    options = _parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    plan = Plan(
        seed,
        options.kills,
        options.others,
        (options.pause_from, options.pause_to),
        has_network=not options.without_network,
    )
    stack = open_stack(STACK)
    began = time.monotonic()
    sound = False
    try:
        with stack_lock(stack), ExitStack() as standing:
            stack = _wiped(stack)
            broken = None if options.without_network else _network(stack, standing)
            running.start_servers(stack, whole=True)
            running.start_processes(stack)
            sound = asyncio.run(run(stack, plan, network=broken))
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


def _wiped(stack: Stack) -> Stack:
    """The same stack with nothing in it; the caller holds the lock."""
    running.stop_everything(stack)
    running.wipe(stack)
    return open_stack(stack.name)


def _network(stack: Stack, standing: ExitStack) -> Network | None:
    try:
        return standing.enter_context(network(stack))
    except CannotBreak as reason:
        print(f"chaos: the network stays whole, because {reason}")
        return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the script of faults; else a new one")
    parser.add_argument("--kills", type=int, default=100, help="how many kill -9")
    parser.add_argument(
        "--others", type=float, default=OTHERS, help="faults of other kinds for each kill"
    )
    parser.add_argument(
        "--without-network", action="store_true", help="no toxiproxy before the servers"
    )
    parser.add_argument(
        "--pause-from", type=float, default=PAUSE_SECONDS[0], help="seconds before a fault"
    )
    parser.add_argument("--pause-to", type=float, default=PAUSE_SECONDS[1], help="at most")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
