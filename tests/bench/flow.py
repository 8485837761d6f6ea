"""The parts of an event's way: a consuming service of its own, messengers, and filled outboxes."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from deploy.local import postgres
from deploy.local.environments import environment
from shared import outbox
from shared.ids import new_id
from shared.messages import catalogue
from shared.messages.job_orders import EmployerRegistered
from shared.spine import create_spine
from tests.bench.effects import CREATE
from tests.bench.programs import CannotMeasure, Program, running
from tests.bench.stand import MISSION, Stand

# Whose running role the consuming service borrows.
_ROLE = "cases"
_PATIENCE_SECONDS = 120.0
_COMMITTED = "SELECT {key}, pg_xact_commit_timestamp(xmin) AS at FROM {table} ORDER BY at"


@dataclass(frozen=True, slots=True)
class Consumer:
    """The consuming service: its database and its environment."""

    database: asyncpg.Connection
    environment: dict[str, str]

    def messenger(self) -> AbstractAsyncContextManager[Program]:
        command = [sys.executable, "-m", "tests.bench.effects"]
        return running("effects-messenger", command, environment=self.environment)


@asynccontextmanager
async def consumer(stand: Stand, *, prefix: str) -> AsyncIterator[Consumer]:
    """A second database on the same server, with the spine and one table."""
    name = f"bench_effects_{secrets.token_hex(4)}"
    server = await asyncpg.connect(postgres.admin_url(stand.stack))
    await server.execute(f'CREATE DATABASE "{name}"')
    database = await asyncpg.connect(postgres.admin_url(stand.stack, name))
    try:
        await _create_tables(database)
        given = environment(stand.stack, _ROLE)
        url = postgres.role_url(stand.stack, _ROLE, kind="app", scheme="postgresql+asyncpg")
        names = ("KAFKA_BOOTSTRAP", "KEYS_FILE", "TRANSACTION_JWKS_FILE")
        yield Consumer(
            database,
            {f"EFFECTS_{one}": given[f"{_ROLE.upper()}_{one}"] for one in names}
            | {
                "EFFECTS_ENVIRONMENT": "local",
                "EFFECTS_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}",
                "EFFECTS_TOPIC_PREFIX": prefix,
            },
        )
    finally:
        await database.close()
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()


def job_orders_messenger(
    settings: Mapping[str, str],
) -> AbstractAsyncContextManager[Program]:
    command = [sys.executable, "-m", "job_orders.messenger"]
    return running("job-orders-messenger", command, environment=settings)


async def fill_outbox(database: asyncpg.Connection, count: int) -> None:
    """Put so many events into an outbox as committed writes would have left them."""
    entry = catalogue.entry_of(EmployerRegistered)
    moment = datetime.now(UTC)
    ids = [new_id() for _ in range(count)]
    await database.execute(
        outbox.statement(),
        [new_id() for _ in ids],
        [entry.topic] * count,
        [str(one) for one in ids],
        [entry.event_type] * count,
        [moment] * count,
        [entry.sensitivity] * count,
        [None] * count,
        [None] * count,
        [_payload(one, moment) for one in ids],
    )


async def committed(database: asyncpg.Connection, table: str, *, key: str) -> dict[UUID, datetime]:
    """When each row's transaction committed, by PostgreSQL's own word."""
    rows = await database.fetch(_COMMITTED.format(table=table, key=key))
    return {row[key]: row["at"] for row in rows}


async def until_count(
    database: asyncpg.Connection, question: str, count: int, *, programs: list[Program]
) -> None:
    """Return when the question counts so many; raises CannotMeasure when it never does."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while (counted := await database.fetchval(question)) < count:
        for program in programs:
            program.ensure_alive()
        if time.monotonic() > give_up:
            raise CannotMeasure(f"only {counted} of {count}: {question}")
        await asyncio.sleep(0.1)


async def _create_tables(database: asyncpg.Connection) -> None:
    statements: list[str] = []
    create_spine(statements.append, running_role=f"{_ROLE}_app")
    for statement in [*statements, CREATE, f"GRANT SELECT, INSERT ON effects TO {_ROLE}_app"]:
        await database.execute(statement)


def _payload(employer_id: UUID, moment: datetime) -> bytes:
    message = EmployerRegistered(
        employer_id=employer_id,
        employer_code="EMP-MY-7KQ2XW9B",
        employer_type="COMPANY",
        country="MY",
        mission=MISSION,
        sector="MANUFACTURING",
        registered_at=moment,
    )
    return message.model_dump_json().encode()
