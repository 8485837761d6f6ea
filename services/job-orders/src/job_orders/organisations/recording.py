"""Rows of reviews and of their history: what the finder found, and what an officer did."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.organisations import rules
from job_orders.organisations.describing import Organisation
from job_orders.organisations.matching.scoring import Comparison, Reason
from job_orders.organisations.matching.weights import MODEL
from job_orders.organisations.rules import (
    FINDER,
    Decision,
    OrganisationKind,
    OrganisationReviewState,
    ReviewAction,
    Urgency,
)
from job_orders.organisations.tables import OrganisationReview, OrganisationReviewHistory
from shared import clock
from shared.ids import new_id
from shared.rows import insert_row

_SERVICE = "job-orders"
_TOLD_BY_TIME = {
    Urgency.AFTER_TROUBLE: [Reason.REGISTERED_AFTER_TROUBLE.value],
    Urgency.SHORTLY_BEFORE_TROUBLE: [Reason.REGISTERED_SHORTLY_BEFORE_TROUBLE.value],
}


async def keep_found(
    session: AsyncSession,
    kind: OrganisationKind,
    sides: tuple[Organisation, Organisation],
    comparison: Comparison,
    review: OrganisationReview | None,
) -> None:
    """Open, refresh or put away the review of two; nothing where an officer has decided."""
    older, newer = sides
    urgency = rules.urgency_of(
        newer_began_on=newer.began_on,
        older_trouble_on=older.trouble_on,
        newer_trouble_on=newer.trouble_on,
    )
    found = {
        "older_id": older.id,
        "newer_id": newer.id,
        "mission": newer.mission,
        "urgency": urgency,
        "urgency_rank": urgency.rank,
        "score": comparison.score,
        "lines": lines_of(comparison),
        "reasons": [*(one.value for one in comparison.reasons), *_TOLD_BY_TIME.get(urgency, [])],
        "model": MODEL,
    }
    if review is None:
        if rules.state_found(None, is_proposed=comparison.is_proposed, is_changed=True):
            await _open(session, kind, found)
        return
    changed = {name for name, value in found.items() if getattr(review, name) != value}
    is_changed = not changed.isdisjoint({"lines", "urgency"})
    state = rules.state_found(
        review.state, is_proposed=comparison.is_proposed, is_changed=is_changed
    )
    if review.state in rules.DECIDED or state is None or (state is review.state and not changed):
        return
    before = review.state
    for name in changed:
        setattr(review, name, found[name])
    review.state, review.found_at = state, clock.now()
    if state is not OrganisationReviewState.UNSURE:
        review.decided_by = review.decided_at = None
    review.version += 1
    is_put_away = state is OrganisationReviewState.SUPERSEDED
    action = ReviewAction.SUPERSEDE if is_put_away else ReviewAction.REFRESH
    await remember(session, review, action, before=before, by=(FINDER, _SERVICE))


async def _open(session: AsyncSession, kind: OrganisationKind, found: Mapping[str, Any]) -> None:
    now = clock.now()
    lower_id, higher_id = sorted((found["older_id"], found["newer_id"]))
    review = OrganisationReview(
        id=new_id(),
        kind=kind,
        lower_id=lower_id,
        higher_id=higher_id,
        state=OrganisationReviewState.OPEN,
        opened_at=now,
        found_at=now,
        version=1,
        **found,
    )
    await insert_row(session, review)
    await remember(session, review, ReviewAction.OPEN, before=None, by=(FINDER, _SERVICE))


async def remember(
    session: AsyncSession,
    review: OrganisationReview,
    action: ReviewAction,
    *,
    before: OrganisationReviewState | None,
    by: tuple[str, str],
    decision: Decision | None = None,
    reason: str | None = None,
) -> None:
    """Add a row of history with the evidence as it stands; `by` is a subject and its house."""
    subject, organisation = by
    await insert_row(
        session,
        OrganisationReviewHistory(
            id=new_id(),
            review_id=review.id,
            version=review.version,
            action=action,
            from_state=before,
            to_state=review.state,
            decision=decision,
            reason=reason,
            score=review.score,
            lines=review.lines,
            subject=subject,
            organisation=organisation,
            happened_at=clock.now(),
        ),
    )


def lines_of(comparison: Comparison) -> Sequence[dict[str, Any]]:
    """The waterfall as it is kept: what is unknown weighs nothing and is left out."""
    return [
        {"field": line.field.value, "level": str(line.level), "weight": line.weight}
        for line in comparison.lines
        if line.weight or line.level == "OF_MANY"
    ]
