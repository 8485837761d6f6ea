"""The gateway's own database, its inbox, and its app without the services behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI

from deploy.local.stack import Stack
from gateway.feed import api
from gateway.handlers import HANDLERS
from gateway.settings import Settings
from shared.app import About, build_app
from shared.db import Database
from shared.inbox import Inbox
from shared.privacy import Keyring
from tests.stands import Callers, DatabaseStand


@pytest.fixture
async def settings(databases: DatabaseStand) -> dict[str, str]:
    return await databases.fresh("gateway")


@pytest.fixture
async def admin(
    databases: DatabaseStand, settings: dict[str, str]
) -> AsyncIterator[asyncpg.Connection]:
    connection = await databases.admin(settings, "gateway")
    yield connection
    await connection.close()


@pytest.fixture
async def database(settings: dict[str, str]) -> AsyncIterator[Database]:
    made = Database(settings["GATEWAY_DATABASE_URL"], application="test", pool_size=10)
    yield made
    await made.close()


@pytest.fixture
def inbox(database: Database, settings: dict[str, str]) -> Inbox:
    keyring = Keyring.load(Path(settings["GATEWAY_KEYS_FILE"]), "gateway")
    return Inbox(database, HANDLERS, keyring=keyring)


@pytest.fixture
async def app(settings: dict[str, str]) -> AsyncIterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        about = About("gateway", title="feed", description="feed")
        app = build_app(about, Settings(), [api.router])
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
def callers(stack: Stack) -> Callers:
    return Callers(stack, "gateway")
