"""Routes of reviews: the queue, both sides of one, officers' answers, and how far they agree."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from registry.disclosure import disclose
from registry.links import review_queries, rules
from registry.links.comparing import read_review
from registry.links.review_schemas import (
    Agreement,
    AgreementView,
    ReviewAnswer,
    ReviewDetail,
    ReviewView,
)
from registry.links.reviewing import answer_review
from registry.links.rules import AgreementKind, ReviewState
from registry.policy import POLICY
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ReadSession, WriteRoute, WriteSession

reads = APIRouter(prefix="/v1/link-reviews", tags=["links"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/link-reviews", tags=["links"], route_class=WriteRoute)

Read = Annotated[Grant, permit(POLICY, "reviews:read")]


@reads.get("")
async def list_link_reviews(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    owner: Annotated[str | None, Query(pattern="^(KP2MI|KEMLU)$")] = None,
    state: ReviewState | None = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[ReviewView]:
    """Records whose person is uncertain, by the ministry that must look: first those that concern
    an open protection case, then by how far they move a count, then the oldest.
    """
    filters = {"owner": owner, "state": state}
    paging = Paging.of(keyring, grant.caller.client, "link-reviews", filters)
    after = paging.open(cursor)
    rows = await review_queries.list_reviews(
        session,
        owner=owner,
        state=state,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit,
    )
    return paging.page(
        rows,
        limit,
        key=lambda review: [review.urgency, review.id],
        show=lambda review: grant.show(ReviewView.of(review)),
    )


@reads.get("/agreement")
async def get_review_agreement(grant: Read, session: ReadSession) -> AgreementView:
    """How far officers agree: where two must look, and where one is asked again blind."""
    counted = {row.kind: row for row in await review_queries.count_agreement(session)}
    items = []
    for kind in AgreementKind:
        row = counted.get(kind.value)
        pairs, agreed = (row.pairs, row.agreed) if row else (0, 0)
        low, high = rules.wilson_interval(agreed, pairs)
        items.append(
            Agreement(kind=kind, pairs=pairs, agreed=agreed, share_low=low, share_high=high)
        )
    return grant.show(AgreementView(items=items))


@reads.get("/{review_id}", responses=responses(rules.ReviewNotFound))
async def get_link_review(
    review_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> ReviewDetail:
    """The record beside each candidate, field by field, with differences marked and the weights."""
    review = await review_queries.get_review(session, review_id)
    own = await review_queries.person_of_record(session, review.source_record_id)
    concerned = [*review.candidate_person_ids, *([own] if own else [])]
    disclose(response, concerned, Level.RESTRICTED)
    return grant.show(await read_review(session, review, keyring=keyring))


@writes.post(
    "/{review_id}/closures",
    status_code=201,
    responses=responses(
        rules.ReviewNotFound, rules.ReviewClosed, rules.OpinionAlreadyGiven, rules.NotACandidate
    ),
)
async def close_link_review(
    review_id: UUID,
    answer: ReviewAnswer,
    grant: Annotated[Grant, permit(POLICY, "reviews:close")],
    session: WriteSession,
) -> ReviewView:
    """Say whose record it is. The same person: both become one. Nobody's: they stay apart.

    Where a live placement, an open case or a seat hangs on it, the state is AWAITING_SECOND until
    another officer says the same.
    """
    review = await answer_review(session, review_id, same_as=answer.person_id, grant=grant)
    return grant.show(ReviewView.of(review))
