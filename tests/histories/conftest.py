"""The three services on databases of their own, in a loop of their own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cases.handlers import HANDLERS as CASES_HANDLERS
from deploy.local.stack import Stack, get_service
from job_orders.handlers import HANDLERS as ORDERS_HANDLERS
from job_orders.main import create_app as create_orders_app
from registry import settings as registry_settings
from registry.handlers import HANDLERS as REGISTRY_HANDLERS
from shared import sealing
from shared.db import Database
from shared.inbox import Handlers
from shared.privacy import Keyring
from tests.histories.deeds import Deeds, Parties
from tests.histories.readings import Readings
from tests.histories.services import Service, Wire
from tests.histories.stand import Stand
from tests.job_orders.factories import World
from tests.stands import Callers, DatabaseStand, client_of


@pytest.fixture(scope="module")
async def environments(databases: DatabaseStand) -> AsyncIterator[dict[str, dict[str, str]]]:
    """Fresh databases of all three, and what handlers read from the environment."""
    made = {name: await databases.fresh(name) for name in ("registry", "cases", "job-orders")}
    with pytest.MonkeyPatch.context() as patch:
        for environment in made.values():
            for name, value in environment.items():
                patch.setenv(name, value)
        registry_settings.keyring.cache_clear()
        registry_settings.sealing_key.cache_clear()
        yield made


@pytest.fixture(scope="module")
def stand(
    environments: dict[str, dict[str, str]], databases: DatabaseStand, stack: Stack
) -> Iterator[Stand]:
    with asyncio.Runner() as runner:
        made = runner.run(make_stand(runner, environments, databases, stack))
        yield made
        for service in made.services:
            runner.run(service.close())


async def make_stand(
    runner: asyncio.Runner,
    environments: dict[str, dict[str, str]],
    databases: DatabaseStand,
    stack: Stack,
) -> Stand:
    async def service(name: str, handlers: Handlers) -> Service:
        chosen, environment = get_service(name), environments[name]
        keys_file = Path(environment[f"{chosen.prefix}KEYS_FILE"])
        return Service(
            name,
            Database(environment[f"{chosen.prefix}DATABASE_URL"], application=name, pool_size=2),
            await databases.admin(environment, name),
            handlers,
            Keyring.load(keys_file, chosen.package),
        )

    registry = await service("registry", REGISTRY_HANDLERS)
    cases = await service("cases", CASES_HANDLERS)
    orders = await service("job-orders", ORDERS_HANDLERS)
    sealing_key = sealing.load_key(Path(environments["cases"]["CASES_SEALING_JWK_FILE"]))
    deeds = Deeds(registry, cases, orders, await make_parties(stack), sealing_key)
    return Stand(runner, deeds, Wire([registry, cases, orders]), Readings(registry, cases, orders))


async def make_parties(stack: Stack) -> Parties:
    """An accredited employer and a licensed agency, by the routes of job-orders."""
    app = create_orders_app()
    async with app.router.lifespan_context(app), client_of(app) as api:
        world = World(api, Callers(stack, "job-orders"), app.state.database)
        agency, employer = await world.make_agency(), await world.make_employer()
    return Parties(world.agency_code, UUID(agency["id"]), UUID(employer["id"]))
