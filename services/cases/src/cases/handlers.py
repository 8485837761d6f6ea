"""What cases does when told: one handler per message type."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling.operations import attachment
from cases.handling.queries import list_persons_with_parts
from cases.placements import operations as placements
from shared.cloudevents import Event
from shared.inbox import Handlers, Told, because_of
from shared.messages.job_orders import EmployerRegistered, JobOrderIssued, PlacementAgencyLicensed
from shared.messages.registry import (
    IdentificationResolved,
    PersonsMerged,
    PersonSplit,
    PlacementAmended,
    PlacementArrived,
    PlacementDeparted,
    PlacementEnded,
    PlacementOpened,
    PlacementStepCompleted,
    PlacementWithdrawn,
)


async def on_identification_resolved(
    session: AsyncSession, message: IdentificationResolved, _event: Event
) -> None:
    """The participant is this person now; the placement follows if it is known."""
    await attachment.resolve_identity(session, message)


async def on_persons_merged(session: AsyncSession, message: PersonsMerged, event: Event) -> None:
    await attachment.follow_merge(session, message, at=event.time)


async def on_person_split(session: AsyncSession, message: PersonSplit, event: Event) -> None:
    await attachment.follow_split(session, message, at=event.time)


async def on_placement_opened(session: AsyncSession, told: Sequence[Told[PlacementOpened]]) -> None:
    """The placements are known now; each attaches wherever its person is already known."""
    await _hear(session, told, placements.opened)


async def on_placement_step_completed(
    session: AsyncSession, told: Sequence[Told[PlacementStepCompleted]]
) -> None:
    await _hear(session, told, lambda message: placements.moved(message.step))


async def on_placement_departed(
    session: AsyncSession, told: Sequence[Told[PlacementDeparted]]
) -> None:
    await _hear(
        session, told, lambda message: placements.moved("DEPARTED", departed_on=message.departed_on)
    )


async def on_placement_arrived(
    session: AsyncSession, told: Sequence[Told[PlacementArrived]]
) -> None:
    await _hear(
        session, told, lambda message: placements.moved("ARRIVED", arrived_on=message.arrived_on)
    )


async def on_placement_ended(session: AsyncSession, told: Sequence[Told[PlacementEnded]]) -> None:
    await _hear(session, told, lambda message: placements.moved("ENDED", ended_on=message.ended_on))


async def on_placement_amended(
    session: AsyncSession, told: Sequence[Told[PlacementAmended]]
) -> None:
    """The placements are what they are said to be now; another one may fit a case better."""
    await _hear(session, told, placements.amended)


async def on_placement_withdrawn(
    session: AsyncSession, told: Sequence[Told[PlacementWithdrawn]]
) -> None:
    await _hear(session, told, lambda _: placements.moved("WITHDRAWN", is_withdrawn=True))


async def on_employer_registered(
    session: AsyncSession, message: EmployerRegistered, _event: Event
) -> None:
    await placements.keep_employer(session, message)


async def on_placement_agency_licensed(
    session: AsyncSession, message: PlacementAgencyLicensed, _event: Event
) -> None:
    await placements.keep_placement_agency(session, message)


async def on_job_order_issued(
    session: AsyncSession, message: JobOrderIssued, _event: Event
) -> None:
    await placements.keep_job_order(session, message)


async def _hear(
    session: AsyncSession,
    told: Sequence[Told[Any]],
    changes_of: Callable[[Any], placements.Changes],
) -> None:
    """Take up what was said of placements, and choose anew for whoever has a part in a case."""
    words = [
        placements.Word(
            placement_id=one.message.placement_id,
            person_id=one.message.person_id,
            told_at=one.event.time,
            changes=changes_of(one.message),
        )
        for one in told
    ]
    concerned = await placements.hear_placements(session, words)
    participants = await list_persons_with_parts(session, set().union(*concerned))
    for one, persons in zip(told, concerned, strict=True):
        if participants & persons:
            with because_of(session, one):
                await attachment.reattach(session, participants & persons)


HANDLERS = Handlers(
    by_message={
        IdentificationResolved: on_identification_resolved,
        PersonsMerged: on_persons_merged,
        PersonSplit: on_person_split,
        EmployerRegistered: on_employer_registered,
        PlacementAgencyLicensed: on_placement_agency_licensed,
        JobOrderIssued: on_job_order_issued,
    },
    together={
        PlacementOpened: on_placement_opened,
        PlacementStepCompleted: on_placement_step_completed,
        PlacementDeparted: on_placement_departed,
        PlacementArrived: on_placement_arrived,
        PlacementEnded: on_placement_ended,
        PlacementAmended: on_placement_amended,
        PlacementWithdrawn: on_placement_withdrawn,
    },
)
