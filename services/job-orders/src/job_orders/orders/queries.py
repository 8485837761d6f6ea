"""Questions to the tables of job orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.orders.rules import JobOrderNotFound, JobOrderStatus
from job_orders.orders.tables import JobOrder, JobOrderHistory, JobOrderLine
from shared.policy import Grant


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; a number finds the one order that has it."""

    status: JobOrderStatus | None = None
    mission: str | None = None
    country: str | None = None
    employer_id: UUID | None = None
    placement_agency_id: UUID | None = None
    job_order_number: str | None = None


async def get_order(session: AsyncSession, job_order_id: UUID, *, within: Grant) -> JobOrder:
    """Raises JobOrderNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(
        select(JobOrder).where(col(JobOrder.id) == job_order_id, within.where(JobOrder))
    )
    order = found.one_or_none()
    if order is None:
        raise JobOrderNotFound
    return order


async def lock_order(session: AsyncSession, job_order_id: UUID) -> JobOrder:
    """Raises JobOrderNotFound."""
    found = await session.exec(
        select(JobOrder).where(col(JobOrder.id) == job_order_id).with_for_update()
    )
    order = found.one_or_none()
    if order is None:
        raise JobOrderNotFound
    return order


async def lock_due_orders(session: AsyncSession, *, today: date, limit: int) -> Sequence[JobOrder]:
    """Endorsed or issued orders past their last day that nobody else is working on."""
    found = await session.exec(
        select(JobOrder)
        .where(
            col(JobOrder.status).in_([JobOrderStatus.ENDORSED, JobOrderStatus.ISSUED]),
            col(JobOrder.valid_to) < today,
        )
        .order_by(col(JobOrder.valid_to), col(JobOrder.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()


async def is_number_taken(session: AsyncSession, job_order_number: str) -> bool:
    found = await session.exec(
        select(JobOrder.id).where(col(JobOrder.job_order_number) == job_order_number)
    )
    return found.first() is not None


async def list_lines(session: AsyncSession, job_order_id: UUID) -> Sequence[JobOrderLine]:
    found = await session.exec(
        select(JobOrderLine)
        .where(col(JobOrderLine.job_order_id) == job_order_id)
        .order_by(col(JobOrderLine.line_number))
    )
    return found.all()


async def delete_lines(session: AsyncSession, job_order_id: UUID) -> None:
    """Only before an endorsement; what was asked stays in the history."""
    await session.exec(
        delete(JobOrderLine)
        .where(col(JobOrderLine.job_order_id) == job_order_id)
        .execution_options(synchronize_session=False)
    )


async def list_orders(
    session: AsyncSession, filters: Filters, *, within: Grant, after: UUID | None, limit: int
) -> Sequence[JobOrder]:
    """In the order in which they were drafted, one row more than `limit`."""
    question = select(JobOrder).where(within.where(JobOrder))
    if filters.status is not None:
        question = question.where(col(JobOrder.status) == filters.status)
    if filters.mission is not None:
        question = question.where(col(JobOrder.mission) == filters.mission)
    if filters.country is not None:
        question = question.where(col(JobOrder.country) == filters.country)
    if filters.employer_id is not None:
        question = question.where(col(JobOrder.employer_id) == filters.employer_id)
    if filters.placement_agency_id is not None:
        question = question.where(col(JobOrder.placement_agency_id) == filters.placement_agency_id)
    if filters.job_order_number is not None:
        question = question.where(col(JobOrder.job_order_number) == filters.job_order_number)
    if after is not None:
        question = question.where(col(JobOrder.id) > after)
    found = await session.exec(question.order_by(col(JobOrder.id)).limit(limit + 1))
    return found.all()


async def list_history(session: AsyncSession, job_order_id: UUID) -> Sequence[JobOrderHistory]:
    found = await session.exec(
        select(JobOrderHistory)
        .where(col(JobOrderHistory.job_order_id) == job_order_id)
        .order_by(col(JobOrderHistory.version))
    )
    return found.all()
