"""What job-orders does when told: one handler per message type."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.placements import operations as placements
from job_orders.placements.rules import PlacementPhase
from job_orders.slots import operations as slots
from job_orders.slots.rules import Actor, ReleaseReason
from shared.cloudevents import Event
from shared.inbox import Handlers, Told
from shared.messages.registry import (
    PersonsMerged,
    PersonSplit,
    PlacementAmended,
    PlacementDeparted,
    PlacementEnded,
    PlacementOpened,
    PlacementReservationLapsed,
    PlacementWithdrawn,
)


async def on_placement_opened(session: AsyncSession, told: Sequence[Told[PlacementOpened]]) -> None:
    """Keep copies, so that seats can be reserved for them."""
    await placements.copy_placements(session, [one.message for one in told])


async def on_placement_amended(
    session: AsyncSession, message: PlacementAmended, _event: Event
) -> None:
    """Seats are looked for by what the placement is said to be now; one it has stays its own."""
    await placements.amend_placement(session, message)


async def on_placement_departed(
    session: AsyncSession, message: PlacementDeparted, event: Event
) -> None:
    """Fill the placement's seat, or say why that cannot be."""
    await placements.move_placement(session, message.placement_id, PlacementPhase.DEPARTED)
    await slots.consume_slot(
        session,
        message.placement_id,
        reservation_id=message.reservation_id,
        job_order_id=message.job_order_id,
        actor=_told_by(event),
    )


async def on_placement_withdrawn(
    session: AsyncSession, message: PlacementWithdrawn, event: Event
) -> None:
    """Free the placement's seat."""
    await placements.move_placement(session, message.placement_id, PlacementPhase.WITHDRAWN)
    await slots.release_slot_of_placement(
        session,
        message.placement_id,
        reason=ReleaseReason.PLACEMENT_WITHDRAWN,
        actor=_told_by(event),
    )


async def on_placement_ended(session: AsyncSession, message: PlacementEnded, event: Event) -> None:
    """A seat still held is freed; one that was filled stays filled."""
    await placements.move_placement(session, message.placement_id, PlacementPhase.ENDED)
    await slots.release_slot_of_placement(
        session,
        message.placement_id,
        reason=ReleaseReason.PLACEMENT_ENDED,
        actor=_told_by(event),
    )


async def on_placement_reservation_lapsed(
    session: AsyncSession, message: PlacementReservationLapsed, event: Event
) -> None:
    """Free the seat that was not used in time: the registry alone decides that."""
    await slots.release_lapsed_slot(
        session,
        message.placement_id,
        reservation_id=message.reservation_id,
        job_order_id=message.job_order_id,
        actor=_told_by(event),
    )


async def on_persons_merged(session: AsyncSession, message: PersonsMerged, _event: Event) -> None:
    """Let the merged id live on as a redirect."""
    await placements.merge_persons(session, message)


async def on_person_split(session: AsyncSession, message: PersonSplit, _event: Event) -> None:
    """Hand over the placements that moved."""
    await placements.split_person(session, message)


def _told_by(event: Event) -> Actor:
    return Actor(f"event {event.id}", event.source.rpartition(":")[2])


HANDLERS = Handlers(
    by_message={
        PlacementAmended: on_placement_amended,
        PlacementDeparted: on_placement_departed,
        PlacementWithdrawn: on_placement_withdrawn,
        PlacementEnded: on_placement_ended,
        PlacementReservationLapsed: on_placement_reservation_lapsed,
        PersonsMerged: on_persons_merged,
        PersonSplit: on_person_split,
    },
    together={PlacementOpened: on_placement_opened},
)
