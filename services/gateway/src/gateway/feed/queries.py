"""Questions to the feed."""

from collections.abc import Sequence

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.feed.tables import FeedEvent
from gateway.tables import Cursor


async def get_head(session: AsyncSession) -> int:
    """The last position given, 0 in an empty feed."""
    found = await session.exec(select(func.max(FeedEvent.position)))
    return found.one() or 0


async def list_events(
    session: AsyncSession,
    *,
    after: int,
    head: int,
    sensitivities: Sequence[str],
    types: Sequence[str],
    limit: int,
) -> Sequence[FeedEvent]:
    """Events in order of position, within (after, head], one more than `limit`."""
    position = col(FeedEvent.position)
    question = select(FeedEvent).where(
        position > after, position <= head, col(FeedEvent.sensitivity).in_(sensitivities)
    )
    if types:
        question = question.where(col(FeedEvent.type).in_(types))
    found = await session.exec(question.order_by(position).limit(limit + 1))
    return found.all()


async def list_standing(session: AsyncSession) -> Sequence[Cursor]:
    """Keys whose next event has not come: what lies behind it is not in the feed yet."""
    found = await session.exec(
        select(Cursor).where(or_(col(Cursor.parked), col(Cursor.waiting) > 0)).limit(100)
    )
    return found.all()
