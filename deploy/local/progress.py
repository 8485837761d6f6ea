"""One line of progress per step, so that nobody stares at a silent screen."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()


def say(text: str) -> None:
    """Print one whole line, also from several threads at once."""
    with _lock:
        print(f"· {text}", flush=True)


def warn(text: str) -> None:
    with _lock:
        print(f"! {text}", file=sys.stderr, flush=True)


@contextmanager
def step(doing: str, done: str) -> Iterator[None]:
    """Say what begins, and how long it took once it is done."""
    began = time.monotonic()
    say(f"{doing} …")
    yield
    say(f"{done} ({time.monotonic() - began:.1f} s)")
