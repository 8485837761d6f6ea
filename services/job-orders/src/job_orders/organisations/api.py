"""Routes of reviews of organisations: the queue, both sides of one, decisions and their undoing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from job_orders.organisations import operations, queries, rules
from job_orders.organisations.reading import read_review
from job_orders.organisations.rules import OrganisationKind, OrganisationReviewState
from job_orders.organisations.schemas import (
    OrganisationReviewDetail,
    OrganisationReviewView,
    ReviewDecision,
    ReviewReversal,
)
from job_orders.policy import POLICY
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(
    prefix="/v1/organisation-reviews", tags=["organisation-reviews"], route_class=DeclaredRoute
)
writes = APIRouter(
    prefix="/v1/organisation-reviews", tags=["organisation-reviews"], route_class=WriteRoute
)

Read = Annotated[Grant, permit(POLICY, "organisation-reviews:read")]
Decide = Annotated[Grant, permit(POLICY, "organisation-reviews:decide")]


@reads.get("")
async def list_organisation_reviews(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    kind: OrganisationKind | None = None,
    state: OrganisationReviewState | None = None,
    organisation_id: Annotated[
        UUID | None, Query(description="Reviews that this employer or agency is a side of.")
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[OrganisationReviewView]:
    """Pairs that may be one organisation and wait for an officer: first those where one was
    registered after the other was stopped, revoked or listed, then the oldest.
    """
    filters = {"kind": kind, "state": state, "organisation_id": organisation_id}
    paging = Paging.of(keyring, grant.caller.client, "organisation-reviews", filters)
    after = paging.open(cursor)
    rows = await queries.list_reviews(
        session,
        within=grant,
        kind=kind,
        state=state,
        organisation_id=organisation_id,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit,
    )
    return paging.page(
        rows,
        limit,
        key=lambda review: [review.urgency_rank, review.id],
        show=lambda review: grant.show(OrganisationReviewView.of(review)),
    )


@reads.get("/{organisation_review_id}", responses=responses(rules.OrganisationReviewNotFound))
async def get_organisation_review(
    organisation_review_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> OrganisationReviewDetail:
    """Both sides field by field, the weight of each agreement, and what was decided so far."""
    review = await queries.get_review(session, organisation_review_id, within=grant)
    response.headers["ETag"] = etag(review.version)
    return grant.show(await read_review(session, review, keyring=keyring))


@writes.post(
    "/{organisation_review_id}/decisions",
    status_code=201,
    responses=responses(rules.OrganisationReviewNotFound, rules.OrganisationReviewActionRefused),
)
async def decide_organisation_review(
    organisation_review_id: UUID,
    decision: ReviewDecision,
    grant: Decide,
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> OrganisationReviewView:
    """Say whether the two are one. SAME: each shows the other, and nothing else follows by itself.
    DIFFERENT: they stay apart, whatever else is found. UNSURE: the question stays open.
    """
    review = await operations.decide_organisation_review(
        session,
        organisation_review_id,
        decision.decision,
        reason=decision.reason,
        grant=grant,
        version=version,
    )
    response.headers["ETag"] = etag(review.version)
    return grant.show(OrganisationReviewView.of(review))


@writes.post(
    "/{organisation_review_id}/reversals",
    status_code=201,
    responses=responses(rules.OrganisationReviewNotFound, rules.OrganisationReviewActionRefused),
)
async def reverse_organisation_review(
    organisation_review_id: UUID,
    reversal: ReviewReversal,
    grant: Decide,
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> OrganisationReviewView:
    """Take a decision back. The review is open again; what was linked is linked no longer."""
    review = await operations.reverse_organisation_review(
        session, organisation_review_id, reason=reversal.reason, grant=grant, version=version
    )
    response.headers["ETag"] = etag(review.version)
    return grant.show(OrganisationReviewView.of(review))
