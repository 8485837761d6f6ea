"""Entries of the ledger, and the release that requests and events share."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.slots import queries
from job_orders.slots.operations.permits import return_to_permit
from job_orders.slots.rules import MOVES, Actor, ReleaseReason, SlotCause
from job_orders.slots.tables import SlotEntry, SlotReservation
from shared import clock, outbox
from shared.messages.job_orders import SlotReleased
from shared.policy import Grant


def actor_of(grant: Grant) -> Actor:
    return Actor(grant.caller.subject, grant.caller.organisation)


def enter(
    session: AsyncSession,
    cause: SlotCause,
    *,
    line_id: UUID,
    job_order_id: UUID,
    actor: Actor,
    positions: int = 1,
    reservation_id: UUID | None = None,
) -> None:
    """Write one entry: seats left one place of the line and came to another."""
    from_place, to_place = MOVES[cause]
    session.add(
        SlotEntry(
            line_id=line_id,
            job_order_id=job_order_id,
            cause=cause,
            from_place=from_place,
            to_place=to_place,
            positions=positions,
            reservation_id=reservation_id,
            subject=actor.subject,
            organisation=actor.organisation,
            happened_at=clock.now(),
        )
    )


def enter_move(
    session: AsyncSession, cause: SlotCause, reservation: SlotReservation, *, actor: Actor
) -> None:
    """The entry of a reserved seat."""
    enter(
        session,
        cause,
        line_id=reservation.line_id,
        job_order_id=reservation.job_order_id,
        actor=actor,
        reservation_id=reservation.id,
    )


async def give_seat_back(
    session: AsyncSession, reservation: SlotReservation, *, reason: ReleaseReason, actor: Actor
) -> None:
    """What follows once a reservation was released: balance, entry, event.

    A seat of a closed line goes on to the host permit, so that another order may use it.
    """
    account = await queries.free_seat(session, reservation.line_id)
    enter_move(session, SlotCause.RELEASE, reservation, actor=actor)
    if not account.is_open:
        enter_move(session, SlotCause.CLOSE, reservation, actor=actor)
        await return_to_permit(session, account.host_permit_id, positions=1)
    outbox.add(
        session,
        SlotReleased(
            job_order_id=reservation.job_order_id,
            line_id=reservation.line_id,
            reservation_id=reservation.id,
            placement_id=reservation.placement_id,
            reason=reason,
        ),
    )
