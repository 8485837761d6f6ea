"""Each service once for the whole run, with rows in it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from deploy.local.stack import Stack
from tests.readers.houses import House, opened
from tests.readers.live import Live, running_live
from tests.stands import DatabaseStand

Houses = Callable[[str], Awaitable[House]]


@pytest.fixture(scope="session")
async def houses(databases: DatabaseStand, stack: Stack) -> AsyncIterator[Houses]:
    """The house of a service by its name; each is built when it is first asked for."""
    built: dict[str, House] = {}
    async with AsyncExitStack() as exits:

        async def house_of(name: str) -> House:
            if name not in built:
                built[name] = await exits.enter_async_context(opened(name, databases, stack))
            return built[name]

        yield house_of


@pytest.fixture
async def house(request: pytest.FixtureRequest, houses: Houses) -> House:
    """The house that a test names by indirect parameters."""
    return await houses(request.param)


@pytest.fixture(scope="package")
def live() -> Iterator[Live]:
    """The whole stack, for what only real processes can show."""
    with running_live() as found:
        yield found
