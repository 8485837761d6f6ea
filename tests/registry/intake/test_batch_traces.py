"""One trace id leads from the upload of a batch to the events of its lines."""

import secrets

import asyncpg

from shared.db import Database
from tests.registry.intake.test_batches import accepted, line, ndjson, person
from tests.registry.senders import Sender
from tests.registry.steps import work_off
from tests.stands import fresh_key


async def test_the_events_of_a_batch_go_on_with_the_trace_of_its_request(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    await work_off(sessions)
    before = await database.fetchval("SELECT coalesce(max(position), 0) FROM outbox")
    traces = [secrets.token_hex(16) for _ in range(2)]
    for trace in traces:
        key = fresh_key() | {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}
        await accepted(sender, ndjson([line(person()), line(person())]), key=key)
    await work_off(sessions)
    told = await database.fetch(
        "SELECT type, traceparent FROM outbox WHERE position > $1 AND type LIKE '%linked%'", before
    )
    assert sorted(row["traceparent"].split("-")[1] for row in told) == sorted(traces * 2)
