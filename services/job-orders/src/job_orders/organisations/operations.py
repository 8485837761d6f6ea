"""What an officer does with a review. Each operation is one transaction and never commits."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies import operations as agencies
from job_orders.employers import operations as employers
from job_orders.organisations import queries, recording, rules
from job_orders.organisations.rules import (
    Decision,
    OrganisationKind,
    OrganisationReviewState,
    ReviewAction,
)
from job_orders.organisations.tables import OrganisationReview
from shared import clock, outbox
from shared.errors import VersionStale
from shared.messages.job_orders import OrganisationsLinked, OrganisationsUnlinked
from shared.policy import Grant


async def decide_organisation_review(
    session: AsyncSession,
    review_id: UUID,
    decision: Decision,
    *,
    reason: str | None,
    grant: Grant,
    version: int,
) -> OrganisationReview:
    """Say whether two organisations are one. SAME shows each beside the other and is told.

    Refuses a stale version, a review of another mission, and one that is decided or put away.
    """
    review = await _lock(session, review_id, ReviewAction.DECIDE, grant=grant, version=version)
    before = review.state
    review.state = OrganisationReviewState(decision.value)
    review.decided_by, review.decided_at = grant.caller.subject, clock.now()
    await recording.remember(
        session,
        review,
        ReviewAction.DECIDE,
        before=before,
        by=(grant.caller.subject, grant.caller.organisation),
        decision=decision,
        reason=reason,
    )
    if decision is Decision.SAME:
        await _show_linked(session, review, is_linked=True, reason=reason, grant=grant)
        outbox.add(
            session,
            OrganisationsLinked(
                review_id=review.id,
                kind=review.kind,
                older_id=review.older_id,
                newer_id=review.newer_id,
                mission=review.mission,
                urgency=review.urgency,
                linked_at=review.decided_at,
            ),
        )
    return review


async def reverse_organisation_review(
    session: AsyncSession, review_id: UUID, *, reason: str, grant: Grant, version: int
) -> OrganisationReview:
    """Take a decision back: the review is open again, and organisations that were linked are not.

    Refuses a stale version, a review of another mission, and one that is not decided.
    """
    review = await _lock(session, review_id, ReviewAction.REVERSE, grant=grant, version=version)
    before = review.state
    review.state, review.decided_by, review.decided_at = OrganisationReviewState.OPEN, None, None
    await recording.remember(
        session,
        review,
        ReviewAction.REVERSE,
        before=before,
        by=(grant.caller.subject, grant.caller.organisation),
        reason=reason,
    )
    if before is OrganisationReviewState.SAME:
        await _show_linked(session, review, is_linked=False, reason=reason, grant=grant)
        outbox.add(
            session,
            OrganisationsUnlinked(
                review_id=review.id,
                kind=review.kind,
                older_id=review.older_id,
                newer_id=review.newer_id,
                mission=review.mission,
                unlinked_at=clock.now(),
            ),
        )
    return review


async def _lock(
    session: AsyncSession, review_id: UUID, action: ReviewAction, *, grant: Grant, version: int
) -> OrganisationReview:
    review = await queries.lock_review(session, review_id)
    grant.require(review)
    if review.version != version:
        raise VersionStale
    rules.check_action(review.state, action)
    review.version += 1
    return review


async def _show_linked(
    session: AsyncSession,
    review: OrganisationReview,
    *,
    is_linked: bool,
    reason: str | None,
    grant: Grant,
) -> None:
    """Both sides, locked in the order of their ids."""
    is_employer = review.kind is OrganisationKind.EMPLOYER
    note = employers.note_linked if is_employer else agencies.note_linked
    one, other = review.lower_id, review.higher_id
    await note(session, one, other, is_linked=is_linked, reason=reason, grant=grant)
    await note(session, other, one, is_linked=is_linked, reason=reason, grant=grant)
