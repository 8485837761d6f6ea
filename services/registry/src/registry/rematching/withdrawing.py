"""Taking back what an adoption changed, the last change first, unless an officer touched it."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.identifying import tell_cases
from registry.links.operations import Decider, lock_with_records, take_off
from registry.links.queries import last_words
from registry.links.rules import OFFICER
from registry.links.tables import PersonMerge
from registry.links.weighing import weigh_reviews
from registry.matching.match import Reason
from registry.persons.queries import list_records
from registry.persons.rules import PersonMergedAway
from registry.rematching import queries
from registry.rematching.rules import AdoptedKind, AdoptedState, AdoptionState
from registry.rematching.tables import AdoptedChange, Adoption
from shared import clock
from shared.db import driver_sql


async def take_back_share(session: AsyncSession, adoption: Adoption, *, limit: int) -> None:
    """Take back the next changes; when none stands the adoption is withdrawn."""
    changes = await queries.list_standing_changes(session, adoption.id, limit=limit)
    for one in changes:
        taken = await _take_back(session, adoption, one)
        one.state = AdoptedState.TAKEN_BACK if taken else AdoptedState.LEFT
        await queries.let_go(session)
    if not changes:
        adoption.state, adoption.finished_at = AdoptionState.WITHDRAWN, clock.now()


async def _take_back(session: AsyncSession, adoption: Adoption, change: AdoptedChange) -> bool:
    if change.kind is AdoptedKind.JOINED:
        taken = await _part(session, adoption, change)
    else:
        taken = await _unask(session, change)
    if taken:
        await _ask_again(session, change.closed_review_ids)
        person_ids = await _persons_of(session, [change.source_record_id])
        await weigh_reviews(session, person_ids)
        await tell_cases(session, person_ids=person_ids, record_ids=[change.source_record_id])
    return taken


async def _part(session: AsyncSession, adoption: Adoption, change: AdoptedChange) -> bool:
    """The ordinary split gives the records their person back, with all that came along."""
    merge = await session.get(PersonMerge, change.merge_id, populate_existing=True)
    if merge is None:
        return False
    try:
        person = await lock_with_records(session, merge.person_id)
    except PersonMergedAway:
        return False
    await session.refresh(merge)
    moved = {UUID(one) for one in merge.moved["source_record_ids"]}
    held = {record.id for record in await list_records(session, merge.person_id)}
    models = {one["model"] for one in await last_words(session, moved)}
    if merge.split_at is not None or not moved < held or OFFICER in models:
        return False
    await take_off(
        session,
        person,
        moved,
        by=Decider(
            adoption.withdrawn_by or adoption.asked_by,
            adoption.organisation,
            adoption.model_before,
            (Reason.MODEL_WITHDRAWN.value,),
        ),
    )
    await session.flush()
    return True


async def _unask(session: AsyncSession, change: AdoptedChange) -> bool:
    """The review that the adoption opened is not needed; one that an officer answered stays."""
    if change.opened_review_id is None:
        return True
    rows = await driver_sql(
        session,
        """
        UPDATE link_reviews SET state = 'SUPERSEDED', closed_at = $2
        WHERE id = $1 AND state = 'OPEN' RETURNING 1
        """,
        change.opened_review_id,
        clock.now(),
    )
    return bool(rows)


async def _ask_again(session: AsyncSession, review_ids: Iterable[UUID]) -> None:
    """Reviews that the adoption closed are open again, unless their record has another one."""
    await driver_sql(
        session,
        """
        UPDATE link_reviews w SET state = 'OPEN', closed_at = NULL, closed_by = NULL
        WHERE w.id = ANY($1::uuid[]) AND w.state = 'SUPERSEDED' AND NOT EXISTS (
            SELECT FROM link_reviews o
            WHERE o.source_record_id = w.source_record_id AND o.repeat_of IS NULL
              AND (o.state IN ('OPEN', 'AWAITING_SECOND') OR o.id > w.id))
        """,
        list(review_ids),
    )


async def _persons_of(session: AsyncSession, record_ids: Iterable[UUID]) -> list[UUID]:
    rows = await driver_sql(
        session, "SELECT person_id FROM source_records WHERE id = ANY($1::uuid[])", list(record_ids)
    )
    return [row[0] for row in rows if row[0] is not None]
