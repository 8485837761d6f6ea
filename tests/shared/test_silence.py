"""Connections that die without a word are given up in time, and nobody's work is to blame."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db import Database, driver_connection, driver_sql, is_passing, reading, slow_sql
from tests.shared.wire import Wire, wire_to

# What a statement may take before its connection is given up.
PATIENCE_SECONDS = 1.0
FAR_TOO_LONG_SECONDS = 20


@pytest.fixture
async def wire(settings: dict[str, str]) -> AsyncIterator[Wire]:
    async with wire_to(settings["JOB_ORDERS_DATABASE_URL"]) as made:
        yield made


@pytest.fixture
async def distant(wire: Wire) -> AsyncIterator[Database]:
    """The database at the other end of the wire."""
    made = Database(wire.url, application="distant", pool_size=2, patience=PATIENCE_SECONDS)
    yield made
    await made.close()


async def ask(database: Database) -> int:
    async with database.session() as session:
        [row] = await driver_sql(session, "SELECT pg_backend_pid()")
        pid: int = row[0]
    return pid


async def test_a_connection_that_went_silent_is_given_up_and_replaced(
    wire: Wire, distant: Database
) -> None:
    """And with it all that are as old, or each of them would cost the same patience."""
    await asyncio.gather(ask(distant), ask(distant))
    wire.go_silent()
    async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever it is must be passing.
            await ask(distant)
        assert is_passing(caught.value)
        assert await asyncio.gather(ask(distant), ask(distant))


async def test_silence_in_the_middle_of_a_transaction_ends_it(
    wire: Wire, distant: Database
) -> None:
    async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
        with pytest.raises(Exception) as caught:  # noqa: PT012, PT011 - as above.
            async with distant.session() as session:
                await driver_sql(session, "SELECT 1")
                wire.go_silent()
                await driver_sql(session, "SELECT 2")
        assert is_passing(caught.value)
        assert await ask(distant)


async def test_who_has_read_has_the_answer_although_the_connection_is_lost_on_giving_it_back(
    wire: Wire, distant: Database
) -> None:
    async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
        async with reading(distant) as session:
            await driver_sql(session, "SELECT 1")
            wire.go_silent()
        assert await ask(distant)


async def test_a_connection_that_the_server_ended_unseen_is_passing(
    wire: Wire, distant: Database, admin: asyncpg.Connection
) -> None:
    """The server's last word has arrived, its ending has not: the driver is at a loss for words."""
    wire.hides_endings = True
    pid = await ask(distant)
    await admin.execute("SELECT pg_terminate_backend($1)", pid)
    await asyncio.sleep(0.5)
    async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - as above.
            await ask(distant)
        assert is_passing(caught.value)
        assert await ask(distant)


async def test_a_direct_connection_is_given_up_too(wire: Wire, distant: Database) -> None:
    connection = await distant.connect()
    wire.go_silent()
    async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
        with pytest.raises(TimeoutError):
            await connection.fetchval("SELECT 1")
    connection.terminate()


async def test_a_direct_connection_that_was_ended_unseen_is_passing(
    wire: Wire, distant: Database, admin: asyncpg.Connection
) -> None:
    wire.hides_endings = True
    connection = await distant.connect()
    await admin.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await asyncio.sleep(0.5)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - as above.
        await connection.fetchval("SELECT 1")
    assert is_passing(caught.value)
    connection.terminate()


async def test_a_statement_that_is_known_to_be_slow_has_its_time(distant: Database) -> None:
    async with distant.session() as session:
        [row] = await slow_sql(session, "SELECT 1 FROM pg_sleep($1)", 1.5, seconds=10)
    assert row[0] == 1


async def test_a_connection_that_is_left_in_the_middle_of_something_is_passing(
    distant: Database,
) -> None:
    """The driver then refuses the rollback, by a word that SQLAlchemy wraps into its own."""
    with pytest.raises(DBAPIError) as caught:  # noqa: PT012 - it is the end of the session that fails.
        async with distant.session() as session:
            raw = await driver_connection(session)
            going_on = asyncio.create_task(raw.fetch("SELECT pg_sleep(0.5)"))
            await asyncio.sleep(0.1)
    await asyncio.gather(going_on, return_exceptions=True)
    assert is_passing(caught.value)
    assert await ask(distant)


async def test_a_value_that_cannot_be_sent_is_not_passing(distant: Database) -> None:
    async with distant.session() as session:
        connection = await session.connection()
        with pytest.raises(DBAPIError) as wrapped:
            await connection.execute(text("SELECT CAST(:n AS int)"), {"n": "three"})
    async with distant.session() as session:
        with pytest.raises(asyncpg.DataError) as bare:
            await driver_sql(session, "SELECT $1::int", "three")
    assert not is_passing(wrapped.value)
    assert not is_passing(bare.value)
