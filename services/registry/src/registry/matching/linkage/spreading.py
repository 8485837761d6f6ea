"""Work on large tables spread over processes that share them by being forked."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")

WORTH_SPREADING = 8
"""Fewer pieces are done sooner than processes are started."""
MOST_PROCESSES = 2

_work: list[Callable[[int], object]] = []


def spread(work: Callable[[int], Result], pieces: int) -> list[Result]:
    """The results of the work on each piece in order; forked processes inherit what it needs."""
    processes = min(MOST_PROCESSES, os.cpu_count() or 1)
    if pieces < WORTH_SPREADING or processes == 1:
        return [work(piece) for piece in range(pieces)]
    _work.append(work)
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            return list(pool.map(_do, range(pieces)))  # type: ignore[arg-type]  # of this work.
    finally:
        _work.pop()


def _do(piece: int) -> object:
    return _work[-1](piece)
