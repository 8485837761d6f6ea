"""Versions that came before anybody had linked the one before them."""

import secrets
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.operations import store_records
from registry.intake.schemas import Envelope
from registry.settings import keyring
from registry.sources.rules import SourceSystem
from shared import clock
from shared.db import Database
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import take, work_off


async def test_a_change_that_a_kill_left_unmatched_is_matched_with_the_version_after_it(
    sender: Sender, sessions: Database
) -> None:
    """Also when that one changes nothing by which its subject is known."""
    known, key = {"nik": make_nik(), "full_name": make_name()}, secrets.token_hex(8)
    told = await sender.stored(SISKO, known)
    lonely = await sender.stored(PEDULI, {"full_name": known["full_name"]}, key=key)
    assert lonely["person_id"] != told["person_id"]
    last = known | {"phone": "+62 811 0000 0001"}
    for minute, content in enumerate((known, last)):
        envelope = Envelope(
            source_system=SourceSystem.PEDULI_WNI,
            record_key=key,
            source_updated_at=clock.now() + timedelta(minutes=minute),
            content=content,
        )

        async def first_transaction(session: AsyncSession, one: Envelope = envelope) -> bool:
            await store_records(session, [one], keyring=keyring(), received_from=PEDULI)
            return False

        await take(sessions, first_transaction)
    await work_off(sessions)
    again = await sender.stored(PEDULI, last, key=key)
    assert again["person_id"] == told["person_id"]
