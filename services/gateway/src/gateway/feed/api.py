"""Routes of the event feed."""

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.feed import queries
from gateway.feed.schemas import FeedEntry, FeedGap, FeedPage
from gateway.policy import POLICY
from shared.errors import CursorRefused
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ReadSession

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=DeclaredRoute)


@router.get("", responses=responses(CursorRefused))
async def list_events(
    grant: Annotated[Grant, permit(POLICY, "events:read")],
    session: ReadSession,
    keyring: ServiceKeys,
    types: Annotated[list[str] | None, Query(max_length=50)] = None,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> FeedPage:
    """Everything that happened, in one order, from the beginning or from your cursor on.

    A cursor never goes stale and misses nothing: positions are given after commit.
    """
    paging = Paging.of(keyring, grant.caller.client, "events")
    after = paging.open(cursor)
    head = await queries.get_head(session)
    rows = await queries.list_events(
        session,
        after=int(after[0]) if after else 0,
        head=head,
        sensitivities=[
            level.value for level in Level if any(r.sees.includes(level) for r in grant.rules)
        ],
        types=types or [],
        limit=limit,
    )
    has_more = len(rows) > limit
    shown = rows[:limit]
    return FeedPage(
        items=[FeedEntry.of(row) for row in shown],
        next=paging.seal([shown[-1].position if has_more else head], lasts=None),
        has_more=has_more,
        gaps=[FeedGap.of(cursor) for cursor in await queries.list_standing(session)],
    )
