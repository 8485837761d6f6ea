"""A reader of the feed sees every event once, in order, whatever it was told and when."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx2 as httpx
from fastapi import FastAPI

from gateway.feed.operations import number_events
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.inbox import Inbox
from shared.messages import catalogue
from shared.messages.cases import IdentificationRequested
from shared.messages.job_orders import EmployerRegistered
from tests.shared.spine_parts import Log, employer_registered, new_keys
from tests.stands import Callers, client_of

AT = datetime(2026, 3, 1, tzinfo=UTC)


def event_of(message: Any, sequence: int) -> Event:
    entry = catalogue.entry_of(type(message))
    return Event(
        id=new_id(),
        type=entry.event_type,
        topic=entry.topic,
        key=str(getattr(message, entry.key)),
        sequence=sequence,
        time=AT,
        source="urn:sinergi:test",
        data=message.model_dump_json().encode(),
        sensitivity=entry.sensitivity,
    )


async def number(database: Database) -> None:
    async with database.session() as session:
        await number_events(session)
        await session.commit()


async def read_all(
    client: httpx.AsyncClient, headers: dict[str, str], cursor: str | None = None, **query: Any
) -> tuple[list[dict[str, Any]], str]:
    items: list[dict[str, Any]] = []
    while True:
        params = {"limit": "7"} | query | ({"cursor": cursor} if cursor else {})
        answer = await client.get("/v1/events", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        cursor = page["next"]
        if not page["has_more"]:
            return items, str(cursor)


async def test_a_reader_that_follows_the_cursor_sees_each_event_once_and_in_order(
    app: FastAPI, database: Database, inbox: Inbox, callers: Callers
) -> None:
    keys, log, rng = new_keys(5), Log(), random.Random(3)
    events = [event_of(employer_registered(key), n) for n in range(1, 9) for key in keys]
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    headers = callers.headers("kemlu-desk")
    async with client_of(app) as client:
        for start in range(0, len(events), 6):
            stretch = events[start : start + 6] + rng.sample(events[: start + 1], k=1)
            await inbox.apply(log.records(stretch))
            await number(database)
            items, cursor = await read_all(client, headers, cursor)
            seen += items
    assert len({item["id"] for item in seen}) == len(seen) == len(events)
    for key in keys:
        assert [i["sequence"] for i in seen if i["subject"] == str(key)] == list(range(1, 9))


async def test_a_row_that_commits_late_is_not_passed_by_a_reader(
    app: FastAPI, database: Database, admin: asyncpg.Connection, callers: Callers
) -> None:
    """The row drew its arrival first and committed last: a cursor over ids would have missed it."""
    headers = callers.headers("kemlu-desk")
    late, early = (event_of(employer_registered(key), 1) for key in new_keys(2))
    async with client_of(app) as client, database.session() as slow:
        await insert(slow, late)
        async with database.session() as quick:
            await insert(quick, early)
            await quick.commit()
        await number(database)
        first, cursor = await read_all(client, headers)
        await slow.commit()
        await number(database)
        second, _ = await read_all(client, headers, cursor)
    assert [item["id"] for item in first] == [str(early.id)]
    assert [item["id"] for item in second] == [str(late.id)]
    assert await admin.fetchval("SELECT bool_and(position IS NOT NULL) FROM feed_events")


async def test_two_sequencers_and_many_writers_give_gapless_positions(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    async def write(offset: int) -> None:
        log = Log(offset)
        for key in new_keys(20):
            await inbox.apply(log.records([event_of(employer_registered(key), 1)]))

    async def sequence() -> None:
        for _ in range(40):
            async with database.session() as session:
                # As the loop does it: the lease row keeps the second one out until the commit.
                await session.connection()
                await admin_lock(session)
                await number_events(session)
                await session.commit()

    await asyncio.gather(*(write(n * 1000) for n in range(4)), sequence(), sequence())
    await number(database)
    rows = await admin.fetch("SELECT position FROM feed_events ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, 81))


async def test_the_feed_drops_what_is_sealed(
    app: FastAPI, database: Database, inbox: Inbox, callers: Callers, admin: asyncpg.Connection
) -> None:
    asked = IdentificationRequested(
        case_id=new_id(), participant_id=new_id(), sealed="eyJ.canary.sealed", requested_at=AT
    )
    await inbox.apply(Log().records([event_of(asked, 1)]))
    await number(database)
    async with client_of(app) as client:
        items, _ = await read_all(client, callers.headers("kemlu-desk"))
    assert [sorted(item["data"]) for item in items] == [
        ["case_id", "participant_id", "requested_at"]
    ]
    assert "canary" not in str(await admin.fetch("SELECT * FROM feed_events"))


async def test_a_gap_is_told_and_its_subject_waits(
    app: FastAPI, database: Database, inbox: Inbox, callers: Callers
) -> None:
    (key,) = new_keys(1)
    first, _, third = (event_of(employer_registered(key), n) for n in (1, 2, 3))
    await inbox.apply(Log().records([first, third]))
    await number(database)
    async with client_of(app) as client:
        answer = await client.get("/v1/events", headers=callers.headers("kemlu-desk"))
    page = answer.json()
    assert [item["sequence"] for item in page["items"]] == [1]
    assert page["gaps"] == [
        {"topic": "job_orders.employer.v1", "subject": str(key), "last_sequence": 1}
    ]


async def test_partners_see_public_events_only_and_types_can_be_chosen(
    app: FastAPI, database: Database, inbox: Inbox, callers: Callers
) -> None:
    (key,) = new_keys(1)
    await inbox.apply(Log().records([event_of(employer_registered(key), 1)]))
    await number(database)
    async with client_of(app) as client:
        partner, _ = await read_all(client, callers.headers("placement-agency"))
        desk = callers.headers("kemlu-desk")
        kind = catalogue.entry_of(EmployerRegistered).event_type
        chosen, _ = await read_all(client, desk, types=kind)
        other, _ = await read_all(client, desk, types="id.go.sinergi.cases.case.closed.v1")
    assert partner == []
    assert len(chosen) == 1
    assert other == []


async def test_a_payload_that_is_no_json_does_not_stop_the_feed(
    database: Database, inbox: Inbox, admin: asyncpg.Connection
) -> None:
    (key,) = new_keys(1)
    broken = replace(event_of(employer_registered(key), 1), data=b"\xff\xfe")
    await inbox.apply(Log().records([broken]))
    assert await admin.fetchval("SELECT count(*) FROM feed_events") == 1


async def insert(session: Any, event: Event) -> None:
    from gateway.feed.operations import store_events

    await store_events(session, [event])


async def admin_lock(session: Any) -> None:
    from shared.db import driver_sql

    await driver_sql(session, "SELECT pg_advisory_xact_lock(42)")
