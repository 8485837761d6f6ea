"""The job-orders app on a database of its own, and callers for it."""

from collections.abc import AsyncIterator

import asyncpg
import httpx2 as httpx
import pytest
from fastapi import FastAPI

from deploy.local.stack import Stack
from job_orders.main import create_app
from job_orders.settings import Settings
from shared.db import Database
from tests.job_orders.factories import World
from tests.stands import Callers, DatabaseStand, client_of


@pytest.fixture(scope="module")
async def settings(databases: DatabaseStand) -> dict[str, str]:
    return await databases.fresh("job-orders")


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
    return Callers(stack, "job-orders")


@pytest.fixture
async def admin(
    databases: DatabaseStand, settings: dict[str, str]
) -> AsyncIterator[asyncpg.Connection]:
    connection = await databases.admin(settings, "job-orders")
    yield connection
    await connection.close()


@pytest.fixture
async def world(app: FastAPI, api: httpx.AsyncClient, callers: Callers) -> World:
    """A mission, a regulator, and a licensed placement agency of its own."""
    database: Database = app.state.database
    world = World(api, callers, database)
    await world.make_agency()
    return world
