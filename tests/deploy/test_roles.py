"""Each service has a database of its own, and its running role can do little in it."""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.stack import SERVICES
from tests.deploy.conftest import Checkout

PACKAGES = [service.package for service in SERVICES]


@pytest.fixture(scope="module")
def servers(checkout: Checkout) -> Checkout:
    """PostgreSQL and Kafka alone."""
    checkout.must("servers")
    return checkout


@pytest.fixture
async def connect(servers: Checkout) -> AsyncIterator["Connect"]:
    made = Connect(servers)
    yield made
    for session in made.sessions:
        await session.close()


class Connect:
    """Opens sessions of the stack's roles, and closes them after the test."""

    def __init__(self, checkout: Checkout) -> None:
        self.port = checkout.facts["ports"]["postgres"]
        self.passwords = json.loads((checkout.directory / "keys" / "passwords.json").read_text())
        self.sessions: list[asyncpg.Connection] = []

    async def __call__(self, role: str, database: str) -> asyncpg.Connection:
        session = await asyncpg.connect(
            host="127.0.0.1",
            port=self.port,
            user=role,
            password=self.passwords[role],
            database=database,
        )
        self.sessions.append(session)
        return session


@pytest.mark.parametrize("package", PACKAGES)
async def test_a_running_role_makes_no_tables(connect: Connect, package: str) -> None:
    session = await connect(f"{package}_app", package)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute("CREATE TABLE intruder (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute("CREATE TEMPORARY TABLE intruder (id int)")


@pytest.mark.parametrize("package", PACKAGES)
async def test_no_role_enters_the_database_of_another_service(
    connect: Connect, package: str
) -> None:
    for other in PACKAGES:
        if other != package:
            for kind in ("owner", "app"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connect(f"{package}_{kind}", other)


async def test_an_owner_makes_tables_that_its_running_role_cannot_read_unless_granted(
    connect: Connect,
) -> None:
    owner = await connect("cases_owner", "cases")
    app = await connect("cases_app", "cases")
    await owner.execute("CREATE TABLE guarded (id int)")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT * FROM guarded")
        await owner.execute("GRANT SELECT ON guarded TO cases_app")
        assert await app.fetch("SELECT * FROM guarded") == []
    finally:
        await owner.execute("DROP TABLE guarded")


async def test_a_wrong_password_is_refused(servers: Checkout) -> None:
    port = servers.facts["ports"]["postgres"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1", port=port, user="cases_app", password="guess", database="cases"
        )


async def test_a_second_stack_can_use_servers_that_somebody_else_runs(
    servers: Checkout,
) -> None:
    """Last in this file: it sets the passwords of the borrowed server anew."""
    ports = servers.facts["ports"]
    passwords = json.loads((servers.directory / "keys" / "passwords.json").read_text())
    borrowed = Checkout(servers.root, name="borrower")
    own = {
        "SINERGI_POSTGRES_URL": f"postgresql://postgres:{passwords['postgres']}"
        f"@127.0.0.1:{ports['postgres']}/postgres",
        "SINERGI_KAFKA_BOOTSTRAP": f"127.0.0.1:{ports['kafka']}",
    }
    try:
        borrowed.must("up", **own)
        running = borrowed.must("status", **own)
        assert "gateway-messenger" in running
        assert "postgres" not in running
    finally:
        borrowed.run("down", **own)
