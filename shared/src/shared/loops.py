"""Leased loops of a messenger: timed steps that one process does alone, and the sequencer.

A step runs in one transaction with its lease: taking the lease locks its row until the commit, so
no second process can be inside the same step.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import metrics, outbox, pauses
from shared.db import Database, driver_sql, is_passing
from shared.leases import LASTS, TAKE, Lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loop:
    """One piece of standing work. `step` does a bounded share of it and says whether more is due.

    It runs every `every_seconds`, at once again while it says so, and at once when woken if
    `is_woken`. While writes wait it rests, unless it `goes_on` because it only finishes what was
    committed before.
    """

    name: str
    every_seconds: float
    step: Callable[[AsyncSession], Awaitable[bool]]
    is_woken: bool = False
    goes_on: bool = False


class Loops:
    """Runs the loops of one service for as long as the process lives."""

    def __init__(
        self,
        database: Database,
        loops: Sequence[Loop],
        *,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._after_commit = after_commit
        self._loops = [(loop, asyncio.Event()) for loop in loops]
        self._due_at: dict[str, float] = {}
        metrics.observe(metrics.LOOP_LATENESS, self._lateness)

    def wake(self) -> None:
        """Let those loops look at once that can be woken."""
        for loop, due in self._loops:
            if loop.is_woken:
                due.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for loop, due in self._loops:
                group.create_task(self._run(loop, due), name=f"loop {loop.name}")

    async def _run(self, loop: Loop, due: asyncio.Event) -> None:
        lease = Lease(f"loop {loop.name}")
        self._due_at[loop.name] = time.monotonic()
        while True:
            due.clear()
            more = False
            try:
                more = await self._step(loop, lease)
            except Exception as error:
                if not is_passing(error):
                    log.exception("loop failed", extra={"facts": {"loop": loop.name}})
                await asyncio.sleep(1)
            else:
                self._due_at[loop.name] = time.monotonic() + (0 if more else loop.every_seconds)
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(due.wait(), timeout=loop.every_seconds)

    def _lateness(self) -> Iterator[metrics.Reading]:
        now = time.monotonic()
        for name, due_at in list(self._due_at.items()):
            yield max(0.0, now - due_at), {"sinergi.loop": name}

    async def _step(self, loop: Loop, lease: Lease) -> bool:
        async with self._database.session() as session:
            if not await driver_sql(session, TAKE, lease.name, lease.holder, LASTS):
                return False
            if not loop.goes_on and await pauses.is_paused(session):
                return False
            more = await loop.step(session)
            await session.flush()
            emitted = await outbox.flush(session)
            await session.commit()
        if emitted or more:
            self._after_commit()
        return more


async def give_positions(session: AsyncSession, *, table: str, arrival: str) -> bool:
    """The sequencer's step: number the committed rows of `table` that have no `position` yet.

    An id or a clock taken before commit lets a reader's cursor pass a row that commits later;
    positions given here, after commit and by one process, cannot. Rows are taken in the order of
    the column `arrival`. Both names are the caller's constants.
    """
    numbered = await driver_sql(
        session,
        f"""
        WITH fresh AS (
            SELECT {arrival} AS place, row_number() OVER (ORDER BY {arrival}) AS number
            FROM (SELECT {arrival} FROM {table} WHERE position IS NULL
                  ORDER BY {arrival} LIMIT 5000) AS unnumbered
        ), last AS (SELECT coalesce(max(position), 0) AS position FROM {table})
        UPDATE {table} SET position = last.position + fresh.number
        FROM fresh, last WHERE {table}.{arrival} = fresh.place
        RETURNING 1
        """,  # noqa: S608 - names are constants of the calling service.
    )
    return bool(numbered)
