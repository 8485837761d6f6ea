"""Makes a backup of a running stack: writes wait, events drain, four snapshots of one story.

Writes wait only until the snapshots are open; the databases are written out afterwards, beside
new traffic. What proves the backup is not the waiting but the snapshots themselves: in them every
outbox is empty and every cursor level.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import asyncpg

from deploy.local import postgres
from deploy.local.errors import StackError
from deploy.local.levels import Marks, behind, count_unsent, read_marks
from deploy.local.manifest import Manifest, Saved, describe_keys, digest_of, sealing_key_id
from deploy.local.progress import say, step
from deploy.local.stack import SERVICES, Service, Stack
from shared import clock, leases, pauses

_RENEWED_EVERY_SECONDS = 1.0
_LOOKED_EVERY_SECONDS = 0.3
_TOLD_EVERY_SECONDS = 2.0
# A dump of many gigabytes takes its time, with its snapshot held open by a connection that rests.
_PATIENT = {"idle_in_transaction_session_timeout": "0", "statement_timeout": "0"}
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def make_backup(stack: Stack, folder: Path, *, within_seconds: float) -> Manifest:
    """Write a whole backup into a folder that does not exist yet, or none.

    Raises StackError with cause and cure; writes go on then, as they do when this is killed.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        async with _connected(stack) as connections:
            async with paused(stack) as pause:
                began = clock.now()
                level = await _when_level(connections, pause, within_seconds=within_seconds)
                taken = clock.now()
            resumed = clock.now()
            say(f"writes go on; they waited {(resumed - began).total_seconds():.1f} s")
            with step("writing out the four databases", "they are written"):
                saved = await asyncio.gather(*(_dump(stack, one, partial) for one in level))
        manifest = Manifest(
            stack=stack.name,
            paused_at=began.isoformat(),
            taken_at=taken.isoformat(),
            resumed_at=resumed.isoformat(),
            finished_at=clock.now().isoformat(),
            postgres=level[0].server,
            sealing_key=sealing_key_id(stack),
            databases={one.service.name: made for one, made in zip(level, saved, strict=True)},
        )
        manifest.write(partial)
        partial.rename(folder)
    except _FAULTS as error:
        raise StackError(
            f"the backup was not made, and writes go on: {type(error).__name__}: {error}",
            "See that PostgreSQL runs (make status), then try again: make backup",
        ) from None
    finally:
        rmtree(partial, ignore_errors=True)
    return manifest


@dataclass
class Pause:
    """Writes wait in all four services, for as long as this is renewed."""

    holder: str
    connections: dict[str, asyncpg.Connection]
    _renewing: "asyncio.Task[None] | None" = None

    async def begin(self) -> None:
        """Let writes wait; raises StackError when another backup has asked for the same."""
        await self._renew()
        self._renewing = asyncio.create_task(self._keep_renewing())

    async def end(self) -> None:
        """Let writes go on at once. A service that cannot be told finds its row expired."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])
            self._renewing = None
        for connection in self.connections.values():
            with suppress(*_FAULTS):
                await connection.execute(
                    "DELETE FROM leases WHERE name = $1 AND holder = $2", pauses.NAME, self.holder
                )

    def check(self) -> None:
        """Raises what has ended the renewing."""
        if self._renewing is not None and self._renewing.done():
            self._renewing.result()

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(_RENEWED_EVERY_SECONDS)
            await self._renew()

    async def _renew(self) -> None:
        for name, connection in self.connections.items():
            arguments = (pauses.NAME, self.holder, pauses.LASTS)
            if not await connection.fetchval(leases.TAKE, *arguments):
                raise StackError(
                    f"another backup lets the writes of {name} wait",
                    f"Wait until it has ended ({pauses.LASTS.seconds} s after a killed one)",
                )


@asynccontextmanager
async def paused(stack: Stack) -> AsyncIterator[Pause]:
    """Writes wait inside the block, for as long as somebody renews that."""
    async with _connected(stack) as connections:
        pause = Pause(f"backup:{socket.gethostname()}:{os.getpid()}", connections)
        try:
            await pause.begin()
            say("writes wait from now on (503 with Retry-After); reads go on")
            yield pause
        finally:
            await pause.end()


@dataclass
class Snapshot:
    """One database as it was at one moment, for as long as the connection stands."""

    service: Service
    connection: asyncpg.Connection
    name: str
    server: str
    revision: str
    marks: Marks

    @classmethod
    async def open(cls, service: Service, connection: asyncpg.Connection) -> "Snapshot":
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return cls(
            service,
            connection,
            name=await connection.fetchval("SELECT pg_export_snapshot()"),
            server=await connection.fetchval("SHOW server_version"),
            revision=await connection.fetchval("SELECT version_num FROM alembic_version"),
            marks=await read_marks(connection),
        )


async def _when_level(
    connections: Mapping[str, asyncpg.Connection], pause: Pause, *, within_seconds: float
) -> list[Snapshot]:
    """Four snapshots in which nothing is on the way; StackError when there never are any."""
    give_up = time.monotonic() + within_seconds
    told_at = 0.0
    while True:
        pause.check()
        snapshots, late = await _look(connections)
        if not late:
            return snapshots
        now = time.monotonic()
        if now > give_up:
            raise StackError(
                f"not level after {within_seconds:.0f} s, so no backup was made and writes go on: "
                + "; ".join(late),
                "See what stands still (make status), or wait longer: make backup WITHIN=300",
            )
        if now - told_at > _TOLD_EVERY_SECONDS:
            told_at = now
            say(f"waiting: {'; '.join(late)}")
        await asyncio.sleep(_LOOKED_EVERY_SECONDS)


async def _look(
    connections: Mapping[str, asyncpg.Connection],
) -> tuple[list[Snapshot], list[str]]:
    """Snapshots, and what is on the way in them; none are left open where something is."""
    unsent = {name: await count_unsent(one) for name, one in connections.items()}
    if any(unsent.values()):
        return [], [f"{name} has {count} unsent" for name, count in unsent.items() if count]
    snapshots = [await Snapshot.open(one, connections[one.name]) for one in SERVICES]
    late = behind({one.service.name: one.marks for one in snapshots})
    if late:
        for connection in connections.values():
            await connection.execute("ROLLBACK")
    return snapshots, late


async def _dump(stack: Stack, snapshot: Snapshot, folder: Path) -> Saved:
    """Write one database out as it was in its snapshot."""
    file = folder / f"{snapshot.service.name}.dump"
    process = await asyncio.create_subprocess_exec(
        postgres.program("pg_dump"),
        *("--format=custom", f"--snapshot={snapshot.name}", f"--file={file}"),
        env=postgres.client_environment(stack, snapshot.service.package),
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
            f"pg_dump of {snapshot.service.name}: {postgres.first_line(told.decode())}",
            f"Check the space of {folder.parent}, and that pg_dump is no older than the server",
        )
    return Saved(
        file=file.name,
        bytes=file.stat().st_size,
        sha256=await asyncio.to_thread(digest_of, file),
        revision=snapshot.revision,
        marks=snapshot.marks,
        keys=describe_keys(stack, snapshot.service),
    )


@asynccontextmanager
async def _connected(stack: Stack) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """A connection to each of the four databases."""
    async with AsyncExitStack() as open_connections:
        connections = {}
        for one in SERVICES:
            connection = await asyncpg.connect(
                postgres.admin_url(stack, one.package), timeout=5, server_settings=_PATIENT
            )
            open_connections.callback(connection.terminate)
            connections[one.name] = connection
        yield connections
