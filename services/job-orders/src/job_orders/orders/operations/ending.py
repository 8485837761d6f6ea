"""An order ends because its agency takes it back, or because its last day is over."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.orders import queries
from job_orders.orders.operations.changes import lock_for, move, undo_endorsement
from job_orders.orders.rules import JobOrderAction, JobOrderStatus
from job_orders.orders.tables import JobOrder
from job_orders.slots.operations import actor_of, close_slots
from job_orders.slots.rules import Actor
from shared import clock, outbox
from shared.messages.job_orders import JobOrderCancelled, JobOrderExpired
from shared.policy import Grant

_TIMER = Actor("timer", "job-orders")
_AT_ONCE = 50


async def cancel_order(
    session: AsyncSession, job_order_id: UUID, *, grant: Grant, version: int
) -> JobOrder:
    """Take the order back; seats that are held or filled stay so, no further one is reserved."""
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    await _end(session, order, JobOrderAction.CANCEL, actor=actor_of(grant))
    outbox.add(session, JobOrderCancelled(job_order_id=order.id))
    return order


async def expire_due_orders(session: AsyncSession) -> bool:
    """Expire orders whose last day is over, a bounded share; true when there may be more.

    Whoever holds a seat keeps it: an order's end does not undo a placement that was agreed on it.
    """
    due = await queries.lock_due_orders(session, today=clock.today(), limit=_AT_ONCE)
    for order in due:
        await _end(session, order, JobOrderAction.EXPIRE, actor=_TIMER)
        outbox.add(session, JobOrderExpired(job_order_id=order.id, expired_at=clock.now()))
    return len(due) == _AT_ONCE


async def _end(
    session: AsyncSession, order: JobOrder, action: JobOrderAction, *, actor: Actor
) -> None:
    was_issued = order.status is JobOrderStatus.ISSUED
    move(session, order, action, actor=actor)
    if was_issued:
        await close_slots(session, order.id, actor=actor)
    else:
        await undo_endorsement(session, order)
