"""Answering reviews: one officer's word, or two where something hangs on it, and blind repeats."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import review_queries, rules
from registry.links.identifying import tell_cases
from registry.links.operations import merge_persons, tell_apart
from registry.links.rules import PENDING, ReviewState
from registry.links.tables import LinkReview, ReviewOpinion
from registry.links.weighing import has_stakes
from registry.persons.queries import get_person
from shared import clock
from shared.ids import new_id
from shared.policy import Grant
from shared.rows import insert_row


async def answer_review(
    session: AsyncSession, review_id: UUID, *, same_as: UUID | None, grant: Grant
) -> LinkReview:
    """An officer's answer: the record is a candidate's, or nobody's among them.

    Where a live placement, an open case or a seat hangs on it, two officers must say the same; the
    review waits for the second. SAME merges the person that the record stands with into the
    candidate. Refuses a closed review, a person who is no candidate, and a second answer of one
    officer.
    """
    review = await review_queries.lock_review(session, review_id)
    if review.state not in PENDING:
        raise rules.ReviewClosed(current_status=review.state.value)
    if same_as is not None and same_as not in review.candidate_person_ids:
        raise rules.NotACandidate
    earlier = await review_queries.list_opinions(session, review)
    if any(one.subject == grant.caller.subject for one in earlier):
        raise rules.OpinionAlreadyGiven
    await _keep_opinion(session, review, same_as, grant=grant)
    if review.repeat_of is not None:
        _close(review, same_as, grant=grant)
        return review
    person_id = await review_queries.person_of_record(session, review.source_record_id)
    if not any(one.person_id == same_as for one in earlier):
        concerned = [*review.candidate_person_ids, *([person_id] if person_id else [])]
        if earlier or await has_stakes(session, concerned):
            review.state = ReviewState.AWAITING_SECOND
            return review
    _close(review, same_as, grant=grant)
    await session.flush()
    await _give_effect(session, review, person_id, same_as=same_as, grant=grant)
    if rules.is_repeated(review.id):
        await _repeat(session, review)
    return review


async def _keep_opinion(
    session: AsyncSession, review: LinkReview, same_as: UUID | None, *, grant: Grant
) -> None:
    await insert_row(
        session,
        ReviewOpinion(
            id=new_id(),
            review_id=review.id,
            subject=grant.caller.subject,
            organisation=grant.caller.organisation,
            person_id=same_as,
            given_at=clock.now(),
        ),
    )


def _close(review: LinkReview, same_as: UUID | None, *, grant: Grant) -> None:
    review.state = ReviewState.DIFFERENT if same_as is None else ReviewState.SAME
    review.closed_at = clock.now()
    review.closed_by = grant.caller.subject


async def _give_effect(
    session: AsyncSession,
    review: LinkReview,
    person_id: UUID | None,
    *,
    same_as: UUID | None,
    grant: Grant,
) -> None:
    if same_as is None:
        others = await review_queries.list_records_of_candidates(session, review)
        tell_apart(session, [review.source_record_id], others, by=grant.caller.subject)
    if same_as is None or person_id is None:
        await tell_cases(session, person_ids=(), record_ids=(review.source_record_id,))
        return
    survivor = await get_person(session, same_as)
    survivor_id = survivor.merged_into or survivor.id
    if survivor_id != person_id:
        target = await get_person(session, survivor_id)
        await merge_persons(
            session,
            survivor_id,
            person_id,
            reason="REVIEWED_SAME",
            grant=grant,
            version=target.version,
        )


async def _repeat(session: AsyncSession, review: LinkReview) -> None:
    """The same question for another officer; the answer is measured and has no effect."""
    await insert_row(
        session,
        LinkReview(
            id=new_id(),
            source_record_id=review.source_record_id,
            candidate_person_ids=review.candidate_person_ids,
            reasons=review.reasons,
            owner=review.owner,
            state=ReviewState.OPEN,
            urgency=review.urgency,
            repeat_of=review.id,
            opened_at=clock.now(),
        ),
    )
