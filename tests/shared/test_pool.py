"""Who finds no connection of the pool is told soon, and does not make the queue longer."""

import asyncio

import pytest

from shared.db import Database, driver_sql, is_passing
from shared.errors import ServiceBusy
from shared.pool import PoolCrowded
from shared.retries import retried


async def ask(database: Database) -> int:
    async with database.session() as session:
        [row] = await driver_sql(session, "SELECT 1")
        answer: int = row[0]
    return answer


async def test_few_wait_for_a_connection_and_the_others_are_refused_at_once(
    settings: dict[str, str],
) -> None:
    database = Database(
        settings["JOB_ORDERS_DATABASE_URL"], application="test", pool_size=1, pool_timeout=30
    )
    async with database.engine.connect():
        waiting = [asyncio.create_task(ask(database)) for _ in range(8)]
        await asyncio.sleep(0.1)
        with pytest.raises(PoolCrowded) as crowded:
            async with asyncio.timeout(5):
                await ask(database)
        assert is_passing(crowded.value)
    assert await asyncio.gather(*waiting) == [1] * 8
    await database.close()


async def test_a_wait_in_vain_is_not_begun_again(settings: dict[str, str]) -> None:
    database = Database(
        settings["JOB_ORDERS_DATABASE_URL"], application="test", pool_size=1, pool_timeout=1
    )
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        return await ask(database)

    async with database.engine.connect():
        with pytest.raises(ServiceBusy) as busy:
            await retried(work, is_repeatable=True)
    assert tries == 1
    assert busy.value.retry_after_seconds in {1, 2}
    await database.close()
