"""Questions to placements."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.placements.rules import PlacementNotFound, ReservationState
from registry.placements.tables import JobOrderCopy, Placement, PlacementStep, SlotReservation
from shared.policy import Grant


async def get_placement(session: AsyncSession, placement_id: UUID, *, within: Grant) -> Placement:
    """Raises PlacementNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(
        select(Placement).where(col(Placement.id) == placement_id, within.where(Placement))
    )
    placement = found.one_or_none()
    if placement is None:
        raise PlacementNotFound
    return placement


async def lock_placement(session: AsyncSession, placement_id: UUID) -> Placement:
    """Raises PlacementNotFound."""
    placement = await find_and_lock_placement(session, placement_id)
    if placement is None:
        raise PlacementNotFound
    return placement


async def find_and_lock_placement(session: AsyncSession, placement_id: UUID) -> Placement | None:
    found = await session.exec(
        select(Placement).where(col(Placement.id) == placement_id).with_for_update()
    )
    return found.one_or_none()


async def lock_placements_of_records(
    session: AsyncSession, record_ids: Iterable[UUID]
) -> dict[UUID, Placement]:
    """Placements by the source record that told of them."""
    found = await session.exec(
        select(Placement)
        .where(col(Placement.source_record_id).in_(list(record_ids)))
        .order_by(col(Placement.id))
        .with_for_update()
    )
    return {one.source_record_id: one for one in found.all() if one.source_record_id}


async def list_placements(
    session: AsyncSession, person_id: UUID, *, within: Grant
) -> Sequence[Placement]:
    found = await session.exec(
        select(Placement)
        .where(col(Placement.person_id) == person_id, within.where(Placement))
        .order_by(col(Placement.id))
    )
    return found.all()


async def list_steps(session: AsyncSession, placement_id: UUID) -> Sequence[PlacementStep]:
    found = await session.exec(
        select(PlacementStep)
        .where(col(PlacementStep.placement_id) == placement_id)
        .order_by(col(PlacementStep.number))
    )
    return found.all()


async def find_reservation(session: AsyncSession, reservation_id: UUID) -> SlotReservation | None:
    found = await session.exec(
        select(SlotReservation)
        .where(col(SlotReservation.reservation_id) == reservation_id)
        .with_for_update()
    )
    return found.one_or_none()


async def list_expired_reservations(
    session: AsyncSession, *, at: datetime, limit: int
) -> Sequence[SlotReservation]:
    """Seats past their expiry that nobody has settled."""
    found = await session.exec(
        select(SlotReservation)
        .where(
            col(SlotReservation.state) == ReservationState.HELD,
            col(SlotReservation.expires_at) <= at,
        )
        .order_by(col(SlotReservation.expires_at))
        .limit(limit)
    )
    return found.all()


async def find_job_order(session: AsyncSession, job_order_id: UUID) -> JobOrderCopy | None:
    return await session.get(JobOrderCopy, job_order_id)


async def find_job_order_id(session: AsyncSession, job_order_number: str | None) -> UUID | None:
    """The issued job order that a placement names, None for a number that we never heard of."""
    if job_order_number is None:
        return None
    found = await session.exec(
        select(JobOrderCopy.job_order_id).where(
            col(JobOrderCopy.job_order_number) == job_order_number
        )
    )
    return found.first()
