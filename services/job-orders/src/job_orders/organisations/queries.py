"""Questions to reviews, to candidate keys, and to what waits to be compared."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.rules import Sanction
from job_orders.agencies.tables import PlacementAgency
from job_orders.employers.tables import Employer
from job_orders.organisations.rules import (
    PENDING,
    OrganisationKind,
    OrganisationReviewNotFound,
    OrganisationReviewState,
)
from job_orders.organisations.tables import OrganisationReview, OrganisationReviewHistory
from shared.db import driver_sql
from shared.policy import Grant

TABLES = {
    OrganisationKind.EMPLOYER: "employers",
    OrganisationKind.PLACEMENT_AGENCY: "placement_agencies",
}
STOPS = (Sanction.PARTIAL_STOP, Sanction.FULL_STOP, Sanction.REVOCATION)


async def get_review(
    session: AsyncSession, review_id: UUID, *, within: Grant
) -> OrganisationReview:
    """Raises OrganisationReviewNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(
        select(OrganisationReview).where(
            col(OrganisationReview.id) == review_id, within.where(OrganisationReview)
        )
    )
    review = found.one_or_none()
    if review is None:
        raise OrganisationReviewNotFound
    return review


async def lock_review(session: AsyncSession, review_id: UUID) -> OrganisationReview:
    """Raises OrganisationReviewNotFound."""
    found = await session.exec(
        select(OrganisationReview).where(col(OrganisationReview.id) == review_id).with_for_update()
    )
    review = found.one_or_none()
    if review is None:
        raise OrganisationReviewNotFound
    return review


async def lock_reviews_of(
    session: AsyncSession, organisation_ids: Iterable[UUID]
) -> Sequence[OrganisationReview]:
    """Every review that one of these is a side of, in the order of ids."""
    ids = list(organisation_ids)
    found = await session.exec(
        select(OrganisationReview)
        .where(
            or_(
                col(OrganisationReview.older_id).in_(ids), col(OrganisationReview.newer_id).in_(ids)
            )
        )
        .order_by(col(OrganisationReview.id))
        .with_for_update()
    )
    return found.all()


async def list_reviews(
    session: AsyncSession,
    *,
    within: Grant,
    kind: OrganisationKind | None,
    state: OrganisationReviewState | None,
    organisation_id: UUID | None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> Sequence[OrganisationReview]:
    """The most urgent first, then the oldest, one row more than `limit`; pending ones unless a
    state is named.
    """
    states = sorted(PENDING) if state is None else [state]
    question = select(OrganisationReview).where(
        col(OrganisationReview.state).in_(states), within.where(OrganisationReview)
    )
    if kind is not None:
        question = question.where(col(OrganisationReview.kind) == kind)
    if organisation_id is not None:
        question = question.where(
            or_(
                col(OrganisationReview.older_id) == organisation_id,
                col(OrganisationReview.newer_id) == organisation_id,
            )
        )
    rank, identity = col(OrganisationReview.urgency_rank), col(OrganisationReview.id)
    if after is not None:
        question = question.where(or_(rank < after[0], and_(rank == after[0], identity > after[1])))
    found = await session.exec(question.order_by(rank.desc(), identity).limit(limit + 1))
    return found.all()


async def list_history(
    session: AsyncSession, review_id: UUID
) -> Sequence[OrganisationReviewHistory]:
    found = await session.exec(
        select(OrganisationReviewHistory)
        .where(col(OrganisationReviewHistory.review_id) == review_id)
        .order_by(col(OrganisationReviewHistory.version))
    )
    return found.all()


async def list_employers(session: AsyncSession, ids: Iterable[UUID]) -> Sequence[Employer]:
    found = await session.exec(select(Employer).where(col(Employer.id).in_(list(ids))))
    return found.all()


async def list_agencies(session: AsyncSession, ids: Iterable[UUID]) -> Sequence[PlacementAgency]:
    found = await session.exec(
        select(PlacementAgency).where(col(PlacementAgency.id).in_(list(ids)))
    )
    return found.all()


async def first_listings(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, date]:
    """Of employers that were ever on the list of problematic ones the first day of it."""
    rows = await driver_sql(
        session,
        """
        SELECT employer_id, min((happened_at AT TIME ZONE 'UTC')::date) FROM employer_history
        WHERE employer_id = ANY($1::uuid[]) AND action = 'LIST' GROUP BY employer_id
        """,
        list(ids),
    )
    return {row[0]: row[1] for row in rows}


async def first_licences_and_stops(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, tuple[date | None, date | None]]:
    """Of agencies the first day of a licence, and of a stop or a revocation; a warning is none."""
    rows = await driver_sql(
        session,
        """
        SELECT placement_agency_id, min(effective_on) FILTER (WHERE action = 'LICENSE'),
               min(effective_on) FILTER (WHERE sanction = ANY($2::text[]))
        FROM placement_agency_history
        WHERE placement_agency_id = ANY($1::uuid[]) GROUP BY placement_agency_id
        """,
        list(ids),
        [one.value for one in STOPS],
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def list_unmatched(
    session: AsyncSession, kind: OrganisationKind, *, limit: int
) -> list[UUID]:
    """Those that were registered or changed and have not been compared since."""
    rows = await driver_sql(
        session,
        f"""
        SELECT id FROM {TABLES[kind]} WHERE matched_version IS DISTINCT FROM version
        ORDER BY id LIMIT $1
        """,  # noqa: S608 - names of our own tables.
        limit,
    )
    return [row[0] for row in rows]


async def mark_matched(
    session: AsyncSession, kind: OrganisationKind, versions: Iterable[tuple[UUID, int]]
) -> None:
    """Note which version was compared: one that has moved on meanwhile keeps waiting."""
    seen = sorted(versions)
    ids = [one for one, _ in seen]
    table = TABLES[kind]
    # In the order of ids, as whoever links two of them does.
    await driver_sql(
        session,
        f"SELECT FROM {table} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        ids,
    )
    await driver_sql(
        session,
        f"""
        UPDATE {table} SET matched_version = seen.version
        FROM unnest($1::uuid[], $2::integer[]) AS seen(id, version) WHERE {table}.id = seen.id
        """,  # noqa: S608 - as above.
        ids,
        [version for _, version in seen],
    )


async def forget_keys(session: AsyncSession, organisation_ids: Iterable[UUID]) -> None:
    await driver_sql(
        session,
        "DELETE FROM organisation_keys WHERE organisation_id = ANY($1::uuid[])",
        list(organisation_ids),
    )


async def find_sharing(
    session: AsyncSession,
    organisation_ids: Iterable[UUID],
    *,
    kinds: Sequence[str],
    most: int,
) -> dict[UUID, set[UUID]]:
    """For each of these the others under one of its keys that no more than `most` share."""
    rows = await driver_sql(
        session,
        """
        SELECT k.organisation_id, array_agg(DISTINCT other) FROM organisation_keys k
        CROSS JOIN LATERAL (
            SELECT array_agg(organisation_id) AS ids FROM (
                SELECT organisation_id FROM organisation_keys WHERE key_hash = k.key_hash
                ORDER BY key_hash, organisation_id LIMIT $3 + 1
            ) AS under
        ) AS others
        CROSS JOIN LATERAL unnest(others.ids) AS other
        WHERE k.organisation_id = ANY($1::uuid[]) AND k.kind = ANY($2::text[])
          AND cardinality(others.ids) <= $3 AND other <> k.organisation_id
        GROUP BY k.organisation_id
        """,
        list(organisation_ids),
        list(kinds),
        most,
    )
    return {row[0]: set(row[1]) for row in rows}


async def count_sharing(
    session: AsyncSession, organisation_ids: Iterable[UUID], *, most: int
) -> Sequence[Any]:
    """Of each key of these how many share it, and how many of those are different beside it; what
    is not told beside a value counts as different.
    """
    return await driver_sql(
        session,
        """
        SELECT k.organisation_id, k.kind, k.key_hash, count(*) AS holders,
               count(DISTINCT coalesce(o.beside, uuid_send(o.organisation_id))) AS different
        FROM organisation_keys k
        CROSS JOIN LATERAL (
            SELECT organisation_id, beside FROM organisation_keys WHERE key_hash = k.key_hash
            ORDER BY key_hash, organisation_id LIMIT $2
        ) AS o
        WHERE k.organisation_id = ANY($1::uuid[])
        GROUP BY k.organisation_id, k.kind, k.key_hash
        """,
        list(organisation_ids),
        most,
    )
