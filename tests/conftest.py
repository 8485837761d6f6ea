"""Wiring of the tests: one PostgreSQL and one Kafka for the whole run, a database a module."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.running import servers as run_servers
from deploy.local.stack import Stack, open_stack
from tests.stands import Broker, DatabaseStand


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Real PostgreSQL and Kafka, borrowed if they run already, gone afterwards if they did not."""
    with run_servers(open_stack("test"), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def broker(stack: Stack) -> Broker:
    return Broker(stack)


@pytest.fixture(scope="session")
async def databases(stack: Stack) -> AsyncIterator[DatabaseStand]:
    """Fresh databases from a migrated template per service."""
    stand = DatabaseStand(stack)
    yield stand
    await stand.drop_all()
