"""The spine on a real database: the spine tables of a service, and a table that takes effects."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared.db import Database
from shared.privacy import Keyring
from tests.stands import Broker, DatabaseStand

EFFECTS = """
CREATE TABLE effects (number bigint GENERATED ALWAYS AS IDENTITY, topic text, key text,
                      sequence bigint);
GRANT SELECT, INSERT ON effects TO job_orders_app;
"""


@pytest.fixture
async def settings(databases: DatabaseStand) -> dict[str, str]:
    return await databases.fresh("job-orders")


@pytest.fixture
async def admin(
    databases: DatabaseStand, settings: dict[str, str]
) -> AsyncIterator[asyncpg.Connection]:
    """Looks behind the running role's back, and breaks things."""
    connection = await databases.admin(settings, "job-orders")
    await connection.execute(EFFECTS)
    yield connection
    await connection.close()


@pytest.fixture
async def database(settings: dict[str, str], admin: asyncpg.Connection) -> AsyncIterator[Database]:
    del admin  # Asked for so that the effects table is there.
    made = Database(settings["JOB_ORDERS_DATABASE_URL"], application="test", pool_size=20)
    yield made
    await made.close()


@pytest.fixture
def keyring(settings: dict[str, str]) -> Keyring:
    return Keyring.load(Path(settings["JOB_ORDERS_KEYS_FILE"]), "job_orders")


@pytest.fixture
async def prefix(broker: Broker) -> str:
    return await broker.fresh_prefix()
