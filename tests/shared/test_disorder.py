"""Disorder on a real broker: scrambled topics, foreign records, a broker that begins anew."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

import gateway.handlers
from deploy.local.stack import ROOT
from shared import outbox
from shared.bus import PRODUCER_SETTINGS, Consumer
from shared.cloudevents import Event, headers_of
from shared.db import Database
from shared.inbox import Handlers, Inbox, replay
from shared.messages.job_orders import PlacementAgencyRestored
from shared.privacy import Keyring
from tests.shared.spine_parts import (
    Noting,
    agency_restored,
    commit_messages,
    effects,
    new_keys,
    outbox_events,
)
from tests.shared.test_outbox import relaying, until_sent
from tests.stands import Broker, DatabaseStand

FEED = "SELECT event_id, topic, key, sequence, type, data FROM feed_events ORDER BY topic, key, 4"
CURSORS = "SELECT * FROM cursors ORDER BY topic, key"


@asynccontextmanager
async def consuming(
    inbox: Inbox, handlers: Handlers, broker: Broker, prefix: str
) -> AsyncIterator[list[ConsumerRecord]]:
    """A real consumer feeds the inbox inside; gives what it has delivered so far."""
    delivered: list[ConsumerRecord] = []

    async def apply(records: Sequence[ConsumerRecord]) -> None:
        await inbox.apply(records)
        delivered.extend(records)

    consumer = Consumer(
        broker.bootstrap,
        group=f"g{id(inbox)}",
        instance="0",
        topics=handlers.all_topics,
        prefix=prefix,
        apply=apply,
    )
    task = asyncio.create_task(consumer.run())
    try:
        yield delivered
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until_delivered(delivered: list[ConsumerRecord], count: int) -> None:
    async with asyncio.timeout(90):
        while len(delivered) < count:
            await asyncio.sleep(0.1)


async def test_disorder_poison_and_foreign_records_on_two_topics_harm_one_key(
    database: Database,
    admin: asyncpg.Connection,
    keyring: Keyring,
    broker: Broker,
    prefix: str,
) -> None:
    noting, rng = Noting(), random.Random(3)
    handlers = replace(
        noting.handlers,
        by_message={**noting.handlers.by_message, PlacementAgencyRestored: noting.note},
    )
    *employers, bad = new_keys(4)
    agencies = new_keys(3)
    for _ in range(6):
        await commit_messages(database, *employers, bad)
        async with database.session() as session:
            for key in agencies:
                outbox.add(session, agency_restored(key))
            await outbox.flush(session)
            await session.commit()
    events = await outbox_events(admin)
    strange = replace(events[0], type="id.go.sinergi.job-orders.employer.renamed.v9")
    sent = [(event, headers_of(event)) for event in [strange, *events[1:], *events]]
    rng.shuffle(sent)
    foreign: list[tuple[Event, Any]] = [
        (events[1], []),
        (events[2], [("ce_specversion", b"0.3")]),
        (events[3], [*headers_of(events[3])[:-3], ("ce_sequence", b"first")]),
    ]
    noting.poisonous = {str(bad)}
    inbox = Inbox(database, handlers, keyring=keyring, prefix=prefix)
    async with consuming(inbox, handlers, broker, prefix) as delivered:
        await send_raw(broker, prefix, [*foreign, *sent])
        await until_delivered(delivered, len(sent) + len(foreign))
    whole = {str(key): list(range(1, 7)) for key in [*employers, *agencies]}
    had = await effects(admin)
    first = had.pop(events[0].key)
    assert first in ([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6]), "the strange type came first, or did not"
    assert had == {key: some for key, some in whole.items() if key != events[0].key}
    parked = await admin.fetch("SELECT key, parked, waiting FROM cursors WHERE waiting > 0")
    assert [(row["key"], row["parked"], row["waiting"]) for row in parked] == [(str(bad), True, 6)]
    unreadable = "SELECT count(*) FROM parked_messages WHERE reason = 'UNREADABLE'"
    assert await admin.fetchval(unreadable) == len(foreign)
    noting.poisonous = set()
    lines = await replay(inbox, by="tester")
    assert sum("unreadable still" in line for line in lines) == len(foreign)
    assert (await effects(admin))[str(bad)] == list(range(1, 7))


async def test_a_reader_that_stops_has_told_the_broker_of_all_that_had_its_effect(
    database: Database,
    admin: asyncpg.Connection,
    keyring: Keyring,
    broker: Broker,
    prefix: str,
) -> None:
    noting = Noting()
    for key in new_keys(30):
        await commit_messages(database, key)
    inbox = Inbox(database, noting.handlers, keyring=keyring, prefix=prefix)
    events = await outbox_events(admin)
    async with consuming(inbox, noting.handlers, broker, prefix) as delivered:
        for event in events:
            await send_raw(broker, prefix, [(event, headers_of(event))])
        await until_delivered(delivered, len(events))
    admins = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admins.start()
    try:
        told = await admins.list_consumer_group_offsets(f"{prefix}g{id(inbox)}")
    finally:
        await admins.close()
    assert sum(place.offset for place in told.values()) == len(events)


async def send_raw(broker: Broker, prefix: str, records: Sequence[tuple[Event, Any]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **PRODUCER_SETTINGS)
    await producer.start()
    try:
        for event, headers in records:
            await producer.send_and_wait(
                prefix + event.topic, value=event.data, key=event.key.encode(), headers=headers
            )
    finally:
        await producer.stop()


async def test_republishing_into_an_empty_broker_changes_nothing_and_heals_an_older_copy(
    database: Database,
    admin: asyncpg.Connection,
    settings: dict[str, str],
    databases: DatabaseStand,
    broker: Broker,
    prefix: str,
) -> None:
    """The feed's reader, once current and once put back from a copy of half way."""
    keys = new_keys(5)
    chosen = await databases.fresh("gateway")
    reader = Reader(chosen)
    async with relaying(database, broker, prefix):
        for half in (1, 2):
            for _ in range(8):
                await commit_messages(database, *keys)
            await until_sent(admin)
            async with reader.reading(broker, prefix) as delivered:
                await until_delivered(delivered, 1)
                await until_rows(databases, chosen, 40 * half)
            if half == 1:
                older = await copy_of(databases, chosen)
    before = await tables(databases, chosen)
    empty = await broker.fresh_prefix()
    outcome = await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-m", "job_orders.messenger", "republish"),
            *("--since", "2026-01-01T00:00:00+00:00"),
        ],
        cwd=ROOT,
        env=os.environ | settings | {"JOB_ORDERS_TOPIC_PREFIX": empty},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "80 events sent again." in outcome.stdout
    async with reader.reading(broker, empty) as delivered:
        await until_delivered(delivered, 80)
    async with Reader(older).reading(broker, empty) as delivered:
        await until_delivered(delivered, 80)
    assert await tables(databases, chosen) == before
    assert await tables(databases, older) == before


class Reader:
    """The feed's own handlers on one gateway database."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings

    @asynccontextmanager
    async def reading(self, broker: Broker, prefix: str) -> AsyncIterator[list[ConsumerRecord]]:
        url = self._settings["GATEWAY_DATABASE_URL"]
        keyring = Keyring.load(Path(self._settings["GATEWAY_KEYS_FILE"]), "gateway")
        database = Database(url, application="reader", pool_size=3)
        handlers = gateway.handlers.HANDLERS
        inbox = Inbox(database, handlers, keyring=keyring, prefix=prefix)
        try:
            async with consuming(inbox, handlers, broker, prefix) as delivered:
                yield delivered
        finally:
            await database.close()


async def copy_of(databases: DatabaseStand, settings: dict[str, str]) -> dict[str, str]:
    """The settings of a copy of that database, as it is now."""
    old = settings["GATEWAY_DATABASE_URL"].rsplit("/", 1)[1]
    await databases._execute(f'CREATE DATABASE "{old}_older" TEMPLATE "{old}"')
    await databases._execute(f'GRANT CONNECT ON DATABASE "{old}_older" TO gateway_app')
    return settings | {"GATEWAY_DATABASE_URL": settings["GATEWAY_DATABASE_URL"] + "_older"}


async def until_rows(databases: DatabaseStand, settings: dict[str, str], count: int) -> None:
    async with asyncio.timeout(90):
        while len((await tables(databases, settings))[0]) < count:
            await asyncio.sleep(0.2)


async def tables(databases: DatabaseStand, settings: dict[str, str]) -> tuple[list[Any], list[Any]]:
    connection = await databases.admin(settings, "gateway")
    try:
        feed, cursors = await connection.fetch(FEED), await connection.fetch(CURSORS)
    finally:
        await connection.close()
    return [tuple(row) for row in feed], [tuple(row) for row in cursors]
