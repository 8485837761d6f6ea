"""What measured runs stand on: servers that lose nothing, databases and topics of their own."""

import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg
import yaml
from rich.console import Console

from deploy.local import postgres, supervision
from deploy.local.running import running, servers
from deploy.local.stack import ROOT, Stack, get_service, open_stack, stack_lock
from deploy.local.topics import TOPICS_FILE, create_topics
from tests.bench.programs import CannotMeasure
from tests.stands import Callers, DatabaseStand

STACK = "bench"
MISSION = "KBRI-KUALA-LUMPUR"
_TOKEN_SECONDS = 115
_POSTGRES = {"track_commit_timestamp": "on", "wal_level": "logical"}
EMPLOYER = {
    "type": "COMPANY",
    "name": "Kilang Contoh Sdn Bhd",
    "country": "MY",
    "subdivision": "MY-14",
    "sector": "MANUFACTURING",
    "contact_name": "Synthetic Contact",
    "contact_phone": "+60 3-2116 4000",
    "address": "Jalan Contoh 12, 50450 Kuala Lumpur",
}


@dataclass
class Plan:
    """How often and how long each thing is measured, and what could not be."""

    console: Console
    runs: int
    seconds: float
    records: int
    events: int
    stored: int
    missing: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.console.print(f"· {text}", highlight=False, markup=False)

    def miss(self, reason: str) -> None:
        """Note that something could not be measured, and why."""
        if reason not in self.missing:
            self.missing.append(reason)

    def needs(self, *paths: str) -> None:
        """Raises CannotMeasure for a part of the system that this checkout does not have."""
        for path in paths:
            if not (ROOT / path).exists():
                raise CannotMeasure(f"{path} does not exist in this checkout")


@dataclass
class Stand:
    """A plan with servers to carry it out on."""

    plan: Plan
    stack: Stack
    databases: DatabaseStand

    async def fresh_topics(self) -> str:
        """All topics once more, with their real number of partitions, behind a new prefix."""
        prefix = f"b{secrets.token_hex(4)}."
        wanted = yaml.safe_load(TOPICS_FILE.read_text())["topics"]
        await create_topics(self.stack, wanted, prefix=prefix)
        return prefix

    async def fresh_service(self, service: str, *, prefix: str = "") -> dict[str, str]:
        """The environment of a service on a fresh, migrated database."""
        name = get_service(service).prefix
        return await self.databases.fresh(service) | {f"{name}TOPIC_PREFIX": prefix}

    async def admin(self, environment: Mapping[str, str], service: str) -> asyncpg.Connection:
        """A superuser's connection to the database of such an environment."""
        url = environment[f"{get_service(service).prefix}DATABASE_URL"]
        return await asyncpg.connect(postgres.admin_url(self.stack, urlsplit(url).path[1:]))

    def caller(self, service: str) -> dict[str, str]:
        """The header of a mission's officer, good for nearly as long as services accept."""
        expires = int(time.time()) + _TOKEN_SECONDS
        callers = Callers(self.stack, service)
        return callers.headers("mission-officer", mission=MISSION, exp=expires)


@asynccontextmanager
async def standing(plan: Plan) -> AsyncIterator[Stand]:
    """PostgreSQL and Kafka, new and with every safety on; their data goes afterwards."""
    stack = open_stack(STACK)
    _wipe_data(stack)
    with servers(stack, durable=True):
        await _configure_postgres(stack)
        yield Stand(plan, stack, DatabaseStand(stack))
    _wipe_data(stack)


def _wipe_data(stack: Stack) -> None:
    """Forget what servers that do not run have stored; the results beside it stay."""
    with stack_lock(stack, wait=True):
        if running(stack):
            return
        for folder in (stack.postgres_data, stack.kafka_data):
            shutil.rmtree(folder, ignore_errors=True)
        stack.remember(roles="", topics="", migrations={})


async def _configure_postgres(stack: Stack) -> None:
    """Have PostgreSQL remember when each transaction committed, on its own clock, and write a log
    that a rival can read changes from.
    """
    connection = await asyncpg.connect(postgres.admin_url(stack))
    try:
        for name, value in _POSTGRES.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
    finally:
        await connection.close()
    supervision.stop(stack, ["postgres"])
    supervision.start(stack, ["postgres"])
    postgres.wait_until_ready(stack)
