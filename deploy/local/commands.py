"""What each word after `python -m deploy.local` does."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import extras, migrations, running, status, supervision
from deploy.local.environments import environment
from deploy.local.errors import StackError
from deploy.local.page import show_page
from deploy.local.pilot import load_pilot_data, load_pilot_data_once
from deploy.local.processes import http_command, server_names, service_names
from deploy.local.progress import say, step, warn
from deploy.local.stack import LOCAL, LOOPBACK, ROOT, SERVICES, Stack, get_service, stack_lock
from deploy.local.tokens import check_mission, sign_token


def up(stack: Stack, *, keycloak: bool | None) -> int:
    """Start whatever does not run yet, from nothing to the page of addresses."""
    with stack_lock(stack):
        _refuse_unfinished_restore(stack)
        extras.choose(stack)
        if keycloak is not None:
            stack.remember(keycloak=keycloak)
        started = running.start_servers(stack, whole=True)
        started += running.start_extras(stack)
        started += running.start_processes(stack)
        if not started:
            say("everything runs already")
        stack.remember(ends_with_users=False)
        loaded = load_pilot_data_once(stack)
    show_page(stack)
    return 0 if loaded else 1


def servers(stack: Stack) -> int:
    """Start PostgreSQL and Kafka alone."""
    with stack_lock(stack):
        running.start_servers(stack)
        stack.remember(ends_with_users=False)
    place = "elsewhere" if stack.own_postgres_url else f"{LOOPBACK}:{stack.ports['postgres']}"
    say(f"PostgreSQL {place}, Kafka {stack.kafka_bootstrap}; passwords are in {stack.keys}")
    return 0


def down(stack: Stack) -> int:
    """Stop exactly what was started here; the data stays."""
    with stack_lock(stack):
        if stopped := running.stop_everything(stack):
            say(f"stopped {', '.join(stopped)}")
        else:
            say(f"nothing of the stack {stack.name!r} was running")
    return 0


def reset(stack: Stack) -> int:
    """Stop, and wipe the stack's data, keys and logs; what was fetched stays."""
    with stack_lock(stack):
        running.stop_everything(stack)
        running.wipe(stack)
    say(f"wiped {stack.directory.relative_to(ROOT)}")
    if stack.own_postgres_url or stack.own_kafka_bootstrap:
        warn("servers that you named yourself are not wiped; that is yours to do")
    return 0


def show_status(stack: Stack) -> int:
    """Show processes, outboxes, parked keys and lag; 1 unless all of them run."""
    return 0 if status.show_status(stack) else 1


def logs(stack: Stack, *, service: str | None) -> int:
    """Follow the logs of one service's two processes, of one process, or of all."""
    processes = [*server_names(stack), *extras.process_names(stack), *service_names()]
    if service in {one.name for one in SERVICES}:
        names = [str(service), get_service(str(service)).messenger]
    elif service is None or service in processes:
        names = [service] if service else processes
    else:
        raise StackError(
            f"there is no process {service!r}", f"Name one of: SERVICE={', '.join(processes)}"
        )
    paths = [str(stack.log(name)) for name in names if stack.log(name).exists()]
    if not paths:
        raise StackError(f"{names[0]} has written no log yet", "Start the stack: make up")
    with suppress(KeyboardInterrupt):
        return subprocess.run(["tail", "-n", "40", "-F", *paths], check=False).returncode
    return 0


def token(
    stack: Stack,
    *,
    role: str,
    organisation: str | None,
    mission: str | None,
    subject: str | None,
    purposes: list[str] | None,
) -> int:
    """Print an access token for that role; refuses a mission that there is none of."""
    if mission:
        check_mission(mission)
    chosen = tuple(purposes) if purposes else None
    print(
        sign_token(
            stack,
            role,
            organisation=organisation,
            mission=mission,
            subject=subject,
            purposes=chosen,
        )
    )
    return 0


def sign_in(stack: Stack, *, role: str, call: str | None) -> int:
    """Print the headers of a call by that role, with a token that the stack's Keycloak gave."""
    if not stack.has_keycloak:
        raise StackError("this stack has no Keycloak", "Start it with one: make up KEYCLOAK=1")
    from deploy.local.sign_in import header_lines  # noqa: PLC0415  # Heavy, and rarely asked for.

    print(header_lines(stack, role, call))
    return 0


def migrate(stack: Stack, *, service: str | None) -> int:
    """Bring the tables of one service, or of all, to their newest revision."""
    _refuse_stopped(stack)
    names = [get_service(service).name] if service else [one.name for one in SERVICES]
    with step(f"migrating {', '.join(names)}", "all migrations are applied"):
        migrations.migrate(stack, names)
    return 0


def migration(stack: Stack, *, service: str, name: str) -> int:
    """Write the draft of a service's next migration."""
    _refuse_stopped(stack)
    print(migrations.draft(stack, service, title=name).strip())
    return 0


def dev(stack: Stack, *, service: str) -> int:
    """Run one service's HTTP process here, with reload, in place of the stack's own."""
    chosen = get_service(service)
    _refuse_stopped(stack)
    supervision.stop(stack, [chosen.name])
    say(f"{chosen.name} runs here with reload at {stack.url(chosen.name)}; Ctrl-C gives it back")
    folders = [f"services/{chosen.name}/src", "shared/src"]
    reload = ["--reload", *(word for folder in folders for word in ("--reload-dir", folder))]
    # Ctrl-C is for uvicorn, which listens for it itself; we then give the port back.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        subprocess.run(
            http_command(stack, chosen, *reload),
            check=False,
            cwd=ROOT,
            env=os.environ | environment(stack, chosen.name),
        )
    finally:
        signal.signal(signal.SIGINT, previous)
        supervision.start(stack, [chosen.name])
    return 0


def messenger(stack: Stack, *, service: str | None, words: list[str]) -> int:
    """Give a command (replay, republish) to the messenger of one service, or of all."""
    _refuse_stopped(stack)
    chosen = [get_service(service)] if service else list(SERVICES)
    worst = 0
    for one in chosen:
        say(f"{one.name}: {' '.join(words)}")
        outcome = subprocess.run(
            [sys.executable, "-m", f"{one.package}.messenger", *words],
            check=False,
            cwd=ROOT,
            env=os.environ | environment(stack, one.name),
        )
        worst = max(worst, outcome.returncode)
    return worst


def seed(stack: Stack, *, count: int | None) -> int:
    """Load the pilot data through the gateway, or as many records as you say."""
    _refuse_stopped(stack)
    return 0 if load_pilot_data(stack, count=count) else 1


def backup(stack: Stack, *, to: str | None, within: float) -> int:
    """Back up the four databases of a running stack into a new folder."""
    # Loads the services' message lists and the database's driver, which other commands do without.
    from deploy.local.backup import make_backup  # noqa: PLC0415

    _refuse_stopped(stack)
    named = f"{stack.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    folder = Path(to) if to else LOCAL / "backups" / named
    if folder.exists():
        raise StackError(f"{folder} exists already", "Name a new folder: make backup TO=folder")
    manifest = asyncio.run(make_backup(stack, folder.absolute(), within_seconds=within))
    parked = sum(one.marks.parked_keys for one in manifest.databases.values())
    if parked:
        say(f"{parked} parked keys are in it as they stand; make replay works on them later")
    size = sum(one.bytes for one in manifest.databases.values()) >> 10
    say(f"backup of {manifest.taken_at} in {folder} ({size} KiB); keys are not in it: keep them")
    return 0


def restore(stack: Stack, *, folder: str, confirm: bool, stop: bool) -> int:
    """Replace what the stack holds by a backup, and begin Kafka anew."""
    from deploy.local.restore import restore_backup  # noqa: PLC0415  # As above.

    with stack_lock(stack):
        place = Path(folder).absolute()
        manifest = restore_backup(stack, place, is_confirmed=confirm, may_stop=stop)
    say(f"the stack holds what it held at {manifest.taken_at}. Start it: make up")
    return 0


def _refuse_stopped(stack: Stack) -> None:
    if not running.running(stack) and not stack.own_postgres_url:
        raise StackError(f"the stack {stack.name!r} is not running", "Start it first: make up")


def _refuse_unfinished_restore(stack: Stack) -> None:
    folder = stack.read_facts().get("restoring")
    if folder:
        raise StackError(
            f"a restore from {folder} was interrupted: the databases may be of different moments",
            f"Do it again to its end: make restore FROM={folder} CONFIRM=1 STOP=1",
        )
