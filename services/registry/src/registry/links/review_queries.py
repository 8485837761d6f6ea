"""Questions to reviews and to what officers answered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.rules import PENDING, ReviewNotFound, ReviewState
from registry.links.tables import LinkReview, ReviewOpinion
from shared.db import driver_sql


async def get_review(session: AsyncSession, review_id: UUID) -> LinkReview:
    """Raises ReviewNotFound."""
    review = await session.get(LinkReview, review_id)
    if review is None:
        raise ReviewNotFound
    return review


async def lock_review(session: AsyncSession, review_id: UUID) -> LinkReview:
    """Raises ReviewNotFound."""
    found = await session.exec(
        select(LinkReview).where(col(LinkReview.id) == review_id).with_for_update()
    )
    review = found.one_or_none()
    if review is None:
        raise ReviewNotFound
    return review


async def lock_pending(session: AsyncSession, record_id: UUID) -> LinkReview | None:
    """The review of a record that still waits for an answer; a blind repeat is none."""
    found = await session.exec(
        select(LinkReview)
        .where(
            col(LinkReview.source_record_id) == record_id,
            col(LinkReview.state).in_(sorted(PENDING)),
            col(LinkReview.repeat_of).is_(None),
        )
        .with_for_update()
    )
    return found.one_or_none()


async def list_records_of_candidates(session: AsyncSession, review: LinkReview) -> list[UUID]:
    """The records of a review's candidates, whatever ids they go by now; none of the person that
    the reviewed record itself stands with.
    """
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT r.id FROM persons p
        JOIN source_records r ON r.person_id = coalesce(p.merged_into, p.id)
        WHERE p.id = ANY($1::uuid[])
          AND r.person_id IS DISTINCT FROM (SELECT person_id FROM source_records WHERE id = $2)
        """,
        review.candidate_person_ids,
        review.source_record_id,
    )
    return [row[0] for row in rows]


async def list_reviews(
    session: AsyncSession,
    *,
    owner: str | None,
    state: ReviewState | None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> Sequence[LinkReview]:
    """The most urgent first, then the oldest, one row more than `limit`; pending ones unless a
    state is named.
    """
    states = sorted(PENDING) if state is None else [state]
    question = select(LinkReview).where(col(LinkReview.state).in_(states))
    if owner is not None:
        question = question.where(col(LinkReview.owner) == owner)
    urgency, identity = col(LinkReview.urgency), col(LinkReview.id)
    if after is not None:
        question = question.where(
            or_(urgency < after[0], and_(urgency == after[0], identity > after[1]))
        )
    found = await session.exec(question.order_by(urgency.desc(), identity).limit(limit + 1))
    return found.all()


async def list_opinions(session: AsyncSession, review: LinkReview) -> Sequence[ReviewOpinion]:
    """What officers answered to a review, and to the one that it repeats."""
    asked = [one for one in (review.id, review.repeat_of) if one is not None]
    found = await session.exec(
        select(ReviewOpinion)
        .where(col(ReviewOpinion.review_id).in_(asked))
        .order_by(col(ReviewOpinion.id))
    )
    return found.all()


async def person_of_record(session: AsyncSession, record_id: UUID) -> UUID | None:
    rows = await driver_sql(
        session, "SELECT person_id FROM source_records WHERE id = $1", record_id
    )
    return rows[0][0] if rows else None


async def count_agreement(session: AsyncSession) -> Sequence[Any]:
    """Pairs of answers to one question by two officers, and how many say the same: the second
    look where two are needed, and the blind repeat against the answer that closed the review.
    """
    return await driver_sql(
        session,
        """
        WITH numbered AS (
            SELECT o.review_id, o.person_id, w.repeat_of,
                   row_number() OVER (PARTITION BY o.review_id ORDER BY o.id) AS place,
                   count(*) OVER (PARTITION BY o.review_id) AS answers
            FROM review_opinions o JOIN link_reviews w ON w.id = o.review_id
        ), pairs AS (
            SELECT 'SECOND_OFFICER' AS kind, a.person_id AS one, b.person_id AS other
            FROM numbered a JOIN numbered b USING (review_id) WHERE a.place = 1 AND b.place = 2
            UNION ALL
            SELECT 'BLIND_REPEAT', a.person_id, b.person_id
            FROM numbered b JOIN numbered a ON a.review_id = b.repeat_of AND a.place = a.answers
        )
        SELECT kind, count(*) AS pairs,
               count(*) FILTER (WHERE one IS NOT DISTINCT FROM other) AS agreed
        FROM pairs GROUP BY kind
        """,
    )
