"""How a placement comes to a participant without anybody typing it.

Person and placement arrive by events of different keys, in either order, more than once, and
change with merges and splits. Each of them ends here: the person's row is locked, and the choice
is made anew from all copies, so the last one to come completes it.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling import queries
from cases.handling.operations.timeline import Line, write_line
from cases.handling.reference.states import CaseAction
from cases.handling.rules import Identification
from cases.handling.tables import Participant
from cases.placements import operations as placements
from cases.placements.queries import list_jobs, lock_person
from cases.placements.rules import Job, choose_placement
from shared import outbox
from shared.messages.cases import CasePlacementAttached, CasePlacementDetached
from shared.messages.registry import IdentificationResolved, PersonsMerged, PersonSplit

log = logging.getLogger(__name__)


async def resolve_identity(session: AsyncSession, message: IdentificationResolved) -> None:
    """Take the registry's word for who a participant is, and attach that person's placement.

    Never refuses: a later word replaces an earlier one, and an id merged meanwhile is followed.
    """
    person_id = message.person_id
    survivor = await lock_person(session, person_id) if person_id else None
    participant = await queries.lock_participant(session, message.participant_id)
    if participant is None:
        log.warning("unknown participant", extra={"facts": {"case_id": str(message.case_id)}})
        return
    told = Identification(message.outcome)
    if (participant.identification, participant.person_id) != (told, survivor):
        line = Line(reason=told, participant_id=participant.id)
        write_line(session, participant.case_id, CaseAction.IDENTIFY, line)
    participant.identification = told
    participant.person_id, participant.person_id_as_given = survivor, person_id
    await attach_placement(session, participant)
    await session.flush()


async def follow_merge(session: AsyncSession, message: PersonsMerged, *, at: datetime) -> None:
    """Let participants and placements of the merged id belong to the one that lives on."""
    await _follow(session, await placements.merge_persons(session, message, at=at))


async def follow_split(session: AsyncSession, message: PersonSplit, *, at: datetime) -> None:
    """Give back what belonged to the other person: what was named by that id, or by one that leads
    there, and the identifications that the registry says have moved.
    """
    leads = await placements.split_person(session, message, at=at)
    identified: dict[UUID, list[Participant]] = {}
    for participant in await queries.lock_participants_who_are(session, leads):
        if participant.reported_identity and participant.case_id in message.case_ids:
            identified.setdefault(participant.case_id, []).append(participant)
    for several in identified.values():
        # Of several who were one person, the registry's next word tells whose record has moved.
        if len(several) == 1 and several[0].person_id == leads[message.person_id]:
            several[0].person_id_as_given = message.split_person_id
    await session.flush()
    await _follow(session, leads)


async def _follow(session: AsyncSession, leads: Mapping[UUID, UUID]) -> None:
    """Everybody is whom the id that they were given leads to now."""
    for participant in await queries.lock_participants_who_are(session, leads):
        given = participant.person_id_as_given
        if given is not None and given in leads:
            participant.person_id = leads[given]
    await session.flush()
    await reattach(session, leads.values())


async def reattach(session: AsyncSession, persons: Iterable[UUID]) -> None:
    """Choose the placement anew for every part that these persons have, their rows being locked."""
    for person_id in sorted(set(persons)):
        participants = await queries.lock_participants_who_are(session, [person_id])
        jobs = await list_jobs(session, person_id) if participants else []
        for participant in participants:
            _attach(session, participant, jobs)
    await session.flush()


async def attach_placement(session: AsyncSession, participant: Participant) -> None:
    """Choose the placement of one participant, the row of the person being locked."""
    person_id = participant.person_id
    jobs = await list_jobs(session, person_id) if person_id else []
    _attach(session, participant, jobs)


def _attach(session: AsyncSession, participant: Participant, jobs: list[Job]) -> None:
    before = participant.placement_id
    chosen = choose_placement(jobs, reported_on=participant.reported_on)
    if chosen == before:
        return
    participant.placement_id = chosen
    if before is not None:
        outbox.add(
            session,
            CasePlacementDetached(
                case_id=participant.case_id, participant_id=participant.id, placement_id=before
            ),
        )
        line = Line(participant_id=participant.id, placement_id=before)
        write_line(session, participant.case_id, CaseAction.DETACH_PLACEMENT, line)
    if chosen is not None and participant.person_id is not None:
        outbox.add(
            session,
            CasePlacementAttached(
                case_id=participant.case_id,
                participant_id=participant.id,
                person_id=participant.person_id,
                placement_id=chosen,
            ),
        )
        line = Line(participant_id=participant.id, placement_id=chosen)
        write_line(session, participant.case_id, CaseAction.ATTACH_PLACEMENT, line)
