"""Who is concerned by a case. Nothing here commits."""

import json
from uuid import UUID

from joserfc.jwk import ECKey
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling import queries, rules
from cases.handling.operations.attachment import attach_placement
from cases.handling.operations.timeline import Line, write_line
from cases.handling.reference.states import CaseAction
from cases.handling.rules import Identification
from cases.handling.schemas import ParticipantEntry
from cases.handling.tables import Case, Participant
from cases.placements.queries import lock_person
from shared import clock, outbox, sealing
from shared.ids import new_id
from shared.messages.cases import CaseParticipantAdded, IdentificationRequested
from shared.policy import Grant
from shared.privacy import Keyring


async def add_participant(
    session: AsyncSession,
    case_id: UUID,
    entry: ParticipantEntry,
    *,
    grant: Grant,
    keyring: Keyring,
    sealing_key: ECKey,
) -> Participant:
    """Add somebody to a case; refuses a closed case and a full one."""
    case = await queries.lock_case(session, case_id, within=grant)
    rules.next_status(case.status, CaseAction.ADD_PARTICIPANT)
    rules.check_room(await queries.count_participants(session, case.id))
    participant = await enter_participant(
        session, case, entry, keyring=keyring, sealing_key=sealing_key
    )
    line = Line(participant_id=participant.id, reason=participant.role)
    write_line(session, case.id, CaseAction.ADD_PARTICIPANT, line, caller=grant.caller)
    return participant


async def enter_participant(
    session: AsyncSession,
    case: Case,
    entry: ParticipantEntry,
    *,
    keyring: Keyring,
    sealing_key: ECKey,
) -> Participant:
    """Make the row, tell of it, and ask the registry who it is where identifiers were given.

    What the reporter knew goes to two places: the sealed column, and the sealed member of the
    question to the registry.
    """
    participant = Participant(
        id=new_id(),
        case_id=case.id,
        role=entry.role,
        identification=_beginning(entry),
        is_minor=is_known_minor(entry),
        reported_on=case.reported_at.date(),
        added_at=clock.now(),
    )
    case.is_secret = case.is_secret or participant.is_minor
    if entry.person_id is not None:
        participant.person_id = await lock_person(session, entry.person_id)
        participant.person_id_as_given = entry.person_id
    session.add(participant)
    outbox.add(
        session,
        CaseParticipantAdded(
            case_id=case.id,
            participant_id=participant.id,
            role=participant.role,
            person_id=participant.person_id,
        ),
    )
    if entry.identifiers is not None:
        told = entry.identifiers.told()
        participant.reported_identity = keyring.seal(
            "participants.reported_identity", participant.id, json.dumps(told)
        )
        outbox.add(
            session,
            IdentificationRequested(
                case_id=case.id,
                participant_id=participant.id,
                sealed=sealing.seal(told, sealing_key),
                requested_at=participant.added_at,
            ),
        )
    await attach_placement(session, participant)
    return participant


def is_known_minor(entry: ParticipantEntry) -> bool:
    """Whether somebody is under age by the birth date that was told, else by what was said."""
    birth_date = entry.identifiers.birth_date if entry.identifiers else None
    by_date = rules.is_minor(birth_date, on=clock.today())
    return bool(entry.is_minor) if by_date is None else by_date


def _beginning(entry: ParticipantEntry) -> Identification:
    if entry.person_id is not None:
        return Identification.RESOLVED
    return Identification.RESOLVING if entry.identifiers else Identification.UNKNOWN
