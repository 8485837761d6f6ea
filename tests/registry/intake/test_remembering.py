"""Records that are to be remembered again: from their contents, and before anybody is linked."""

from datetime import timedelta
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.queries import has_bulk_work
from registry.intake.remembering import remember_again
from registry.settings import keyring
from shared import clock
from shared.db import Database
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik, make_passport
from tests.registry.steps import take, work_off


async def remember(session: AsyncSession) -> bool:
    return await remember_again(session, keyring=keyring(), limit=2)


async def forget_all(database: asyncpg.Connection) -> None:
    """As after the migration to another matcher."""
    await database.execute("TRUNCATE match_keys")
    await database.execute("UPDATE match_features SET features = NULL, keys = '{}'")


async def test_nobody_is_linked_before_all_are_remembered_again(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    name, old, new = make_name(), make_passport(), make_passport()
    for days, passport in ((9, old), (3, new)):
        known = await sender.stored(
            SISKO,
            {"full_name": name, "birth_date": "1991-02-03", "passport_number": passport},
            key="remembered-1",
            updated_at=clock.now() - timedelta(days=days),
        )
    for _ in range(3):
        await sender.stored(SISKO, {"full_name": make_name(), "nik": make_nik()})
    await forget_all(database)
    waiting = await sender.stored(PEDULI, {"passport_name": name, "passport_number": old})
    assert (waiting["person_id"], waiting["decision"]) == (None, None)
    async with sessions.session() as session:
        assert await has_bulk_work(session)
    steps = 0
    while await take(sessions, remember):
        steps += 1
    assert steps >= 2
    await work_off(sessions)
    person_id = await database.fetchval(
        "SELECT person_id FROM source_records WHERE id = $1", UUID(waiting["id"])
    )
    assert str(person_id) == known["person_id"]


async def test_a_withdrawn_record_is_not_remembered_again(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    content = {"full_name": make_name(), "nik": make_nik()}
    await sender.stored(SISKO, content, key="gone-1")
    await forget_all(database)
    await database.execute(
        "UPDATE source_records SET is_withdrawn = true WHERE record_key = 'gone-1'"
    )
    while await take(sessions, remember):
        pass
    left = "SELECT count(*) FROM match_features f JOIN source_records r ON r.id ="
    assert not await database.fetchval(f"{left} f.source_record_id WHERE r.record_key = 'gone-1'")
    assert await database.fetchval("SELECT bool_and(features IS NOT NULL) FROM match_features")
