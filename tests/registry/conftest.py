"""The registry app on a database of its own, and callers for it."""

from collections.abc import AsyncIterator

import asyncpg
import httpx2 as httpx
import pytest
from fastapi import FastAPI

from deploy.local.stack import Stack
from registry import settings as registry_settings
from registry.main import create_app
from registry.settings import Settings
from shared.db import Database
from tests.registry.senders import Sender
from tests.stands import Callers, DatabaseStand, client_of


@pytest.fixture(scope="module")
async def settings(databases: DatabaseStand) -> AsyncIterator[Settings]:
    """The settings of the service, also those that handlers read from the environment."""
    environment = await databases.fresh("registry")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        registry_settings.keyring.cache_clear()
        registry_settings.sealing_key.cache_clear()
        yield Settings()


@pytest.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Database]:
    """The service's own way to its database, for operations, handlers and loops."""
    database = Database(settings.database_url, application="registry-test", pool_size=8)
    yield database
    await database.close()


@pytest.fixture
async def database(
    settings: Settings, databases: DatabaseStand
) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's look at the tables."""
    connection = await databases.admin({"REGISTRY_DATABASE_URL": settings.database_url}, "registry")
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def callers(stack: Stack) -> Callers:
    return Callers(stack, "registry")


@pytest.fixture
def sender(api: httpx.AsyncClient, callers: Callers) -> Sender:
    return Sender(api, callers)
