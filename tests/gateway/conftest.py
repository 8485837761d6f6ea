"""A gateway on a real port before three services written by the tests, and tokens for it."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from joserfc import jws
from joserfc.jwk import ECKey

from gateway.main import create_app
from gateway.settings import Settings
from shared.auth import Caller, TransactionTokens
from shared.privacy import new_keyring
from tests.gateway.servers import Upstream, say_yes, serving


def make_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", parameters={"kid": kid})


def public_set(*keys: ECKey) -> str:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


@dataclass
class Keys:
    """The key pairs of one test run, and tokens signed with them."""

    folder: Path
    local: ECKey = field(default_factory=lambda: make_key("local-1"))
    transaction: ECKey = field(default_factory=lambda: make_key("transaction-1"))

    def __post_init__(self) -> None:
        private = json.dumps(self.transaction.as_dict(private=True))
        self.transaction_file.write_text(private)
        self.transaction_jwks_file.write_text(public_set(self.transaction))
        self.local_jwks_file.write_text(public_set(self.local))
        self.keyring_file.write_text(json.dumps(new_keyring()))

    @property
    def transaction_file(self) -> Path:
        return self.folder / "transaction.json"

    @property
    def keyring_file(self) -> Path:
        return self.folder / "keyring.json"

    @property
    def transaction_jwks_file(self) -> Path:
        return self.folder / "transaction-jwks.json"

    @property
    def local_jwks_file(self) -> Path:
        return self.folder / "local-jwks.json"

    def claims(self, **other: Any) -> dict[str, Any]:
        moment = int(time.time())
        claims = {
            "iss": "urn:sinergi:local",
            "aud": "sinergi-gateway",
            "sub": "officer-17",
            "client_id": "embassy-portal",
            "organisation": "KEMLU",
            "mission": "KBRI-KUALA-LUMPUR",
            "roles": ["mission-officer"],
            "purposes": ["PROTECTION_CASE", "STATISTICS"],
            "iat": moment,
            "exp": moment + 300,
            "jti": "a-token",
        }
        return {name: value for name, value in (claims | other).items() if value is not None}

    def sign(
        self,
        claims: dict[str, Any] | None = None,
        *,
        key: Any = None,
        header: dict[str, Any] | None = None,
        algorithm: str = "ES256",
    ) -> str:
        """A token signed as told; header members of None are left out."""
        members = {"typ": "at+jwt", "kid": "local-1", "alg": algorithm} | (header or {})
        return jws.serialize_compact(
            {name: value for name, value in members.items() if value is not None},
            json.dumps(claims or self.claims()),
            key or self.local,
            algorithms=[algorithm],
            registry=jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False),
        )

    def token(self, **other: Any) -> str:
        return self.sign(self.claims(**other))

    def settings(self, **other: Any) -> Settings:
        given: dict[str, Any] = {
            "environment": "local",
            "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/gateway",
            "kafka_bootstrap": "127.0.0.1:1",
            "keys_file": self.keyring_file,
            "transaction_jwks_file": self.transaction_jwks_file,
            "transaction_key_file": self.transaction_file,
            "local_jwks_file": self.local_jwks_file,
            "documents_directory": self.folder,
            "registry_url": "http://127.0.0.1:1",
            "cases_url": "http://127.0.0.1:1",
            "job_orders_url": "http://127.0.0.1:1",
        }
        return Settings(**(given | other))


@dataclass
class System:
    """A running gateway and the services behind it."""

    keys: Keys
    url: str
    port: int
    registry: Upstream
    cases: Upstream
    job_orders: Upstream
    client: ClientSession

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys.token()}"}

    async def ask(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, **other: Any
    ) -> ClientResponse:
        """An answer with its body read, asked for with a good token unless the headers say else."""
        response = await self.client.request(
            method,
            self.url + path,
            headers=self.bearer | (headers or {}),
            allow_redirects=False,
            **other,
        )
        await response.read()
        return response

    def caller(self, service: str) -> Caller:
        """Whom the last request to a service names, by a token good for that service."""
        upstream: Upstream = getattr(self, service.replace("-", "_"))
        token = upstream.seen[-1].header("txn-token")
        assert token
        return TransactionTokens(self.keys.transaction_jwks_file, service).verify(token)


class Systems:
    """Starts gateways with the settings that a test asks for."""

    def __init__(self, keys: Keys, stack: AsyncExitStack) -> None:
        self._keys = keys
        self._stack = stack

    async def start(self, **settings: Any) -> System:
        services = [Upstream(), Upstream(), Upstream()]
        ports = await self._stack.enter_async_context(serving(*services))
        for service, port in zip(services, ports, strict=True):
            service.url = f"http://127.0.0.1:{port}"
        registry, cases, job_orders = services
        urls = {
            "registry_url": registry.url,
            "cases_url": cases.url,
            "job_orders_url": job_orders.url,
        }
        app = create_app(self._keys.settings(**(urls | settings)))
        [port] = await self._stack.enter_async_context(serving(app))
        client = await self._stack.enter_async_context(ClientSession())
        url = f"http://127.0.0.1:{port}"
        return System(self._keys, url, port, registry, cases, job_orders, client)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Key files of one test alone, which may spoil them."""
    return Keys(tmp_path)


@pytest.fixture(scope="session")
def standing_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def systems(standing_keys: Keys) -> AsyncIterator[Systems]:
    async with AsyncExitStack() as stack:
        yield Systems(standing_keys, stack)


@pytest.fixture(scope="session")
async def standing_system(standing_keys: Keys) -> AsyncIterator[System]:
    async with AsyncExitStack() as stack:
        yield await Systems(standing_keys, stack).start()


@pytest.fixture
def system(standing_system: System) -> System:
    """The gateway with ordinary settings, its services fresh."""
    for service in (standing_system.registry, standing_system.cases, standing_system.job_orders):
        service.seen.clear()
        service.answer = say_yes
    return standing_system
