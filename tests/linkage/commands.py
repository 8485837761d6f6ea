"""Runs a matcher's command as the contract says, and takes its time and memory as a tree."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import psutil

from tests.linkage.answers import Mode
from tests.linkage.draws.drawing import Draw

TIME_LIMIT: Final = 600
_LOOK_EVERY: Final = 0.25


class Run(NamedTuple):
    """What a command took, with all processes that it started."""

    wall: float
    cpu: float
    peak_mib: float
    out: Path
    counts: Path


class CommandFailedError(Exception):
    """The command ended badly or took longer than the contract allows."""


def run(
    command: Sequence[str],
    draw: Draw,
    mode: Mode,
    *,
    out: Path,
    limit: float = TIME_LIMIT,
    counts: bool = False,
) -> Run:
    """One run of the command over a set; raises when it fails or does not end in time. Counts are
    asked for in the mode that unifies, and where they are wanted.
    """
    counted = out.with_suffix(".counts.csv")
    right = "-" if mode is Mode.DEDUPE else str(draw.right)
    arguments = [*command, "--mode", mode, "--left", str(draw.left), "--right", right]
    arguments += ["--schema", str(draw.schema), "--out", str(out)]
    if counts or mode is Mode.UNIFY:
        arguments += ["--counts", str(counted)]
    return take(arguments, out=out, counts=counted, limit=limit)


def take(arguments: Sequence[str], *, out: Path, counts: Path, limit: float = TIME_LIMIT) -> Run:
    """Start the program, watch its tree, wait for its end."""
    out.unlink(missing_ok=True)
    log = out.with_suffix(".log")
    before = os.times()
    started = time.monotonic()
    with log.open("wb") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        watch.start()
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            for one in watch.tree():
                one.kill()
            process.wait()
            raise CommandFailedError(f"no end within {limit} s: {arguments[0]}") from None
        finally:
            watch.stop()
    wall, after = time.monotonic() - started, os.times()
    if code or not out.exists():
        tail = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise CommandFailedError(f"{arguments[0]} ended with {code}: {' / '.join(tail)}")
    # The kernel adds a child's time when it has been waited for, grandchildren within it.
    cpu = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return Run(wall, cpu, watch.peak / 2**20, out, counts)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its children all the while, and keeps the most."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            self.peak = max(self.peak, _held(self.tree()))

    def tree(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _held(tree: list[psutil.Process]) -> int:
    """Memory of all; what forked processes share is divided among them, so it counts once."""
    held = 0
    for one in tree:
        with suppress(psutil.Error):
            # The exact way walks all pages, which would slow down one large process for nothing.
            held += one.memory_info().rss if len(tree) == 1 else one.memory_full_info().pss
    return held
