"""One line that we cannot digest stops nobody else."""

import secrets
from typing import Any

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake import batches
from registry.intake.careful import Careful
from registry.intake.operations import store_records
from registry.intake.schemas import Envelope
from registry.settings import keyring
from shared.db import Database
from tests.registry.senders import PEDULI, make_name
from tests.registry.steps import take

UPDATED = "2026-01-01T00:00:00Z"


async def until_calm(sessions: Database, step: Any) -> None:
    """As the loop does: a step that fails is taken again."""
    more = True
    while more:
        try:
            more = await take(sessions, step)
        except ValueError:
            more = True


async def test_a_record_that_cannot_be_linked_is_held_and_the_others_go_on(
    sessions: Database, database: asyncpg.Connection
) -> None:
    keys = [secrets.token_hex(8) for _ in range(5)]
    envelopes = [
        Envelope.model_validate(
            {
                "source_system": PEDULI,
                "record_key": key,
                "source_updated_at": UPDATED,
                "content": {"full_name": make_name()},
            }
        )
        for key in keys
    ]

    async def store(session: AsyncSession) -> bool:
        await store_records(session, envelopes, keyring=keyring(), received_from=PEDULI)
        return False

    await take(sessions, store)
    # What no code of ours expects: a version whose content does not open.
    await database.execute(
        "UPDATE source_record_versions SET content = decode('00', 'hex') FROM source_records r"
        " WHERE r.id = source_record_id AND r.record_key = $1",
        keys[2],
    )

    async def link(session: AsyncSession, limit: int) -> bool:
        try:
            return await batches.link_next_share(session, keyring=keyring(), limit=limit)
        except Exception as error:
            raise ValueError from error

    await until_calm(sessions, Careful(link, batches.pass_over_record))
    rows = await database.fetch(
        "SELECT record_key, link_due, person_id FROM source_records WHERE record_key = ANY($1)",
        keys,
    )
    states = {row["record_key"]: (row["link_due"], row["person_id"] is None) for row in rows}
    assert states[keys[2]] == ("HELD", True)
    assert {states[key] for key in keys if key != keys[2]} == {(None, False)}


async def test_faults_of_the_database_pass_nobody_over(sessions: Database) -> None:
    passed: list[AsyncSession] = []

    async def away(_session: AsyncSession, _limit: int) -> bool:
        raise ConnectionResetError

    async def pass_over(session: AsyncSession) -> None:
        passed.append(session)

    careful = Careful(away, pass_over)
    for _ in range(5):
        with pytest.raises(ConnectionResetError):
            await take(sessions, careful)
    assert passed == []
