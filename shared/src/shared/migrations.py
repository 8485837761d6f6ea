"""Runs a service's Alembic migrations: migrating role, advisory lock, short lock timeouts."""

import asyncio
import os
from typing import Any

from sqlalchemy import MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 7_301_954  # One number for all: the lock lives in the service's own database.


def run_migrations(context: Any, *, service: str, metadata: MetaData) -> None:
    """What `migrations/env.py` of every service calls. Raises KeyError without an address."""
    url = os.environ[f"{service.upper()}_MIGRATION_DATABASE_URL"]
    url = url.replace("postgresql://", "postgresql+asyncpg://", 1)

    def migrate(connection: Any) -> None:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()

    async def connect_and_migrate() -> None:
        engine = create_async_engine(url, poolclass=pool.NullPool)
        async with engine.connect() as guard, engine.connect() as connection:
            # Two deployments at once: the second waits here and then finds nothing to do.
            await guard.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.execute(text("SET lock_timeout = '5s'"))
            await connection.execute(text("SET statement_timeout = '5min'"))
            await connection.commit()
            await connection.run_sync(migrate)
            await connection.commit()
        await engine.dispose()

    asyncio.run(connect_and_migrate())
