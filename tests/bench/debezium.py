"""Debezium on Kafka Connect as a rival relay: reads the outbox from PostgreSQL's log.

It routes by the outbox's own columns with its own EventRouter, keys and payloads as ours are.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from deploy.local import broker, keys, postgres
from deploy.local.stack import LOCAL, LOOPBACK, write_private
from tests.bench import maven
from tests.bench.programs import LOGS, CannotMeasure, Program, running
from tests.bench.stand import Stand

NAME = "Debezium"
FOLDER = LOCAL / "bench" / "debezium"
_SLOT = "bench_debezium"
_TOPIC = "job_orders.employer.v1"
_PATIENCE_SECONDS = 120.0
# By default it polls each 500 ms, and its producer waits 5 ms for company.
_TUNED = {"poll.interval.ms": "5"}
_TUNED_WORKER = {"producer.linger.ms": "0"}
# As its own script starts it.
_JVM = ("-Xms256M", "-Xmx2G", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")
_CONNECT = "org.apache.kafka.connect.cli.ConnectStandalone"


@asynccontextmanager
async def connect(
    stand: Stand, settings: Mapping[str, str], *, prefix: str, is_tuned: bool
) -> AsyncIterator[Program]:
    """Kafka Connect with the connector, reading that database's outbox into topics so prefixed."""
    jars = maven.made("debezium", "dependency:copy-dependencies")
    name = urlsplit(settings["JOB_ORDERS_DATABASE_URL"]).path[1:]
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    worker = _written("worker", _worker(stand, is_tuned=is_tuned))
    connector = _written("connector", _connector(stand, name, prefix=prefix, is_tuned=is_tuned))
    log = f"-Dlog4j2.configurationFile={broker.FILES / 'log4j2.properties'}"
    line = [maven.java(), *_JVM, log, "-cp", f"{jars}/*", _CONNECT, worker, connector]
    database = await asyncpg.connect(postgres.admin_url(stand.stack, name))
    try:
        async with running("debezium", line) as program:
            await _until_streaming(database, program)
            yield program
    finally:
        await database.execute(_DROP_SLOT, _SLOT)
        await database.close()


class Receiver:
    """The plain consumer at its other end."""

    def __init__(self, program: Program, path: Path) -> None:
        self.program = program
        self._path = path

    async def arrivals(self, count: int) -> dict[UUID, datetime]:
        """When each message came, once so many have; CannotMeasure when they never do."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while len(lines := self._path.read_text().splitlines()) < count:
            self.program.ensure_alive()
            if time.monotonic() > give_up:
                raise CannotMeasure(f"only {len(lines)} of {count} came through {NAME}")
            await asyncio.sleep(0.2)
        pairs = [line.split() for line in lines]
        return {UUID(key): datetime.fromtimestamp(float(at), UTC) for key, at in pairs}


@asynccontextmanager
async def receiver(stand: Stand, *, prefix: str) -> AsyncIterator[Receiver]:
    """Such a consumer, standing at the beginning of the topic of employers."""
    path = FOLDER / "received"
    path.touch()
    given = [stand.stack.kafka_bootstrap, f"{prefix}{_TOPIC}", str(path)]
    line = [sys.executable, "-m", "tests.bench.rivals.receiver", *given]
    async with running("receiver", line) as program:
        yield Receiver(program, path)


def _worker(stand: Stand, *, is_tuned: bool) -> dict[str, str]:
    return {
        "bootstrap.servers": stand.stack.kafka_bootstrap,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "io.debezium.converters.BinaryDataConverter",
        "offset.storage.file.filename": str(FOLDER / "offsets"),
        "listeners": f"http://{LOOPBACK}:{stand.stack.ports['keycloak']}",
        "plugin.discovery": "service_load",
        **(_TUNED_WORKER if is_tuned else {}),
    }


def _connector(stand: Stand, database: str, *, prefix: str, is_tuned: bool) -> dict[str, str]:
    return {
        "name": "outbox",
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "database.hostname": LOOPBACK,
        "database.port": str(stand.stack.ports["postgres"]),
        "database.user": "postgres",
        "database.password": keys.password(stand.stack, "postgres"),
        "database.dbname": database,
        "topic.prefix": "bench",
        "plugin.name": "pgoutput",
        "slot.name": _SLOT,
        "publication.name": _SLOT,
        "publication.autocreate.mode": "filtered",
        "table.include.list": "public.outbox",
        "snapshot.mode": "no_data",
        "transforms": "outbox",
        "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.table.field.event.id": "event_id",
        "transforms.outbox.table.field.event.key": "key",
        "transforms.outbox.table.field.event.payload": "data",
        "transforms.outbox.table.fields.additional.placement": "type:header,sequence:header",
        "transforms.outbox.route.by.field": "topic",
        "transforms.outbox.route.topic.replacement": f"{prefix}${{routedByValue}}",
        **(_TUNED if is_tuned else {}),
    }


def _written(name: str, values: Mapping[str, str]) -> str:
    path = FOLDER / f"{name}.properties"
    write_private(path, "".join(f"{key}={value}\n" for key, value in values.items()))
    return str(path)


async def _until_streaming(database: asyncpg.Connection, program: Program) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not await database.fetchval(_IS_STREAMING, _SLOT):
        program.ensure_alive()
        if time.monotonic() > give_up:
            raise CannotMeasure(f"{NAME} does not begin to read; see {LOGS}/debezium.log")
        await asyncio.sleep(0.2)


_IS_STREAMING = "SELECT active FROM pg_replication_slots WHERE slot_name = $1"
_DROP_SLOT = """
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1
"""
