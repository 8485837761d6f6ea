"""What tests stand on: databases from migrated templates, topics of their own, signed callers."""

import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2 as httpx
import yaml
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local import keys, postgres
from deploy.local.environments import environment, migration_environment
from deploy.local.stack import ROOT, Stack, get_service
from deploy.local.topics import create_topics
from shared.auth import TRANSACTION_ISSUER, TRANSACTION_TOKEN_TYPE
from shared.sensitivity import Purpose


def own_name(stack: str) -> str:
    """The name of a whole stack that only one of several test workers has."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return f"{stack}-{worker}" if worker else stack


class DatabaseStand:
    """Makes a database per asker by copying a template that the real migrations built."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._templates: dict[str, str] = {}

    async def fresh(self, service: str) -> dict[str, str]:
        """The environment of a service on a database of its own, freshly migrated."""
        chosen = get_service(service)
        template = self._templates.get(service) or await self._make_template(service)
        name = f"t_{chosen.package}_{secrets.token_hex(4)}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        await self._execute(f'GRANT CONNECT ON DATABASE "{name}" TO {chosen.package}_app')
        settings = environment(self._stack, service)
        return settings | {
            f"{chosen.prefix}DATABASE_URL": _renamed(settings[f"{chosen.prefix}DATABASE_URL"], name)
        }

    async def admin(self, settings: dict[str, str], service: str) -> asyncpg.Connection:
        """A superuser's connection to such a database, for looking and for breaking things."""
        return await asyncpg.connect(self.admin_url(settings, service))

    def admin_url(self, settings: dict[str, str], service: str) -> str:
        url = settings[f"{get_service(service).prefix}DATABASE_URL"]
        return postgres.admin_url(self._stack, urlsplit(url).path[1:])

    async def _make_template(self, service: str) -> str:
        chosen = get_service(service)
        name = f"template_{chosen.package}_{secrets.token_hex(4)}"
        await self._execute(f'CREATE DATABASE "{name}" OWNER {chosen.package}_owner')
        settings = migration_environment(self._stack, service)
        variable = f"{chosen.prefix}MIGRATION_DATABASE_URL"
        settings[variable] = _renamed(settings[variable], name)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "alembic",
                "-c",
                f"services/{service}/alembic.ini",
                "upgrade",
                "head",
            ],
            cwd=ROOT,
            env={**os.environ, **settings},
            check=True,
            capture_output=True,
        )
        self._templates[service] = name
        return name

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(postgres.admin_url(self._stack))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class Broker:
    """Topics under a prefix of their own on the one Kafka of the run."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @property
    def bootstrap(self) -> str:
        return self._stack.kafka_bootstrap

    async def fresh_prefix(self) -> str:
        """All topics of the catalogue once more, behind a prefix that nobody else uses."""
        prefix = f"t{secrets.token_hex(4)}."
        wanted = yaml.safe_load((ROOT / "deploy/kafka/topics.yaml").read_text())["topics"]
        await create_topics(
            self._stack, [{**one, "partitions": 3} for one in wanted], prefix=prefix
        )
        return prefix


@dataclass
class Callers:
    """Signs transaction tokens as the gateway would."""

    stack: Stack
    audience: str
    _key: ECKey = field(init=False)

    def __post_init__(self) -> None:
        self._key = ECKey.import_key(keys.read_key(self.stack, keys.TRANSACTION_KEY))

    def headers(
        self,
        role: str,
        *,
        purpose: Purpose | None = Purpose.JOB_ORDER_VERIFICATION,
        mission: str | None = None,
        organisation: str = "KEMLU",
        client: str = "portal",
        **claims: Any,
    ) -> dict[str, str]:
        """The header by which a caller with this role comes from the gateway."""
        issued = int(time.time())
        said = {
            "iss": TRANSACTION_ISSUER,
            "aud": self.audience,
            "txn": secrets.token_hex(8),
            "sub": f"{role}-1",
            "client_id": client,
            "organisation": organisation,
            "roles": [role],
            "iat": issued,
            "exp": issued + 60,
        }
        if mission:
            said["mission"] = mission
        if purpose:
            said["purpose"] = purpose.value
        header = {"alg": "ES256", "typ": TRANSACTION_TOKEN_TYPE, "kid": self._key.kid}
        return {"Txn-Token": jwt.encode(header, said | claims, self._key)}


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A client that speaks to the app in this process."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")


def fresh_key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_urlsafe(16)}


def _renamed(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
