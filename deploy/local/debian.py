"""Programs of Debian: found, or installed where that needs no question, and never started."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_STARTING = Path("/usr/sbin/policy-rc.d")


def find_program(program: str, *, package: str | None = None) -> str | None:
    """Where a program is; as root on Debian it is installed first. None where there is none."""
    found = _which(program)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(package or program)
        found = _which(program)
    return found


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _install(package: str) -> None:
    with _nothing_started():
        for words in (["update"], ["install", "-y", "--no-install-recommends", package]):
            subprocess.run(
                ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *words],
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
            )


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Debian starts what it installs, unless this file says no."""
    if _NO_STARTING.exists():
        yield
        return
    _NO_STARTING.write_text("#!/bin/sh\nexit 101\n")
    _NO_STARTING.chmod(0o755)
    try:
        yield
    finally:
        _NO_STARTING.unlink()
