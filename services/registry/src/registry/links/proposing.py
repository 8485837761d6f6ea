"""An officer's wish to merge: done at once, or put to another officer where much hangs on it."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import review_queries
from registry.links.operations import lock_both, merge_persons
from registry.links.reviewing import answer_review
from registry.links.rules import OWNER_OF_SYSTEM, ReviewState
from registry.links.tables import LinkReview
from registry.links.weighing import has_stakes, weigh_reviews
from registry.matching.match import Reason
from registry.persons.queries import list_records
from registry.sources.tables import SourceRecord
from shared import clock
from shared.ids import new_id
from shared.policy import Grant
from shared.rows import insert_row


async def merge_or_propose(
    session: AsyncSession,
    person_id: UUID,
    merged_person_id: UUID,
    *,
    reason: str,
    grant: Grant,
    version: int,
) -> LinkReview | None:
    """None once they are one; where a live placement, an open case or a seat hangs on either, the
    review in which another officer must say the same.

    Refuses what `merge_persons` refuses, and a second wish of one officer.
    """
    await lock_both(session, person_id, merged_person_id, version=version)
    records = await list_records(session, merged_person_id)
    if not records or not await has_stakes(session, (person_id, merged_person_id)):
        await merge_persons(
            session, person_id, merged_person_id, reason=reason, grant=grant, version=version
        )
        return None
    review = await _review_of(session, records[0], person_id, reason=reason)
    answered = await answer_review(session, review.id, same_as=person_id, grant=grant)
    return answered if answered.state is ReviewState.AWAITING_SECOND else None


async def _review_of(
    session: AsyncSession, record: SourceRecord, person_id: UUID, *, reason: str
) -> LinkReview:
    """The pending review of a record, with this person among its candidates."""
    wish = [Reason.PROPOSED_BY_OFFICER.value, reason]
    pending = await review_queries.lock_pending(session, record.id)
    if pending is not None:
        candidates = [*pending.candidate_person_ids, person_id]
        pending.candidate_person_ids = list(dict.fromkeys(candidates))
        pending.reasons = list(dict.fromkeys([*pending.reasons, *wish]))
        await session.flush()
        return pending
    review = LinkReview(
        id=new_id(),
        source_record_id=record.id,
        candidate_person_ids=[person_id],
        reasons=wish,
        owner=OWNER_OF_SYSTEM[record.source_system],
        state=ReviewState.OPEN,
        urgency=0,
        opened_at=clock.now(),
    )
    await insert_row(session, review)
    await weigh_reviews(session, (person_id,))
    return review
