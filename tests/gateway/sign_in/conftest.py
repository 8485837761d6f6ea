"""A real Keycloak with the committed realm, and a gateway that trusts it."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest

from deploy.local import realm, supervision
from deploy.local.running import start_servers
from deploy.local.sign_in import PartnerSystem, partner_system
from deploy.local.stack import Stack, stack_lock
from shared import clock
from tests.gateway.conftest import Keys, System, Systems
from tests.stands import DatabaseStand


@dataclass
class Administrator:
    """Changes the realm as its administrator does."""

    stack: Stack
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        url = f"{self.stack.url('keycloak')}/admin/realms/sinergi{path}"
        headers = {"Authorization": f"Bearer {self.token()}"}
        answer = self.client.request(method, url, headers=headers, **content)
        answer.raise_for_status()
        return answer

    def token(self) -> str:
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": realm.ADMIN,
            "password": realm.password_of(self.stack, realm.ADMIN),
        }
        url = f"{self.stack.url('keycloak')}/realms/master/protocol/openid-connect/token"
        return str(self.client.post(url, data=form).raise_for_status().json()["access_token"])

    def change_client(self, client: str, **attributes: str) -> None:
        [found] = self.ask("GET", f"/clients?clientId={client}").json()
        found["attributes"] |= attributes
        self.ask("PUT", f"/clients/{found['id']}", json=found)

    def signing_keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            "GET", "/components?type=org.keycloak.keys.KeyProvider"
        ).json()
        return [one for one in found if one["providerId"] == "ecdsa-generated"]

    def add_signing_key(self) -> None:
        [newest] = self.signing_keys()
        fresh = {
            "name": f"token-signing-{secrets.token_hex(2)}",
            "providerId": "ecdsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": newest["parentId"],
            "config": {
                "priority": ["200"],
                "enabled": ["true"],
                "active": ["true"],
                "ecdsaEllipticCurveKey": ["P-256"],
            },
        }
        self.ask("POST", "/components", json=fresh)


@pytest.fixture(scope="module")
def provider(stack: Stack) -> Iterator[Stack]:
    """The stack of the run with its Keycloak beside PostgreSQL and Kafka."""
    with stack_lock(stack, wait=True):
        stack.remember(keycloak=True)
        start_servers(stack, durable=False)
    try:
        yield stack
    finally:
        with stack_lock(stack, wait=True):
            supervision.stop(stack, ["keycloak"])
            stack.remember(keycloak=False)


@pytest.fixture(scope="module")
def administrator(provider: Stack) -> Iterator[Administrator]:
    made = Administrator(provider)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
async def gateway(
    provider: Stack, standing_keys: Keys, databases: DatabaseStand
) -> AsyncIterator[System]:
    """A gateway that is known to the world by the stack's address, before stand-in services."""
    database = await databases.fresh("gateway")
    async with AsyncExitStack() as opened:
        yield await _start(
            provider, Systems(standing_keys, opened), database_url=database["GATEWAY_DATABASE_URL"]
        )


@pytest.fixture
async def late_gateway(provider: Stack, systems: Systems) -> System:
    """Another one, whose clock stands six minutes ahead."""
    with clock.standing_at(clock.now() + timedelta(minutes=6)):
        return await _start(provider, systems)


async def _start(provider: Stack, systems: Systems, **settings: Any) -> System:
    return await systems.start(
        issuers_file=realm.issuers_file(provider),
        public_url=provider.gateway_url,
        provider_pause_seconds=0,
        **settings,
    )


@pytest.fixture(scope="module")
def siskop2mi(provider: Stack) -> PartnerSystem:
    return partner_system(provider, "system-siskop2mi")
