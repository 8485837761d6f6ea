"""Supervisor as the parent of a stack's processes: started, asked, told, and stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy.local.errors import StackError
from deploy.local.processes import (
    configuration_file,
    control_socket,
    supervisor_environment,
    write_configuration,
)
from deploy.local.stack import ROOT, STARTED_BY, Stack

START_TIMEOUT_SECONDS = 15
STOP_TIMEOUT_SECONDS = 45
_STOP_ROUNDS = 3

# Supervisor's answer to an order that has nothing to do.
_NOT_RUNNING, _ALREADY_STARTED = 70, 60


@dataclass(frozen=True)
class ProcessState:
    """What supervisor says about one process."""

    name: str
    state: str
    pid: int
    started_at: int
    complaint: str


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=STOP_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> _UnixConnection:
        # Kept where the base class looks for what it has to close.
        connection = _UnixConnection(self._path)
        self._connection = (host, connection)
        return connection


def ask(stack: Stack, order: str, *arguments: Any) -> Any:
    """Give supervisor one order and return its answer; raises OSError when it is not there."""
    transport = _UnixTransport(control_socket(stack))
    with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as proxy:
        return getattr(proxy.supervisor, order)(*arguments)


def is_running(stack: Stack) -> bool:
    with suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
        return bool(ask(stack, "getPID"))
    return False


def ensure_running(stack: Stack) -> set[str]:
    """Start supervisor, or tell the running one what changed; return the processes it restarted.

    A process whose command, settings or code changed is stopped and has to be started again.
    """
    write_configuration(stack)
    if is_running(stack):
        return _reload(stack)
    stop_leftovers(stack)
    line = [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord"]
    outcome = subprocess.run(
        [*line, "-c", str(configuration_file(stack))],
        check=False,
        env=supervisor_environment(stack),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
    )
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while not is_running(stack):
        if outcome.returncode != 0 or time.monotonic() > give_up:
            told = (outcome.stderr + outcome.stdout).strip().splitlines()
            raise StackError(
                f"supervisor did not start: {told[0] if told else 'it said nothing'}",
                f"See {stack.log('supervisord')}",
            )
        time.sleep(0.02)
    return set()


def states(stack: Stack) -> dict[str, ProcessState]:
    """What each process does now, by name; empty when supervisor is not there."""
    try:
        answers = ask(stack, "getAllProcessInfo")
    except OSError:
        return {}
    return {
        one["name"]: ProcessState(
            one["name"], one["statename"], one["pid"], one["start"], one["spawnerr"]
        )
        for one in answers
    }


def start(stack: Stack, names: Iterable[str]) -> list[str]:
    """Start those that do not run yet, without waiting; return the names of the started."""
    return [
        name for name in names if _order(stack, "startProcess", name=name, futile=_ALREADY_STARTED)
    ]


def stop(stack: Stack, names: Iterable[str]) -> list[str]:
    """Stop those that run, all at once, and return when they have ended."""
    stopped = [
        name for name in names if _order(stack, "stopProcess", name=name, futile=_NOT_RUNNING)
    ]
    give_up = time.monotonic() + STOP_TIMEOUT_SECONDS
    while time.monotonic() < give_up:
        now = states(stack)
        if not any(name in now and now[name].state == "STOPPING" for name in stopped):
            break
        time.sleep(0.05)
    return stopped


def shut_down(stack: Stack) -> None:
    """End supervisor, with whatever it still runs, and return when it is gone."""
    with suppress(OSError, http.client.HTTPException, psutil.Error):
        supervisor = psutil.Process(ask(stack, "getPID"))
        ask(stack, "shutdown")
        supervisor.wait(timeout=STOP_TIMEOUT_SECONDS)


def find_leftovers(stack: Stack) -> list[psutil.Process]:
    """Every process that carries the stack's mark, supervisor among them, whoever its parent is."""
    marked = []
    for process in psutil.process_iter():
        # PostgreSQL's children overwrite their environment; they end with their parent.
        with suppress(psutil.Error, OSError):
            if process.environ().get(STARTED_BY) == str(stack.directory):
                marked.append(process)
    return marked


def stop_leftovers(stack: Stack) -> list[str]:
    """Stop what an ended supervisor left running; return the names of the stopped."""
    names = []
    # A supervisor that does not answer may start a child once more before it ends itself.
    for _ in range(_STOP_ROUNDS):
        found = find_leftovers(stack)
        names += [_name(process) for process in found]
        _end(found)
    return names


def _end(found: list[psutil.Process]) -> None:
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT if _name(process) == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs(found, timeout=STOP_TIMEOUT_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.name()
    return "gone"


def _order(stack: Stack, order: str, *, name: str, futile: int) -> bool:
    try:
        ask(stack, order, name, False)  # Supervisor's flag: do not wait.
    except xmlrpc.client.Fault as fault:
        if fault.faultCode != futile:
            raise StackError(
                f"supervisor refused to {order} {name}: {fault.faultString}",
                f"See {stack.log('supervisord')}",
            ) from None
        return False
    return True


def _reload(stack: Stack) -> set[str]:
    [[added, changed, removed]] = ask(stack, "reloadConfig")
    stop(stack, [*changed, *removed])
    for name in [*changed, *removed]:
        ask(stack, "removeProcessGroup", name)
    for name in [*added, *changed]:
        ask(stack, "addProcessGroup", name)
    return set(changed)


def kill(stack: Stack, name: str) -> int:
    """Kill one process as an accident would (SIGKILL), for tests; return the pid it had."""
    pid = states(stack)[name].pid
    os.kill(pid, signal.SIGKILL)
    return pid
