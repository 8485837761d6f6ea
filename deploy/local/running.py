"""Starts the servers and processes of a stack in order, and stops exactly those again."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from deploy.local import broker, extras, identity, postgres, preflight, realm, supervision
from deploy.local.errors import StackError
from deploy.local.keys import ensure_keys
from deploy.local.migrations import migrate_if_changed
from deploy.local.processes import server_names, service_names
from deploy.local.progress import say, step
from deploy.local.readiness import await_processes
from deploy.local.stack import SERVICES, Stack, shared_use, stack_lock
from deploy.local.topics import ensure_topics_if_changed

_EXTRA_SECONDS = 120
_ALIVE = {"STARTING", "RUNNING"}
_PORTS = {
    "postgres": ["postgres"],
    "kafka": ["kafka", "kafka-controller"],
    "keycloak": ["keycloak"],
} | {service.name: [service.name] for service in SERVICES}


@contextmanager
def servers(stack: Stack, *, durable: bool = True) -> Iterator[Stack]:
    """PostgreSQL (with databases and roles) and Kafka run inside the block; no process of ours.

    Several runs may share a stack: the last to leave stops what such a block had started, and
    what a command (`make up`) had started stays. `durable=False` makes the databases faster and
    careless of a crash of the machine.
    """
    with shared_use(stack) as is_last:
        with stack_lock(stack, wait=True):
            if start_servers(stack, durable=durable):
                stack.remember(ends_with_users=True)
        try:
            yield stack
        finally:
            with stack_lock(stack, wait=True):
                if stack.read_facts().get("ends_with_users") and is_last():
                    stop_everything(stack)


def start_servers(stack: Stack, *, durable: bool = True, whole: bool = False) -> list[str]:
    """Bring up the servers side by side; `whole` adds migrations and topics.

    Returns the names of those that did not run before. Raises StackError with cause and cure.
    The caller holds the stack's lock.
    """
    preflight.check_machine()
    ensure_keys(stack)
    if stack.has_keycloak:
        realm.ensure_credentials(stack)
        realm.write_issuers(stack)
    own = server_names(stack)
    if "postgres" in own:
        postgres.prepare_machine(stack)
    if {"kafka", "keycloak"} & set(own):
        preflight.find_java()
    _clear_the_way(stack, [*own, *service_names()] if whole else own)
    stopped = [name for name in own if name not in running(stack)]
    supervision.ensure_running(stack)
    _side_by_side(
        lambda: _start_postgres(stack, fresh="postgres" in stopped, durable=durable, whole=whole),
        lambda: _start_kafka(stack, fresh="kafka" in stopped, whole=whole),
        lambda: _start_keycloak(stack, fresh="keycloak" in stopped),
    )
    return stopped


def start_processes(stack: Stack) -> list[str]:
    """Start those of the eight processes that do not run; return their names once all are ready."""
    started = supervision.start(stack, service_names())
    if started:
        say(f"starting {len(started)} processes …")
    await_processes(stack, started=started)
    return started


def start_extras(stack: Stack) -> list[str]:
    """Start what this stack has beside the eight; return the names once all of them answer."""
    alive = running(stack)
    started = []
    for extra in extras.chosen(stack):
        missing = [name for name in extra.ports if name not in alive]
        preflight.check_ports(stack, [extra.ports[name] for name in missing])
        started += supervision.start(stack, missing)
        _await_extra(stack, extra)
    return started


def _await_extra(stack: Stack, extra: extras.Extra) -> None:
    give_up = time.monotonic() + _EXTRA_SECONDS
    for name in extra.ports:
        while not extra.is_ready(stack, name):
            if time.monotonic() > give_up:
                raise StackError(
                    f"{name} does not answer", f"See its log: make logs SERVICE={name}"
                )
            time.sleep(0.1)


def stop_everything(stack: Stack) -> list[str]:
    """Stop what the stack started and nothing else; return the names of what was stopped."""
    stopped = []
    if supervision.is_running(stack):
        beside = [*extras.process_names(stack), "keycloak"]
        for names in (service_names(), [*beside, "kafka", "postgres"]):
            stopped += supervision.stop(stack, [name for name in names if name in running(stack)])
        supervision.shut_down(stack)
    return stopped + supervision.stop_leftovers(stack)


def wipe(stack: Stack) -> None:
    """Delete everything a stopped stack keeps; what was fetched stays."""
    shutil.rmtree(stack.directory, ignore_errors=True)


def running(stack: Stack) -> list[str]:
    """The names of the processes that run, or are being started."""
    return [one.name for one in supervision.states(stack).values() if one.state in _ALIVE]


def _clear_the_way(stack: Stack, names: Iterable[str]) -> None:
    """Stop what an earlier supervisor left behind, and look who else holds our ports."""
    if not supervision.is_running(stack) and (left := supervision.stop_leftovers(stack)):
        say(f"stopped what an earlier start had left running: {', '.join(left)}")
    alive = running(stack)
    needed = [port for name in names if name not in alive for port in _PORTS.get(name, [])]
    if stack.kafka_detour and "kafka" not in alive:
        needed.append("kafka-detour")
    preflight.check_ports(stack, needed)


def _start_postgres(stack: Stack, *, fresh: bool, durable: bool, whole: bool) -> None:
    if fresh:
        with step("starting PostgreSQL", "PostgreSQL is ready"):
            postgres.prepare_data(stack, durable=durable)
            supervision.start(stack, ["postgres"])
            postgres.wait_until_ready(stack)
            postgres.apply_roles_if_changed(stack)
    else:
        postgres.apply_roles_if_changed(stack)
    if whole:
        migrate_if_changed(stack)


def _start_kafka(stack: Stack, *, fresh: bool, whole: bool) -> None:
    if fresh:
        broker.ensure_jars()
        with step("starting Kafka", "Kafka is ready"):
            broker.prepare_data(stack)
            supervision.start(stack, ["kafka"])
            broker.wait_until_ready(stack)
    if whole:
        ensure_topics_if_changed(stack)


def _start_keycloak(stack: Stack, *, fresh: bool) -> None:
    if fresh:
        identity.ensure_distribution()
        with step("starting Keycloak", "Keycloak is ready"):
            identity.prepare_home(stack)
            supervision.start(stack, ["keycloak"])
            identity.wait_until_ready(stack)


def _side_by_side(*jobs: Callable[[], None]) -> None:
    """Do all at once, wait for all, and raise what the first of them raised."""
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        running_jobs = [pool.submit(job) for job in jobs]
    for job in running_jobs:
        job.result()
