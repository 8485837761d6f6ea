"""Questions to rehearsals and adoptions."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.rematching.rules import (
    AdoptedState,
    AdoptionNotFound,
    AdoptionState,
    RehearsalNotFound,
    RehearsalState,
)
from registry.rematching.tables import AdoptedChange, Adoption, Rehearsal, RehearsedChange
from shared.db import driver_sql, slow_sql

SAMPLE = 20
"""Of each kind of change so many records are named."""

_TO_WALK = "person_id IS NOT NULL AND NOT is_withdrawn"


async def get_rehearsal(session: AsyncSession, rehearsal_id: UUID) -> Rehearsal:
    """Raises RehearsalNotFound."""
    found = await session.get(Rehearsal, rehearsal_id, populate_existing=True)
    if found is None:
        raise RehearsalNotFound
    return found


async def has_walk_due(session: AsyncSession) -> bool:
    """Whether a rehearsal, an adoption or a withdrawal is not at its end."""
    rows = await driver_sql(
        session,
        """
        SELECT EXISTS (SELECT FROM link_model_rehearsals WHERE state = 'RUNNING')
            OR EXISTS (SELECT FROM link_model_adoptions
                       WHERE state IN ('RUNNING', 'WITHDRAWING'))
        """,
    )
    return bool(rows[0][0])


async def lock_next_rehearsal(session: AsyncSession) -> Rehearsal | None:
    """The oldest one that is not at its end."""
    found = await session.exec(
        select(Rehearsal)
        .where(col(Rehearsal.state) == RehearsalState.RUNNING)
        .order_by(col(Rehearsal.id))
        .limit(1)
        .with_for_update()
    )
    return found.one_or_none()


async def count_to_walk(session: AsyncSession) -> int:
    rows = await slow_sql(
        session,
        f"SELECT count(*) FROM source_records WHERE {_TO_WALK}",  # noqa: S608 - a constant.
        seconds=600,
    )
    return int(rows[0][0])


async def list_to_walk(session: AsyncSession, *, after: UUID | None, limit: int) -> list[UUID]:
    """The next linked records in the order of ids; one that comes meanwhile comes last."""
    rows = await driver_sql(
        session,
        f"""
        SELECT id FROM source_records
        WHERE {_TO_WALK} AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2
        """,  # noqa: S608 - a constant.
        after,
        limit,
    )
    return [row[0] for row in rows]


async def list_changes(session: AsyncSession, rehearsal_id: UUID) -> Sequence[RehearsedChange]:
    found = await session.exec(
        select(RehearsedChange)
        .where(col(RehearsedChange.rehearsal_id) == rehearsal_id)
        .order_by(col(RehearsedChange.source_record_id))
    )
    return found.all()


async def get_adoption(session: AsyncSession, adoption_id: UUID) -> Adoption:
    """Raises AdoptionNotFound."""
    found = await session.get(Adoption, adoption_id, populate_existing=True)
    if found is None:
        raise AdoptionNotFound
    return found


async def lock_adoption(session: AsyncSession, adoption_id: UUID) -> Adoption:
    """Raises AdoptionNotFound."""
    found = await session.exec(
        select(Adoption)
        .where(col(Adoption.id) == adoption_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    adoption = found.one_or_none()
    if adoption is None:
        raise AdoptionNotFound
    return adoption


async def lock_adoption_at_work(session: AsyncSession) -> Adoption | None:
    """The one whose changes are being made or taken back."""
    found = await session.exec(
        select(Adoption)
        .where(col(Adoption.state).in_((AdoptionState.RUNNING, AdoptionState.WITHDRAWING)))
        .with_for_update()
    )
    return found.one_or_none()


async def is_adoption_pending(session: AsyncSession) -> bool:
    rows = await driver_sql(
        session,
        """
        SELECT EXISTS (SELECT FROM link_model_adoptions
                       WHERE state IN ('AWAITING_SECOND', 'RUNNING', 'WITHDRAWING'))
        """,
    )
    return bool(rows[0][0])


async def count_adopted(session: AsyncSession, adoption_id: UUID) -> Sequence[Any]:
    return await driver_sql(
        session,
        """
        SELECT kind, state, count(*)::integer AS records FROM adopted_changes
        WHERE adoption_id = $1 GROUP BY kind, state ORDER BY kind, state
        """,
        adoption_id,
    )


async def list_standing_changes(
    session: AsyncSession, adoption_id: UUID, *, limit: int
) -> Sequence[AdoptedChange]:
    """The last ones that were made come first."""
    found = await session.exec(
        select(AdoptedChange)
        .where(
            col(AdoptedChange.adoption_id) == adoption_id,
            col(AdoptedChange.state) == AdoptedState.STANDS,
        )
        .order_by(col(AdoptedChange.id).desc())
        .limit(limit)
    )
    return found.all()


async def are_officers_at(session: AsyncSession, person_ids: Iterable[UUID]) -> bool:
    """Whether an officer has answered to a review of these persons that waits for a second."""
    rows = await driver_sql(
        session,
        """
        SELECT EXISTS (
            SELECT FROM link_reviews w
            WHERE w.state = 'AWAITING_SECOND' AND w.repeat_of IS NULL
              AND w.candidate_person_ids && $1::uuid[]
        ) OR EXISTS (
            SELECT FROM source_records r JOIN link_reviews w ON w.source_record_id = r.id
            WHERE w.state = 'AWAITING_SECOND' AND w.repeat_of IS NULL
              AND r.person_id = ANY($1::uuid[])
        )
        """,
        list(person_ids),
    )
    return bool(rows[0][0])


async def is_asked_elsewhere(
    session: AsyncSession, record_id: UUID, person_id: UUID, candidate_ids: Iterable[UUID]
) -> bool:
    """Whether another record's review already puts the same question: of the same person, or of a
    candidate whether it is this person.
    """
    rows = await driver_sql(
        session,
        """
        SELECT EXISTS (
            SELECT FROM source_records r JOIN link_reviews w ON w.source_record_id = r.id
            WHERE w.state IN ('OPEN', 'AWAITING_SECOND') AND w.repeat_of IS NULL AND r.id <> $1
              AND (r.person_id = $2
                   OR (r.person_id = ANY($3::uuid[]) AND $2 = ANY(w.candidate_person_ids)))
        )
        """,
        record_id,
        person_id,
        list(candidate_ids),
    )
    return bool(rows[0][0])


async def pending_review_of(session: AsyncSession, record_id: UUID) -> UUID | None:
    rows = await driver_sql(
        session,
        """
        SELECT id FROM link_reviews
        WHERE source_record_id = $1 AND state IN ('OPEN', 'AWAITING_SECOND') AND repeat_of IS NULL
        """,
        record_id,
    )
    return rows[0][0] if rows else None


async def find_label_in_use(session: AsyncSession) -> str | None:
    """The model that was adopted last, if one was."""
    rows = await driver_sql(session, "SELECT label FROM link_model_in_use")
    return rows[0][0] if rows else None


async def let_go(session: AsyncSession) -> None:
    """What the session still holds of persons and placements is written, and read anew when it is
    asked for again: a share handles many records, and statements past the session change rows.
    """
    await session.flush()
    for one in list(session):
        if not isinstance(one, (Adoption, AdoptedChange)):
            session.expunge(one)
