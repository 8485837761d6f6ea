"""Names, paths and ports of one local stack and what it remembers; starts nothing itself.

A stack is called `dev` unless SINERGI_STACK says otherwise. Its files live in `.local/<name>/`,
so a person's stack and a test run's stack never meet.
"""

import fcntl
import json
import os
import random
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
LOOPBACK = "127.0.0.1"

# A name in the process environment that marks everything a stack started, whoever its parent is.
STARTED_BY = "SINERGI_STARTED_BY"

DEV_PORTS = {
    "gateway": 8080,
    "registry": 8081,
    "cases": 8082,
    "job-orders": 8083,
    "postgres": 55432,
    "kafka": 59092,
    "kafka-controller": 59093,
    "kafka-detour": 59094,
    "collector": 54318,
    "prometheus": 59090,
    "keycloak": 8090,
}

# Below the range from which the kernel lends ports to outgoing connections.
FREE_PORTS = range(20000, 32000)

# Folders beside those of the stacks begin so.
_TAKEN_NAMES = ("backups", "kafka", "keycloak")

_facts_lock = threading.Lock()


@dataclass(frozen=True)
class Service:
    """One deployable: its folder in `services/`, its package, the prefix of its settings."""

    name: str
    package: str

    @property
    def prefix(self) -> str:
        return self.package.upper() + "_"

    @property
    def messenger(self) -> str:
        return f"{self.name}-messenger"


SERVICES = (
    Service("registry", "registry"),
    Service("cases", "cases"),
    Service("job-orders", "job_orders"),
    Service("gateway", "gateway"),
)


def get_service(name: str) -> Service:
    """Return the service of that name; raises StackError for any other word."""
    for service in SERVICES:
        if name in {service.name, service.package}:
            return service
    known = ", ".join(service.name for service in SERVICES)
    raise StackError(f"there is no service {name!r}", f"Name one of: SERVICE={known}")


@dataclass(frozen=True)
class Stack:
    """Where one stack keeps its files and listens."""

    name: str
    directory: Path
    ports: dict[str, int]

    @property
    def keys(self) -> Path:
        return self.directory / "keys"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def postgres_data(self) -> Path:
        return self.directory / "postgres"

    @property
    def kafka_data(self) -> Path:
        return self.directory / "kafka"

    @property
    def own_postgres_url(self) -> str:
        """Superuser address of a PostgreSQL that somebody else runs; empty for ours."""
        return os.environ.get("SINERGI_POSTGRES_URL", "")

    @property
    def own_kafka_bootstrap(self) -> str:
        """Address of a Kafka that somebody else runs; empty for ours."""
        return os.environ.get("SINERGI_KAFKA_BOOTSTRAP", "")

    @property
    def kafka_bootstrap(self) -> str:
        return self.own_kafka_bootstrap or f"{LOOPBACK}:{self.ports['kafka']}"

    @property
    def postgres_detour(self) -> str:
        """The host:port by which the eight processes reach PostgreSQL, through something that
        somebody put between; empty where nothing is.
        """
        return os.environ.get("SINERGI_POSTGRES_DETOUR", "")

    @property
    def kafka_detour(self) -> str:
        """The same for Kafka, which tells clients this address on a listener of its own."""
        return "" if self.own_kafka_bootstrap else os.environ.get("SINERGI_KAFKA_DETOUR", "")

    @property
    def gateway_url(self) -> str:
        return self.url("gateway")

    @property
    def has_keycloak(self) -> bool:
        """Whether an identity provider belongs to this stack; said once, it is remembered."""
        return bool(self.read_facts().get("keycloak"))

    @property
    def issuer_url(self) -> str:
        """What the identity provider calls itself in its tokens."""
        return f"{self.url('keycloak')}/realms/sinergi"

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[service]}"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def read_facts(self) -> dict[str, Any]:
        """What the stack remembers between starts: ports, and which steps were done once."""
        with suppress(FileNotFoundError, json.JSONDecodeError):
            facts: dict[str, Any] = json.loads(self._facts_file.read_text())
            return facts
        return {}

    def remember(self, **facts: Any) -> None:
        """Add to what the stack remembers; safe from several threads of one command."""
        with _facts_lock:
            together = self.read_facts() | facts
            write_private(self._facts_file, json.dumps(together, indent=1) + "\n")

    @property
    def _facts_file(self) -> Path:
        return self.directory / "stack.json"


def open_stack(name: str | None = None) -> Stack:
    """Return the stack of that name (else of SINERGI_STACK, else `dev`), with ports it keeps.

    Makes the stack's folder; raises StackError for a name that cannot be a folder.
    """
    name = name or os.environ.get("SINERGI_STACK") or "dev"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name) or name.startswith(_TAKEN_NAMES):
        raise StackError(
            f"{name!r} cannot name a stack",
            "Set SINERGI_STACK to small letters, digits and hyphens, such as dev",
        )
    directory = LOCAL / name
    directory.mkdir(parents=True, exist_ok=True)
    with file_lock(LOCAL / "ports.lock", wait=True):
        kept = Stack(name, directory, {}).read_facts().get("ports", {})
        # A stack that is older than one of its ports keeps the others.
        missing = DEV_PORTS.keys() - kept.keys()
        stack = Stack(name, directory, kept)
        if missing:
            chosen = DEV_PORTS if name == "dev" else _choose_ports()
            stack = Stack(name, directory, kept | {one: chosen[one] for one in missing})
            stack.remember(ports=stack.ports)
    return stack


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _choose_ports() -> dict[str, int]:
    """Ports that nobody uses and that no other stack of this checkout has put aside."""
    taken = set(DEV_PORTS.values())
    for other in LOCAL.glob("*/stack.json"):
        with suppress(OSError, json.JSONDecodeError):
            taken.update(json.loads(other.read_text()).get("ports", {}).values())
    pool = random.sample(FREE_PORTS, len(FREE_PORTS))
    free = (port for port in pool if port not in taken and is_port_free(port))
    return {name: next(free) for name in DEV_PORTS}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


@contextmanager
def file_lock(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock of that file; the kernel frees it when its holder dies.

    Raises BlockingIOError when it is taken and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def shared_use(stack: Stack) -> Iterator[Callable[[], bool]]:
    """Count among the users of a stack inside the block; gives the question "am I the last?".

    A killed user counts no more. Asking is the last thing a user does.
    """
    with (LOCAL / f"{stack.name}.users").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)

        def is_last() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_last


@contextmanager
def stack_lock(stack: Stack, *, wait: bool = False) -> Iterator[None]:
    """Keep two starts or stops of one stack apart; raises StackError when another one runs."""
    path = LOCAL / f"{stack.name}.lock"
    try:
        with file_lock(path, wait=wait):
            yield
    except BlockingIOError:
        holder = path.read_text().strip() or "unknown"
        raise StackError(
            f"another command is starting or stopping the stack {stack.name!r} (process {holder})",
            "Wait until it has ended, or interrupt it, and try again",
        ) from None
