"""The bulk process lives while there is work for it, and does it."""

import asyncio

import asyncpg

from registry import bulk
from registry.settings import Settings
from shared.db import Database
from tests.registry.intake.test_batches import accepted, line, ndjson, person
from tests.registry.senders import Sender
from tests.registry.steps import take, work_off


async def test_without_work_no_bulk_process_is_started(sessions: Database) -> None:
    await work_off(sessions)
    keeper = bulk.Keeper()
    await take(sessions, keeper.look)
    assert keeper.process is None


async def test_a_batch_starts_the_bulk_process_once_and_is_stored_and_linked_by_it(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    await accepted(sender, ndjson([line(person())]))
    keeper = bulk.Keeper()
    try:
        await take(sessions, keeper.look)
        started = keeper.process
        assert started is not None
        async with asyncio.timeout(60):
            while await database.fetchval(_WAITING):
                await asyncio.sleep(0.1)
        await take(sessions, keeper.look)
        assert keeper.process is started
    finally:
        if keeper.process is not None:
            keeper.process.terminate()
            assert await keeper.process.wait() == 0


async def test_a_bulk_process_that_was_killed_is_started_again_while_work_waits(
    sender: Sender, sessions: Database
) -> None:
    await accepted(sender, ndjson([line(person())]))
    keeper = bulk.Keeper()
    await take(sessions, keeper.look)
    first = keeper.process
    assert first is not None
    first.kill()
    await first.wait()
    try:
        await take(sessions, keeper.look)
        assert keeper.process is not None
        assert keeper.process is not first
    finally:
        if keeper.process is not None:
            keeper.process.kill()
            await keeper.process.wait()
        await work_off(sessions)


async def test_the_bulk_process_ends_when_nothing_has_been_there_to_do(
    settings: Settings, sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    await work_off(sessions)
    await accepted(sender, ndjson([line(person())]))
    async with asyncio.timeout(60):
        await bulk.run(settings, idle_seconds=1)
    assert not await database.fetchval(_WAITING)


_WAITING = """
SELECT EXISTS (SELECT FROM operation_pieces)
    OR EXISTS (SELECT FROM source_records WHERE link_due IS NOT NULL)
"""
