"""A checkout whose four services are stand-ins: everything else about the stack is real."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local import broker, supervision
from deploy.local.stack import ROOT, SERVICES, Stack

STANDINS = Path(__file__).parent / "standins"


@dataclass(frozen=True)
class Checkout:
    """A folder in which `python -m deploy.local` runs, and the name of its stack."""

    root: Path
    name: str = "standin"

    @property
    def directory(self) -> Path:
        return self.root / ".local" / self.name

    @property
    def facts(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.directory / "stack.json").read_text())
        return content

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Give one command and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *words],
            check=False,
            cwd=self.root,
            env=os.environ | {"SINERGI_STACK": self.name} | environment,
            text=True,
            capture_output=True,
            timeout=300,
        )

    def must(self, *words: str, **environment: str) -> str:
        """The same, and it has to succeed; return what it printed."""
        outcome = self.run(*words, **environment)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def refuses(self, *words: str, **environment: str) -> str:
        """The same, and it has to fail with one line; return that line."""
        outcome = self.run(*words, **environment)
        assert outcome.returncode != 0, outcome.stdout
        lines = [line for line in outcome.stderr.splitlines() if not line.startswith("!")]
        assert len(lines) == 1, outcome.stderr
        return lines[0]

    def pids(self) -> dict[str, int]:
        """The processes that run, by name, from what its supervisor reports."""
        stack = Stack(self.name, self.directory, {})
        return {one.name: one.pid for one in supervision.states(stack).values() if one.pid}


def until(holds: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Whether it comes to hold within that time."""
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def make_checkout(root: Path) -> Checkout:
    """Fill an empty folder with the runner, the roles, and stand-in services."""
    for folder in ("local", "observe", "postgres"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "deploy" / folder, root / "deploy" / folder, ignore=ignore)
    (root / "deploy" / "kafka").mkdir()
    shutil.copy(STANDINS / "topics.yaml", root / "deploy" / "kafka")
    for service in SERVICES:
        home = root / "services" / service.name
        (home / "migrations" / "versions").mkdir(parents=True)
        (home / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
        shutil.copy(STANDINS / "env.py", home / "migrations")
        shutil.copy(STANDINS / "0001_create_leases.py", home / "migrations" / "versions")
        # The code a change of which restarts the service; the package itself lies at the root,
        # where it hides the real one.
        (home / "src").mkdir()
        (home / "src" / "code.py").write_text("")
        (root / service.package).mkdir()
        (root / service.package / "__init__.py").write_text("")
        for module in ("main.py", "messenger.py", "connections.py"):
            shutil.copy(STANDINS / module, root / service.package)
    (root / ".local").mkdir()
    broker.ensure_jars()
    (root / ".local" / broker.JARS.name).symlink_to(broker.JARS)
    return Checkout(root)


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """A checkout of this test module's own; whatever runs there ends with it."""
    root = Path(tempfile.mkdtemp(prefix="sinergi-"))
    checkout = make_checkout(root)
    try:
        yield checkout
    finally:
        checkout.run("down")
        shutil.rmtree(root)


@pytest.fixture
def started(checkout: Checkout) -> Checkout:
    """The same, with its stack running."""
    checkout.must("up")
    return checkout
