"""Runs the one migration of a stand-in service."""

import asyncio
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

PREFIX = Path(__file__).parents[1].name.upper().replace("-", "_")


def _run(connection: Connection) -> None:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def _migrate() -> None:
    engine = create_async_engine(os.environ[f"{PREFIX}_MIGRATION_DATABASE_URL"])
    async with engine.begin() as connection:
        await connection.run_sync(_run)


asyncio.run(_migrate())
