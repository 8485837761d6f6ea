"""Waits until the eight processes of a stack do their work, or says which one does not and why."""

import http.client
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from deploy.local import postgres
from deploy.local.errors import StackError
from deploy.local.progress import say
from deploy.local.stack import LOOPBACK, SERVICES, Service, Stack
from deploy.local.supervision import states

TIMEOUT_SECONDS = 120
# Seen under this many ids since we began to wait, a process dies of what waiting does not mend.
_HOPELESS_STARTS = 3
_LONGEST_QUOTE = 300


def await_processes(stack: Stack, *, started: list[str]) -> None:
    """Return once every HTTP process says it is ready and every messenger holds a lease.

    Tells of each of those just started when it is ready.
    Raises StackError naming the process that keeps dying, or the one that is still not ready.
    """
    began = time.monotonic()
    waiting = [
        (service, kind) for service in SERVICES for kind in (service.name, service.messenger)
    ]
    seen: dict[str, set[int]] = defaultdict(set)
    with ThreadPoolExecutor(max_workers=len(waiting)) as pool:
        while waiting:
            _refuse_hopeless(stack, [name for _, name in waiting], seen=seen)
            ready = list(pool.map(lambda one: is_ready(stack, one[0], name=one[1]), waiting))
            for (_, name), is_up in zip(waiting, ready, strict=True):
                if is_up and name in started:
                    say(f"{name} is ready ({time.monotonic() - began:.1f} s)")
            waiting = [one for one, is_up in zip(waiting, ready, strict=True) if not is_up]
            if waiting and time.monotonic() - began > TIMEOUT_SECONDS:
                raise _not_ready(
                    stack, waiting[0][1], how=f"is not ready after {TIMEOUT_SECONDS} s"
                )
            if waiting:
                time.sleep(0.2)


def is_ready(stack: Stack, service: Service, *, name: str) -> bool:
    if name == service.messenger:
        return holds_lease(stack, service)
    return answers_ready(stack, service)


def answers_ready(stack: Stack, service: Service) -> bool:
    """Whether the HTTP process of the service answers 200 on /health/ready."""
    connection = http.client.HTTPConnection(LOOPBACK, stack.ports[service.name], timeout=3)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def holds_lease(stack: Stack, service: Service) -> bool:
    """Whether a messenger of the service has a lease that still runs: its sign of life."""
    statement = "SELECT 1 FROM leases WHERE expires_at > now() LIMIT 1"
    try:
        return bool(postgres.query(stack, service.package, statement=statement))
    except LookupError:
        return False


def _refuse_hopeless(stack: Stack, names: list[str], *, seen: dict[str, set[int]]) -> None:
    now = states(stack)
    for name in names:
        if name not in now:
            raise _not_ready(stack, name, how="is not known to supervisor")
        if now[name].pid:
            seen[name].add(now[name].pid)
        if now[name].state == "FATAL" or len(seen[name]) >= _HOPELESS_STARTS:
            raise _not_ready(stack, name, how="keeps dying")


def _not_ready(stack: Stack, name: str, *, how: str) -> StackError:
    last = "it wrote nothing"
    if stack.log(name).exists():
        lines = stack.log(name).read_text(errors="replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), last)
    return StackError(
        f"{name} {how}: {last[:_LONGEST_QUOTE]}", f"See its log: make logs SERVICE={name}"
    )
