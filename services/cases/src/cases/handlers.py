"""What cases does when told: one handler per message type."""

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling.operations import attachment
from cases.placements import operations as placements
from shared.cloudevents import Event
from shared.inbox import Handlers
from shared.messages.job_orders import EmployerRegistered, JobOrderIssued, PlacementAgencyLicensed
from shared.messages.registry import (
    IdentificationResolved,
    PersonsMerged,
    PersonSplit,
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


async def on_placement_opened(
    session: AsyncSession, message: PlacementOpened, event: Event
) -> None:
    """The placement is known now; it attaches wherever its person is already known."""
    persons = await placements.open_placement(session, message, at=event.time)
    await attachment.reattach(session, persons)


async def on_placement_step_completed(
    session: AsyncSession, message: PlacementStepCompleted, event: Event
) -> None:
    persons = await placements.advance_placement(
        session,
        message.placement_id,
        person_id=message.person_id,
        at=event.time,
        status=message.step,
    )
    await attachment.reattach(session, persons)


async def on_placement_departed(
    session: AsyncSession, message: PlacementDeparted, event: Event
) -> None:
    persons = await placements.advance_placement(
        session,
        message.placement_id,
        person_id=message.person_id,
        at=event.time,
        status="DEPARTED",
        dates={"departed_on": message.departed_on},
    )
    await attachment.reattach(session, persons)


async def on_placement_arrived(
    session: AsyncSession, message: PlacementArrived, event: Event
) -> None:
    persons = await placements.advance_placement(
        session,
        message.placement_id,
        person_id=message.person_id,
        at=event.time,
        status="ARRIVED",
        dates={"arrived_on": message.arrived_on},
    )
    await attachment.reattach(session, persons)


async def on_placement_ended(session: AsyncSession, message: PlacementEnded, event: Event) -> None:
    persons = await placements.advance_placement(
        session,
        message.placement_id,
        person_id=message.person_id,
        at=event.time,
        status="ENDED",
        dates={"ended_on": message.ended_on},
    )
    await attachment.reattach(session, persons)


async def on_placement_withdrawn(
    session: AsyncSession, message: PlacementWithdrawn, event: Event
) -> None:
    persons = await placements.advance_placement(
        session,
        message.placement_id,
        person_id=message.person_id,
        at=event.time,
        status="WITHDRAWN",
        is_withdrawn=True,
    )
    await attachment.reattach(session, persons)


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


HANDLERS = Handlers(
    by_message={
        IdentificationResolved: on_identification_resolved,
        PersonsMerged: on_persons_merged,
        PersonSplit: on_person_split,
        PlacementOpened: on_placement_opened,
        PlacementStepCompleted: on_placement_step_completed,
        PlacementDeparted: on_placement_departed,
        PlacementArrived: on_placement_arrived,
        PlacementEnded: on_placement_ended,
        PlacementWithdrawn: on_placement_withdrawn,
        EmployerRegistered: on_employer_registered,
        PlacementAgencyLicensed: on_placement_agency_licensed,
        JobOrderIssued: on_job_order_issued,
    }
)
