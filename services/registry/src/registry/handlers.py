"""What the registry does when told: one handler per message type, each calling one operation."""

from sqlmodel.ext.asyncio.session import AsyncSession

from registry import settings
from registry.intake.cases import identify_participant
from registry.links.weighing import weigh_reviews_of_case
from registry.persons.cases import note_case, note_participant
from registry.placements import copies
from registry.placements.operations import hold_seat, note_refused_seat, settle_seat
from registry.placements.rules import ReservationState
from registry.placements.tables import SlotReservation
from shared.cloudevents import Event
from shared.inbox import Handlers
from shared.messages.cases import (
    CaseClosed,
    CaseParticipantAdded,
    CaseReopened,
    CaseReported,
    IdentificationRequested,
)
from shared.messages.job_orders import (
    EmployerRegistered,
    JobOrderIssued,
    PlacementAgencyLicensed,
    SlotConsumed,
    SlotRefused,
    SlotReleased,
    SlotReserved,
)


async def on_identification_requested(
    session: AsyncSession, message: IdentificationRequested, _event: Event
) -> None:
    """Somebody in a case is to be identified: stored, linked and answered at once."""
    await identify_participant(
        session, message, keyring=settings.keyring(), sealing_key=settings.sealing_key()
    )


async def on_case_reported(session: AsyncSession, message: CaseReported, _event: Event) -> None:
    """Somebody is in trouble; who it is comes with the participants."""
    await note_case(session, message.case_id, is_open=True)
    await weigh_reviews_of_case(session, message.case_id)


async def on_case_participant_added(
    session: AsyncSession, message: CaseParticipantAdded, _event: Event
) -> None:
    """A participant whom the case knows by a person's id."""
    await note_participant(
        session, message.case_id, message.participant_id, person_id=message.person_id
    )
    await weigh_reviews_of_case(session, message.case_id)


async def on_case_closed(session: AsyncSession, message: CaseClosed, _event: Event) -> None:
    """The trouble is over."""
    await note_case(session, message.case_id, is_open=False)
    await weigh_reviews_of_case(session, message.case_id)


async def on_case_reopened(session: AsyncSession, message: CaseReopened, _event: Event) -> None:
    """The trouble goes on."""
    await note_case(session, message.case_id, is_open=True)
    await weigh_reviews_of_case(session, message.case_id)


async def on_slot_reserved(session: AsyncSession, message: SlotReserved, _event: Event) -> None:
    """A seat is held for a placement until its expiry."""
    await hold_seat(
        session,
        SlotReservation(
            reservation_id=message.reservation_id,
            placement_id=message.placement_id,
            job_order_id=message.job_order_id,
            expires_at=message.expires_at,
            state=ReservationState.HELD,
        ),
    )


async def on_slot_released(session: AsyncSession, message: SlotReleased, _event: Event) -> None:
    """The seat is gone; a placement that rested on it needs another one."""
    await settle_seat(session, message.reservation_id, ReservationState.RELEASED)


async def on_slot_consumed(session: AsyncSession, message: SlotConsumed, _event: Event) -> None:
    """The worker departed on this seat."""
    await settle_seat(session, message.reservation_id, ReservationState.CONSUMED)


async def on_slot_refused(session: AsyncSession, message: SlotRefused, _event: Event) -> None:
    """Job-orders has no seat for what this placement did: a person must look."""
    await note_refused_seat(session, message.placement_id, reason=message.reason)


async def on_job_order_issued(
    session: AsyncSession, message: JobOrderIssued, _event: Event
) -> None:
    """Copy the number by which source systems name the order."""
    await copies.copy_job_order(session, message)


async def on_employer_registered(
    session: AsyncSession, message: EmployerRegistered, _event: Event
) -> None:
    """Copy the employer's code."""
    await copies.copy_employer(session, message)


async def on_placement_agency_licensed(
    session: AsyncSession, message: PlacementAgencyLicensed, _event: Event
) -> None:
    """Copy the placement agency's code."""
    await copies.copy_placement_agency(session, message)


HANDLERS = Handlers(
    by_message={
        IdentificationRequested: on_identification_requested,
        CaseReported: on_case_reported,
        CaseParticipantAdded: on_case_participant_added,
        CaseClosed: on_case_closed,
        CaseReopened: on_case_reopened,
        SlotReserved: on_slot_reserved,
        SlotReleased: on_slot_released,
        SlotConsumed: on_slot_consumed,
        SlotRefused: on_slot_refused,
        JobOrderIssued: on_job_order_issued,
        EmployerRegistered: on_employer_registered,
        PlacementAgencyLicensed: on_placement_agency_licensed,
    }
)
