"""Questions to the ledger of seats, and the guarded moves between its balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.tables import PlacementAgencyHistory
from job_orders.employers.rules import EmployerStatus
from job_orders.employers.tables import Employer
from job_orders.slots.rules import (
    ReleaseReason,
    ReservationNotFound,
    ReservationStatus,
    SlotsNotFound,
)
from job_orders.slots.tables import SlotAccount, SlotEntry, SlotReservation
from shared.policy import Grant


@dataclass(frozen=True, slots=True)
class Recruitment:
    """A line's account with what decides whether its agency may still recruit for it."""

    account: SlotAccount
    employer_status: EmployerStatus
    agency_history: Sequence[PlacementAgencyHistory]


async def get_recruitment(session: AsyncSession, job_order_id: UUID, line_id: UUID) -> Recruitment:
    """All of it by one statement; raises SlotsNotFound."""
    found = await session.exec(
        select(SlotAccount, Employer.status, PlacementAgencyHistory)
        .join(Employer, col(Employer.id) == col(SlotAccount.employer_id))
        .join(
            PlacementAgencyHistory,
            col(PlacementAgencyHistory.placement_agency_id) == col(SlotAccount.placement_agency_id),
        )
        .where(col(SlotAccount.line_id) == line_id, col(SlotAccount.job_order_id) == job_order_id)
    )
    rows = found.all()
    if not rows:
        raise SlotsNotFound
    return Recruitment(rows[0][0], EmployerStatus(rows[0][1]), [row[2] for row in rows])


async def list_accounts(
    session: AsyncSession, job_order_id: UUID, *, within: Grant
) -> Sequence[SlotAccount]:
    """The accounts of an order as they are now, in order of its lines; raises SlotsNotFound."""
    found = await session.exec(
        select(SlotAccount)
        .where(col(SlotAccount.job_order_id) == job_order_id, within.where(SlotAccount))
        .order_by(col(SlotAccount.line_id))
        .execution_options(populate_existing=True)
    )
    accounts = found.all()
    if not accounts:
        raise SlotsNotFound
    return accounts


async def lock_accounts(session: AsyncSession, job_order_id: UUID) -> Sequence[SlotAccount]:
    found = await session.exec(
        select(SlotAccount)
        .where(col(SlotAccount.job_order_id) == job_order_id)
        .order_by(col(SlotAccount.line_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def take_free_seat(session: AsyncSession, line_id: UUID) -> bool:
    """FREE to RESERVED in one statement, which waits its turn and then looks again."""
    moved = await session.exec(
        update(SlotAccount)
        .where(
            col(SlotAccount.line_id) == line_id,
            col(SlotAccount.is_open),
            col(SlotAccount.reserved) + col(SlotAccount.filled) + col(SlotAccount.returned)
            < col(SlotAccount.endorsed),
        )
        .values(reserved=col(SlotAccount.reserved) + 1)
        .returning(col(SlotAccount.line_id))
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


async def fill_seat(session: AsyncSession, line_id: UUID) -> None:
    """RESERVED to FILLED."""
    await session.exec(
        update(SlotAccount)
        .where(col(SlotAccount.line_id) == line_id)
        .values(reserved=col(SlotAccount.reserved) - 1, filled=col(SlotAccount.filled) + 1)
        .execution_options(synchronize_session=False)
    )


async def free_seat(session: AsyncSession, line_id: UUID) -> SlotAccount:
    """RESERVED to FREE, and on to the permit where the line is closed; gives the account after."""
    returned = case((col(SlotAccount.is_open), 0), else_=1)
    moved = await session.exec(
        update(SlotAccount)
        .where(col(SlotAccount.line_id) == line_id)
        .values(
            reserved=col(SlotAccount.reserved) - 1, returned=col(SlotAccount.returned) + returned
        )
        .returning(SlotAccount)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    account: SlotAccount = moved.scalars().one()
    return account


async def settle_reservation(
    session: AsyncSession,
    *,
    where: ColumnElement[bool],
    status: ReservationStatus,
    at: datetime,
    reason: ReleaseReason | None = None,
) -> SlotReservation | None:
    """Move the one reservation that is HELD and meets `where`; None when there is none."""
    moved = await session.exec(
        update(SlotReservation)
        .where(where, col(SlotReservation.status) == ReservationStatus.HELD)
        .values(status=status, settled_at=at, release_reason=reason)
        .returning(SlotReservation)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    reservation: SlotReservation | None = moved.scalars().one_or_none()
    return reservation


def of_placement(placement_id: UUID) -> ColumnElement[bool]:
    return col(SlotReservation.placement_id) == placement_id


def with_id(reservation_id: UUID) -> ColumnElement[bool]:
    return col(SlotReservation.id) == reservation_id


async def find_live_reservation(
    session: AsyncSession, placement_id: UUID
) -> SlotReservation | None:
    """The seat that a placement holds or has filled."""
    found = await session.exec(
        select(SlotReservation).where(
            of_placement(placement_id), col(SlotReservation.status) != ReservationStatus.RELEASED
        )
    )
    return found.one_or_none()


async def find_reservation(session: AsyncSession, reservation_id: UUID) -> SlotReservation | None:
    found = await session.exec(
        select(SlotReservation)
        .where(with_id(reservation_id))
        .execution_options(populate_existing=True)
    )
    return found.one_or_none()


async def get_reservation(
    session: AsyncSession, job_order_id: UUID, reservation_id: UUID
) -> SlotReservation:
    """Raises ReservationNotFound."""
    reservation = await find_reservation(session, reservation_id)
    if reservation is None or reservation.job_order_id != job_order_id:
        raise ReservationNotFound
    return reservation


async def list_reservations(
    session: AsyncSession,
    job_order_id: UUID,
    *,
    within: Grant,
    status: ReservationStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[SlotReservation]:
    """In the order in which they were made, one row more than `limit`."""
    question = select(SlotReservation).where(
        col(SlotReservation.job_order_id) == job_order_id, within.where(SlotReservation)
    )
    if status is not None:
        question = question.where(col(SlotReservation.status) == status)
    if after is not None:
        question = question.where(col(SlotReservation.id) > after)
    found = await session.exec(question.order_by(col(SlotReservation.id)).limit(limit + 1))
    return found.all()


async def list_entries(
    session: AsyncSession, job_order_id: UUID, *, after: int | None, limit: int
) -> Sequence[SlotEntry]:
    """In the order in which they were written, one row more than `limit`."""
    question = select(SlotEntry).where(col(SlotEntry.job_order_id) == job_order_id)
    if after is not None:
        question = question.where(col(SlotEntry.number) > after)
    found = await session.exec(question.order_by(col(SlotEntry.number)).limit(limit + 1))
    return found.all()
