"""A rehearsal and an adoption outlive the process that walks them."""

import asyncio
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from registry import bulk
from registry.rematching.rehearsing import rehearse_share
from registry.settings import keyring
from shared.db import Database
from tests.registry.intake.test_batches import accepted, line, ndjson, person
from tests.registry.rematching.adoptions import confirmed, post, projection
from tests.registry.rematching.models import Models
from tests.registry.rematching.rehearsals import ask, look, somebody
from tests.registry.senders import PEDULI, Sender
from tests.registry.steps import exhaust, stamp, take, work_off


async def by_the_share(session: AsyncSession) -> bool:
    return await rehearse_share(session, keyring=keyring())


async def test_a_bulk_process_that_is_killed_within_a_rehearsal_goes_on_where_it_was(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    await accepted(sender, ndjson([line(person()) for _ in range(600)]))
    known = [somebody() for _ in range(15)]
    await accepted(sender, ndjson([line(one) for one in known]))
    await work_off(sessions)
    await accepted(sender, ndjson([line(one) for one in known]), system=PEDULI)
    await work_off(sessions)
    where = await ask(sender, models.lax)
    keeper = bulk.Keeper()
    seen = "SELECT records_seen FROM link_model_rehearsals WHERE id = $1"
    rehearsal_id = UUID(where.rpartition("/")[2])
    try:
        await take(sessions, keeper.look)
        first = keeper.process
        assert first is not None
        async with asyncio.timeout(120):
            while not await database.fetchval(seen, rehearsal_id):
                await asyncio.sleep(0.02)
        first.kill()
        await first.wait()
        broken = await look(sender, where)
        assert broken["state"] == "RUNNING"
        assert 0 < broken["records_seen"] < broken["records_total"]
        await take(sessions, keeper.look)
        assert keeper.process is not first
        async with asyncio.timeout(120):
            while (told := await look(sender, where))["state"] == "RUNNING":
                await asyncio.sleep(0.1)
    finally:
        if keeper.process is not None:
            keeper.process.kill()
            await keeper.process.wait()
    assert told["state"] == "DONE"
    assert told["records_seen"] == told["records_total"]
    again = await ask(sender, models.lax)
    await exhaust(sessions, by_the_share)
    assert told["result"] == (await look(sender, again))["result"]
    (links,) = told["result"]["changes"]
    assert (links["change"], links["records"]) == ("WOULD_LINK", 2 * 15)


async def test_a_bulk_process_that_is_killed_within_an_adoption_or_its_withdrawal_goes_on(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    known = [somebody(country="MY", reported_on="2026-01-05") for _ in range(150)]
    for _ in range(2):
        await accepted(sender, ndjson([line(one) for one in known]), system=PEDULI)
        await work_off(sessions)
    before = await projection(database)
    where = await confirmed(sender, sessions, models.lax)
    joined = "SELECT count(*) FROM adopted_changes WHERE kind = 'JOINED' AND state = $1"
    keeper = bulk.Keeper()

    async def through_a_kill(state: str, until: str) -> None:
        await take(sessions, keeper.look)
        assert keeper.process is not None
        async with asyncio.timeout(120):
            while not await database.fetchval(joined, state):
                await asyncio.sleep(0.02)
        keeper.process.kill()
        await keeper.process.wait()
        assert (await look(sender, where))["state"] not in {"DONE", "WITHDRAWN"}
        assert 0 < await database.fetchval(joined, state) < len(known)
        await take(sessions, keeper.look)
        async with asyncio.timeout(120):
            while (await look(sender, where))["state"] != until:
                await asyncio.sleep(0.1)

    try:
        await through_a_kill("STANDS", "DONE")
        told = await look(
            sender, f"/v1/link-model-rehearsals/{(await look(sender, where))['rehearsal_id']}"
        )
        (links,) = told["result"]["changes"]
        assert await database.fetchval(joined, "STANDS") * 2 == links["records"] >= 300
        body = {"reason": "Too many links"}
        answer = await post(sender, f"{where}/withdrawals", body, officer="third")
        assert answer.status_code == 202, answer.text
        await through_a_kill("TAKEN_BACK", "WITHDRAWN")
    finally:
        if keeper.process is not None and keeper.process.returncode is None:
            keeper.process.kill()
            await keeper.process.wait()
    await exhaust(sessions, stamp)
    assert await projection(database) == before
