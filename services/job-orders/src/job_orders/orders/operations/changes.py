"""What every change of an order has in common: lock, decide, move, remember."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.orders import queries, rules
from job_orders.orders.rules import JobOrderAction, JobOrderStatus
from job_orders.orders.schemas import JobOrderTerms, JobOrderView
from job_orders.orders.tables import JobOrder, JobOrderHistory
from job_orders.slots.operations import return_to_permit
from job_orders.slots.rules import Actor
from shared import clock
from shared.errors import VersionStale
from shared.ids import new_id
from shared.policy import Grant


async def lock_for(
    session: AsyncSession, job_order_id: UUID, *, grant: Grant, version: int
) -> JobOrder:
    """The order, locked, within the caller's reach and as the caller saw it last."""
    order = await queries.lock_order(session, job_order_id)
    grant.require(order)
    if order.version != version:
        raise VersionStale
    return order


def move(
    session: AsyncSession,
    order: JobOrder,
    action: JobOrderAction,
    *,
    actor: Actor,
    reasons: Sequence[str] = (),
    terms: JobOrderTerms | None = None,
) -> None:
    """Change the status as the rules allow, count the version, add the history row."""
    before = order.status
    order.status = rules.next_status(before, action)
    order.version += 1
    remember(session, order, action, before=before, actor=actor, reasons=reasons, terms=terms)


def remember(
    session: AsyncSession,
    order: JobOrder,
    action: JobOrderAction,
    *,
    before: JobOrderStatus | None,
    actor: Actor,
    reasons: Sequence[str] = (),
    terms: JobOrderTerms | None = None,
) -> None:
    session.add(
        JobOrderHistory(
            id=new_id(),
            job_order_id=order.id,
            version=order.version,
            action=action,
            from_status=before,
            to_status=order.status,
            reasons=list(reasons),
            terms_digest=order.terms_digest,
            terms=terms.as_kept() if terms else None,
            subject=actor.subject,
            organisation=actor.organisation,
            happened_at=clock.now(),
        )
    )


async def undo_endorsement(session: AsyncSession, order: JobOrder) -> None:
    """Give the committed seats of an order that was not issued back to its host permit."""
    await return_to_permit(session, order.host_permit_id, positions=order.positions_endorsed or 0)
    order.host_permit_id = None


async def view_of(session: AsyncSession, order: JobOrder) -> JobOrderView:
    """An order as it is answered, with its lines as they are now."""
    await session.flush()
    return JobOrderView.whole(order, await queries.list_lines(session, order.id))
