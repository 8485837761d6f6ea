"""The finder as the messenger runs it, and an account of what it proposed."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI

from job_orders.organisations.finding import find_share
from shared import outbox
from shared.db import Database

Find = Callable[[], Awaitable[None]]


@pytest.fixture
def find(app: FastAPI) -> Find:
    """Compare all that wait, each share in a transaction of its own."""
    database: Database = app.state.database

    async def run() -> None:
        is_more = True
        while is_more:
            async with database.session() as session:
                is_more = await find_share(session, keyring=app.state.keyring)
                await session.flush()
                await outbox.flush(session)
                await session.commit()

    return run
