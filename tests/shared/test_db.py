"""Statements past the ORM are part of the session's transaction, whatever it is nested in."""

import asyncpg
import pytest

from shared.db import Database, driver_sql, reading

_ADD = "INSERT INTO leases (name, holder, expires_at) VALUES ($1, gen_random_uuid(), now())"


async def names(admin: asyncpg.Connection) -> set[str]:
    return {row["name"] for row in await admin.fetch("SELECT name FROM leases")}


async def test_what_a_session_leaves_without_a_commit_never_was(
    database: Database, admin: asyncpg.Connection
) -> None:
    async with database.session() as session:
        await driver_sql(session, _ADD, "left")
    async with database.session() as session:
        await driver_sql(session, _ADD, "kept")
        await session.commit()
        await driver_sql(session, _ADD, "begun after the commit")
    assert await names(admin) == {"kept"}


async def test_a_savepoint_that_is_rolled_back_takes_its_statements_with_it(
    database: Database, admin: asyncpg.Connection
) -> None:
    async with database.session() as session:
        await driver_sql(session, _ADD, "before")
        inner = await session.begin_nested()
        await driver_sql(session, _ADD, "inside")
        await inner.rollback()
        await driver_sql(session, _ADD, "after")
        await session.commit()
    assert await names(admin) == {"before", "after"}


async def test_a_session_for_reading_refuses_to_write(database: Database) -> None:
    async with reading(database) as session:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await driver_sql(session, _ADD, "refused")
