"""Runs the registry's standing work step by step, as its messenger would."""

from collections.abc import Awaitable, Callable

from sqlmodel.ext.asyncio.session import AsyncSession

from registry import settings
from registry.intake.batches import finish_batches, link_next_share, store_share
from registry.population import operations as population
from shared import outbox
from shared.db import Database

Step = Callable[[AsyncSession], Awaitable[bool]]


async def take(database: Database, step: Step) -> bool:
    """One step in one transaction; says whether there may be more."""
    async with database.session() as session:
        more = await step(session)
        await session.flush()
        await outbox.flush(session)
        await session.commit()
    return more


async def store(session: AsyncSession) -> bool:
    return await store_share(session, keyring=settings.keyring())


async def link(session: AsyncSession) -> bool:
    return await link_next_share(session, keyring=settings.keyring())


async def stamp(session: AsyncSession) -> bool:
    return await population.stamp(session)


async def exhaust(database: Database, *steps: Step) -> None:
    """Each step until nothing more is due."""
    for step in steps:
        while await take(database, step):
            pass


async def work_off(database: Database) -> None:
    """Everything that batches brought, to its end."""
    await exhaust(database, store, link, finish_batches, stamp)
