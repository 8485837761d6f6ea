"""The whole system as a person starts it: how long until it works, and how much memory it keeps."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local import supervision
from deploy.local.processes import service_names
from deploy.local.stack import ROOT, Stack, open_stack
from tests.bench.figures import Figure
from tests.bench.programs import CannotMeasure
from tests.bench.stand import Plan

NAME, CLONE_NAME = "bench-up", "bench-clone"
SETTLING_SECONDS = 45.0
WATCHED_SECONDS = 10.0
MOST_PROCESS_MB, MOST_STACK_MB = 150.0, 2_000.0
MOST_SECOND_UP_SECONDS = 30.0
_PATIENCE_SECONDS = 900.0
_MB = 1_000_000


async def measure(plan: Plan) -> list[Figure]:
    """Start from nothing, rest, look, start again; with the broker's jars and from a clone."""
    plan.needs(*(f"services/{name}/src" for name in ("registry", "cases", "job-orders", "gateway")))
    first, second, whole, processor = [], [], [], []
    processes: dict[str, list[float]] = {}
    stack = open_stack(NAME)
    try:
        for _ in range(plan.runs):
            _local("reset")
            first.append(_local("up"))
            await asyncio.sleep(SETTLING_SECONDS)
            before = _cpu_seconds(stack)
            await asyncio.sleep(WATCHED_SECONDS)
            processor.append(100 * (_cpu_seconds(stack) - before) / WATCHED_SECONDS)
            for name, megabytes in _memory_of_processes(stack).items():
                processes.setdefault(name, []).append(megabytes)
            whole.append(_memory(_everything(stack)))
            second.append(_local("up"))
    finally:
        _local("reset")
        shutil.rmtree(stack.directory, ignore_errors=True)
    largest = [max(round_) for round_ in zip(*processes.values(), strict=False)]
    return [
        Figure("process.idle_mb", f"MB {_MEASURE}, the largest", largest, at_most=MOST_PROCESS_MB),
        *(
            Figure(f"process.idle_mb.{name}", f"MB {_MEASURE}", megabytes)
            for name, megabytes in processes.items()
        ),
        Figure("stack.idle_mb", f"MB {_MEASURE}, all", whole, at_most=MOST_STACK_MB),
        Figure("stack.idle_cpu_percent", "% of one core", processor),
        Figure("stack.first_up_s", "s, jars here", first),
        Figure("stack.second_up_s", "s", second, at_most=MOST_SECOND_UP_SECONDS),
        *_from_clones(plan),
    ]


def _from_clones(plan: Plan) -> list[Figure]:
    """`make up` in a copy of the checkout that has neither environment nor jars."""
    times = []
    for _ in range(plan.runs):
        with tempfile.TemporaryDirectory(prefix="sinergi-clone-") as folder:
            # PostgreSQL's own user has to get through.
            Path(folder).chmod(0o755)
            _copy_checkout(Path(folder))
            try:
                times.append(_timed(["make", "up"], Path(folder), CLONE_NAME))
            except CannotMeasure as reason:
                plan.miss(f"stack.first_up_from_clone_s: {reason}")
                return []
            finally:
                subprocess.run(
                    ["make", "reset"],
                    check=False,
                    cwd=folder,
                    env=_environment(CLONE_NAME),
                    capture_output=True,
                )
    return [Figure("stack.first_up_from_clone_s", "s, nothing here", times)]


def _copy_checkout(target: Path) -> None:
    """Every file that a clone would have, as it is now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        cwd=ROOT,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _local(word: str) -> float:
    return _timed([sys.executable, "-m", "deploy.local", word], ROOT, NAME)


def _timed(command: list[str], folder: Path, name: str) -> float:
    """Seconds that a command takes; raises CannotMeasure with its last line when it fails."""
    began = time.perf_counter()
    outcome = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=_environment(name),
        text=True,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
    )
    if outcome.returncode != 0:
        said = (outcome.stderr.strip() or outcome.stdout.strip()).splitlines()
        raise CannotMeasure(f"{' '.join(command[-2:])} failed: {said[-1] if said else '?'}")
    return time.perf_counter() - began


def _environment(name: str) -> dict[str, str]:
    """Our own without what an outer make told its children."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return kept | {"SINERGI_STACK": name}


def _memory_of_processes(stack: Stack) -> dict[str, float]:
    """Each of the eight by itself, and what one of them started under its module's name."""
    now = supervision.states(stack)
    memory = {}
    for name in service_names():
        process = psutil.Process(now[name].pid)
        memory[name] = _memory([process])
        for child in process.children(recursive=True):
            memory[child.cmdline()[-1].replace(".", "-")] = _memory([child])
    return memory


def _everything(stack: Stack) -> set[psutil.Process]:
    """All processes of the stack: PostgreSQL, Kafka, the eight, and supervisor."""
    return _with_children(process.pid for process in supervision.find_leftovers(stack))


def _with_children(pids: Iterable[int]) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            found |= {process, *process.children(recursive=True)}
    return found


def _memory(processes: Iterable[psutil.Process]) -> float:
    """Megabytes; a page that several processes share counts for each by its share."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / _MB


def _cpu_seconds(stack: Stack) -> float:
    total = 0.0
    for process in _everything(stack):
        with suppress(psutil.NoSuchProcess):
            spent = process.cpu_times()
            total += spent.user + spent.system
    return total


_MEASURE = "PSS"
