"""Puts a backup back: four databases of one moment, and a Kafka that begins anew.

The old Kafka cannot stay: it may hold events of a time that has not been, under sequences that
will be given again. All rows of the outboxes are unsent in the new one, so relays fill it.
"""

import asyncio
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import asyncpg

from deploy.local import postgres, running, supervision
from deploy.local.errors import StackError
from deploy.local.levels import read_marks
from deploy.local.manifest import (
    Manifest,
    read_manifest,
    refuse_damaged,
    refuse_newer,
    refuse_other_keys,
)
from deploy.local.processes import server_names, service_names
from deploy.local.progress import say, step
from deploy.local.stack import SERVICES, Service, Stack
from deploy.local.topics import delete_topics

# A database beside the old one, which it replaces once all four are whole.
_BESIDE = "_restoring"
_NOTHING_SENT = """
DELETE FROM leases;
UPDATE outbox SET sent_at = NULL, partition = NULL, broker_offset = NULL;
"""


def restore_backup(stack: Stack, folder: Path, *, is_confirmed: bool, may_stop: bool) -> Manifest:
    """Replace what the stack holds by a backup; the caller holds the stack's lock.

    Raises StackError with cause and cure, before anything was touched: for a backup that is not
    whole, of newer code or under other keys, over running processes, over data without a word.
    """
    manifest = read_manifest(folder)
    with step("checking the backup", f"it is whole, of {manifest.taken_at}"):
        refuse_damaged(folder, manifest)
        refuse_newer(manifest)
        refuse_other_keys(stack, manifest)
    alive = [name for name in running.running(stack) if name in service_names()]
    if alive and not may_stop:
        raise StackError(
            f"{len(alive)} processes of the stack {stack.name!r} run: {', '.join(alive)}",
            "Stop them first (make down), or let this do it: STOP=1",
        )
    if holds_data(stack) and not is_confirmed:
        raise StackError(
            f"the stack {stack.name!r} holds data, and all of it would be replaced by that of "
            f"{manifest.taken_at}",
            f"If that is what you want: make restore FROM={folder} CONFIRM=1",
        )
    supervision.stop(stack, alive)
    running.start_servers(stack)
    with step("loading the four databases beside the old ones", "they are loaded and checked"):
        asyncio.run(_load_all(stack, folder, manifest))
    # From here to the end the databases may belong to different moments: nothing may start.
    stack.remember(restoring=str(folder))
    _empty_kafka(stack)
    for service in SERVICES:
        _put_in_place(stack, service)
    postgres.apply_roles(stack)
    stack.remember(restoring=None, migrations={}, topics=None, seeded=True)
    return manifest


def holds_data(stack: Stack) -> bool:
    """Whether any of the four databases has tables."""
    if not stack.own_postgres_url:
        is_there = (stack.postgres_data / "PG_VERSION").exists()
        return is_there and bool(stack.read_facts().get("migrations"))
    try:
        there = {name for (name,) in _ask(stack, "SELECT datname FROM pg_database")}
        statement = "SELECT 1 WHERE to_regclass('public.alembic_version') IS NOT NULL"
        return any(_ask(stack, statement, one.package) for one in SERVICES if one.package in there)
    except LookupError as error:
        raise StackError(
            f"PostgreSQL does not answer: {error}", "Start it, then try again"
        ) from None


async def _load_all(stack: Stack, folder: Path, manifest: Manifest) -> None:
    for service in SERVICES:
        _make_beside(stack, service)
    await asyncio.gather(*(_load(stack, one, folder=folder, manifest=manifest) for one in SERVICES))


async def _load(stack: Stack, service: Service, *, folder: Path, manifest: Manifest) -> None:
    """Fill one database beside the old one; it must say of itself what the manifest says of it."""
    saved = manifest.databases[service.name]
    process = await asyncio.create_subprocess_exec(
        postgres.program("pg_restore"),
        *("--exit-on-error", f"--dbname={service.package}{_BESIDE}", str(folder / saved.file)),
        env=postgres.client_environment(stack, f"{service.package}{_BESIDE}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, told = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if process.returncode != 0:
        raise StackError(
            f"pg_restore of {service.name}: {postgres.first_line(told.decode())}",
            "Nothing was replaced. Mend the cause, and try again",
        )
    connection = await asyncpg.connect(postgres.admin_url(stack, f"{service.package}{_BESIDE}"))
    try:
        if await read_marks(connection) != saved.marks:
            raise StackError(
                f"{service.name} came back with other sums than its manifest tells",
                "Nothing was replaced. Take another copy of the backup, or an earlier one",
            )
        await connection.execute(_NOTHING_SENT)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _make_beside(stack: Stack, service: Service) -> None:
    name = f"{service.package}{_BESIDE}"
    postgres.apply_roles_if_changed(stack)
    _do(stack, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _do(stack, f'CREATE DATABASE "{name}" OWNER "{service.package}_owner" TEMPLATE template0')


def _put_in_place(stack: Stack, service: Service) -> None:
    name = service.package
    _do(stack, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _do(stack, f'ALTER DATABASE "{name}{_BESIDE}" RENAME TO "{name}"')


def _empty_kafka(stack: Stack) -> None:
    """Topics are made anew by the next start, without a message and without a reader's place."""
    if "kafka" not in server_names(stack):
        with step("deleting the topics", "Kafka holds nothing of the old time"):
            delete_topics(stack)
        return
    supervision.stop(stack, ["kafka"])
    shutil.rmtree(stack.kafka_data, ignore_errors=True)
    say("Kafka's data is deleted; the next start makes it anew")


def _do(stack: Stack, statement: str) -> None:
    outcome = subprocess.run(
        [postgres.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
        check=False,
        env=postgres.client_environment(stack, "postgres"),
        text=True,
        capture_output=True,
    )
    if outcome.returncode != 0:
        raise StackError(
            f"PostgreSQL refused {statement.split(' WITH', maxsplit=1)[0]}: "
            f"{postgres.first_line(outcome.stderr)}",
            "Mend the cause, then do the restore again",
        )


def _ask(stack: Stack, statement: str, database: str = "postgres") -> list[list[str]]:
    return postgres.query(stack, database, statement=statement)
