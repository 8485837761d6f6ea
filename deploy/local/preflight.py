"""What the machine must have before anything starts: tools, space, free ports."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.progress import say
from deploy.local.stack import LOCAL, Stack, is_port_free

OLDEST_PYTHON = (3, 11)
OLDEST_JAVA = 17
LEAST_FREE_BYTES = 1 << 30
_JAVA_CURE = "Install a Java runtime of version 17 or newer (Debian: openjdk-17-jre-headless)"
# The second is what later Debian releases call their own Java, none older than 17 any more.
_JAVA_PACKAGES = ("openjdk-17-jre-headless", "default-jre-headless")


def check_machine() -> None:
    """Raise StackError for an old Python or a full disk."""
    if sys.version_info < OLDEST_PYTHON:
        raise StackError(
            f"Sinergi needs Python 3.11 or newer; this is {sys.version.split()[0]}",
            "Install it, or name one: make PYTHON=python3.12 up",
        )
    free = shutil.disk_usage(LOCAL).free
    if free < LEAST_FREE_BYTES:
        raise StackError(
            f"only {free >> 20} MiB are free on the disk of {LOCAL}; a stack needs 1 GiB",
            "Free some space, then try again",
        )


def check_ports(stack: Stack, names: Iterable[str]) -> None:
    """Raise StackError when somebody else holds a port that one of these is about to need."""
    for name in names:
        port = stack.ports[name]
        if not is_port_free(port):
            raise StackError(
                f"port {port}, meant for {name}, is taken{_holder(port)}",
                "Stop that program, or start a stack of another name, "
                "which looks for free ports: make up SINERGI_STACK=second",
            )


@cache
def find_java() -> str:
    """Return a java of version 17 or newer, installed first where that needs no question."""
    java, version = _java_and_version()
    if java is None and _install(*_JAVA_PACKAGES):
        java, version = _java_and_version()
    if java is None:
        raise StackError("Apache Kafka needs Java, and there is none", _JAVA_CURE)
    if version < OLDEST_JAVA:
        raise StackError(f"Apache Kafka needs Java 17; {java} is version {version}", _JAVA_CURE)
    return java


@cache
def find_maven() -> str:
    """Return Maven, installed first where that needs no question."""
    maven = shutil.which("mvn")
    if maven is None and _install("maven"):
        maven = shutil.which("mvn")
    if maven is None:
        raise StackError(
            "fetching Apache Kafka needs Maven, and there is no mvn",
            "Install it (Debian: maven), or name a broker of your own: SINERGI_KAFKA_BOOTSTRAP",
        )
    return maven


def _java_and_version() -> tuple[str | None, int]:
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home, "bin", "java"))] if home else []
    for candidate in [*candidates, "java"]:
        java = shutil.which(candidate)
        if java is None:
            continue
        told = subprocess.run([java, "-version"], check=False, text=True, capture_output=True)
        version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
        if version:
            return java, int(version.group(1))
    return None, 0


def _install(*names: str) -> bool:
    """Install the first of these Debian packages that exists, where we may; say whether."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"installing {names[0]} (root on Debian: without a question)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]

    def run(*arguments: str) -> bool:
        line = [*quiet, *arguments]
        outcome = subprocess.run(line, check=False, env=environment, capture_output=True)
        return outcome.returncode == 0

    run("update")
    return any(run("install", "-y", "--no-install-recommends", name) for name in names)


def _holder(port: int) -> str:
    """Name the program that listens there, as far as we are allowed to see it."""
    import psutil  # noqa: PLC0415  # Only a failing start needs it.

    try:
        for connection in psutil.net_connections("tcp"):
            is_this = connection.laddr and connection.laddr.port == port
            if is_this and connection.status == psutil.CONN_LISTEN:
                process = psutil.Process(connection.pid)
                return f" by {process.name()} (process {process.pid})"
    except psutil.Error:
        pass
    return ""
