"""The app of each service on a database of its own, for guards that call it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import get_service
from tests.architecture.apps import Served, serve
from tests.stands import DatabaseStand


@pytest.fixture
async def served(request: pytest.FixtureRequest, databases: DatabaseStand) -> AsyncIterator[Served]:
    """One service with everything behind it; tests name it by indirect parameters."""
    async with serve(get_service(request.param), databases) as running:
        yield running
