"""Seats that follow a placement: what the registry tells is done, or refused by an event."""

import logging
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.slots import queries
from job_orders.slots.operations.moves import enter_move, give_seat_back
from job_orders.slots.rules import (
    Actor,
    ReleaseReason,
    ReservationStatus,
    SlotCause,
    SlotTrouble,
)
from shared import clock, outbox
from shared.messages.job_orders import SlotConsumed, SlotRefused

log = logging.getLogger(__name__)


async def consume_slot(
    session: AsyncSession,
    placement_id: UUID,
    *,
    reservation_id: UUID | None,
    job_order_id: UUID | None,
    actor: Actor,
) -> None:
    """Fill the seat that a departed placement holds; says SlotRefused where it holds none.

    A placement has at most one seat, so the one it holds counts, whichever the event names.
    A departure that names no order and no reservation asks nothing of us.
    """
    seat = await queries.settle_reservation(
        session,
        where=queries.of_placement(placement_id),
        status=ReservationStatus.CONSUMED,
        at=clock.now(),
    )
    if seat is None:
        if reservation_id is not None or job_order_id is not None:
            await _refuse_departure(
                session, placement_id, reservation_id=reservation_id, job_order_id=job_order_id
            )
        return
    await queries.fill_seat(session, seat.line_id)
    enter_move(session, SlotCause.CONSUME, seat, actor=actor)
    outbox.add(
        session,
        SlotConsumed(
            job_order_id=seat.job_order_id,
            line_id=seat.line_id,
            reservation_id=seat.id,
            placement_id=placement_id,
        ),
    )


async def release_slot_of_placement(
    session: AsyncSession, placement_id: UUID, *, reason: ReleaseReason, actor: Actor
) -> None:
    """Free the seat that a placement holds, if any; a withdrawal of a filled seat is refused."""
    seat = await queries.settle_reservation(
        session,
        where=queries.of_placement(placement_id),
        status=ReservationStatus.RELEASED,
        at=clock.now(),
        reason=reason,
    )
    if seat is not None:
        await give_seat_back(session, seat, reason=reason, actor=actor)
        return
    filled = await queries.find_live_reservation(session, placement_id)
    if filled is not None and reason is ReleaseReason.PLACEMENT_WITHDRAWN:
        _refuse(
            session,
            placement_id,
            job_order_id=filled.job_order_id,
            reservation_id=filled.id,
            trouble=SlotTrouble.SEAT_FILLED,
        )


async def release_lapsed_slot(
    session: AsyncSession,
    placement_id: UUID,
    *,
    reservation_id: UUID,
    job_order_id: UUID,
    actor: Actor,
) -> None:
    """Free a seat whose reservation the registry let lapse; says SlotRefused where it cannot."""
    seat = await queries.settle_reservation(
        session,
        where=queries.of_placement(placement_id) & queries.with_id(reservation_id),
        status=ReservationStatus.RELEASED,
        at=clock.now(),
        reason=ReleaseReason.RESERVATION_LAPSED,
    )
    if seat is not None:
        await give_seat_back(session, seat, reason=ReleaseReason.RESERVATION_LAPSED, actor=actor)
        return
    trouble = await _trouble_with(session, placement_id, reservation_id)
    if trouble is not SlotTrouble.RESERVATION_RELEASED:
        _refuse(
            session,
            placement_id,
            job_order_id=job_order_id,
            reservation_id=reservation_id,
            trouble=trouble,
        )


async def _refuse_departure(
    session: AsyncSession,
    placement_id: UUID,
    *,
    reservation_id: UUID | None,
    job_order_id: UUID | None,
) -> None:
    if await queries.find_live_reservation(session, placement_id) is not None:
        return  # Its seat is filled already.
    named = await queries.find_reservation(session, reservation_id) if reservation_id else None
    order = named.job_order_id if named else job_order_id
    if order is None:
        log.warning("departure names an unknown reservation and no job order")
        return
    trouble = SlotTrouble.NOT_RESERVED
    if reservation_id is not None:
        trouble = await _trouble_with(session, placement_id, reservation_id)
    _refuse(
        session,
        placement_id,
        job_order_id=order,
        reservation_id=reservation_id,
        trouble=trouble,
    )


async def _trouble_with(
    session: AsyncSession, placement_id: UUID, reservation_id: UUID
) -> SlotTrouble:
    named = await queries.find_reservation(session, reservation_id)
    if named is None:
        return SlotTrouble.RESERVATION_UNKNOWN
    if named.placement_id != placement_id:
        return SlotTrouble.RESERVATION_OF_ANOTHER_PLACEMENT
    if named.status is ReservationStatus.CONSUMED:
        return SlotTrouble.SEAT_FILLED
    return SlotTrouble.RESERVATION_RELEASED


def _refuse(
    session: AsyncSession,
    placement_id: UUID,
    *,
    job_order_id: UUID,
    reservation_id: UUID | None,
    trouble: SlotTrouble,
) -> None:
    outbox.add(
        session,
        SlotRefused(
            job_order_id=job_order_id,
            reservation_id=reservation_id,
            placement_id=placement_id,
            reason=trouble,
        ),
    )
