"""How a case's participant enters: unsealed, stored as a record of system CASES, and linked.

Runs in the one transaction of its message; a second delivery finds the same content, a no-op.
"""

import logging

from joserfc.jwk import ECKey
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.operations import link_now, store_records
from registry.intake.schemas import Envelope
from registry.links.identifying import expect_identification, tell_cases
from registry.persons.cases import note_participant
from registry.sources.rules import SourceSystem
from shared.ids import short
from shared.messages.cases import IdentificationRequested
from shared.privacy import Keyring
from shared.sealing import CannotUnseal, unseal

log = logging.getLogger(__name__)


async def identify_participant(
    session: AsyncSession,
    message: IdentificationRequested,
    *,
    keyring: Keyring,
    sealing_key: ECKey,
) -> None:
    """Store what the reporter knew, link it, and tell the case who it is.

    What cannot be unsealed is stored empty: the participant is provisional, and the case goes on.
    """
    try:
        content = unseal(message.sealed, sealing_key)
    except CannotUnseal:
        log.warning("a reported identity could not be unsealed")
        content = {}
    envelope = Envelope(
        source_system=SourceSystem.CASES,
        record_key=f"{short(message.case_id)}:{short(message.participant_id)}",
        source_updated_at=message.requested_at,
        content=content,
    )
    (received,) = await store_records(session, [envelope], keyring=keyring, received_from="cases")
    record_id = received.stored.record_id
    await expect_identification(
        session,
        record_id=record_id,
        case_id=message.case_id,
        participant_id=message.participant_id,
    )
    await note_participant(session, message.case_id, message.participant_id, record_id=record_id)
    await link_now(session, received, keyring=keyring)
    await tell_cases(session, person_ids=(), record_ids=(record_id,))
