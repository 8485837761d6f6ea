"""The cases app on a database of its own, and callers for it."""

from collections.abc import AsyncIterator

import asyncpg
import httpx2 as httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey

from cases.main import create_app
from cases.settings import Settings
from deploy.local import keys
from deploy.local.stack import Stack
from shared import sealing
from shared.db import Database
from tests.cases.parts import Bus, Desk
from tests.stands import Callers, DatabaseStand, client_of


@pytest.fixture(scope="module")
async def settings(databases: DatabaseStand) -> dict[str, str]:
    return await databases.fresh("cases")


@pytest.fixture(scope="module")
async def app(settings: dict[str, str]) -> AsyncIterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        app = create_app(Settings())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture(scope="session")
def callers(stack: Stack) -> Callers:
    return Callers(stack, "cases")


@pytest.fixture
def desk(api: httpx.AsyncClient, callers: Callers) -> Desk:
    """What officers and reporters do, by HTTP."""
    return Desk(api, callers)


@pytest.fixture
async def admin(
    databases: DatabaseStand, settings: dict[str, str]
) -> AsyncIterator[asyncpg.Connection]:
    connection = await databases.admin(settings, "cases")
    yield connection
    await connection.close()


@pytest.fixture
async def database(settings: dict[str, str]) -> AsyncIterator[Database]:
    """The service's own database as its messenger holds it."""
    database = Database(settings["CASES_DATABASE_URL"], application="test", pool_size=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def registry_key(stack: Stack) -> ECKey:
    """The private half of the key to which identities are sealed; only the registry has it."""
    return sealing.load_key(stack.keys / keys.SEALING_KEY)


@pytest.fixture
def bus(database: Database, app: FastAPI) -> Bus:
    """Hands messages to the inbox of the app's own service."""
    return Bus(database, app.state.keyring)
