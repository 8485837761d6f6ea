"""Telling cases who their participants are, and telling them again when that changes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import queries
from registry.links.tables import Identification
from shared import clock, outbox
from shared.db import driver_sql
from shared.messages.registry import IdentificationResolved


async def expect_identification(
    session: AsyncSession, *, record_id: UUID, case_id: UUID, participant_id: UUID
) -> None:
    """A case asks who the subject of a record is; `tell_cases` answers after the linking."""
    if await session.get(Identification, record_id) is None:
        session.add(
            Identification(
                source_record_id=record_id, case_id=case_id, participant_id=participant_id
            )
        )
        await session.flush()


async def tell_cases(
    session: AsyncSession, *, person_ids: Iterable[UUID], record_ids: Iterable[UUID]
) -> None:
    """One message for every participant whose person is not whom the case was told last."""
    for row in await queries.identifications_of(
        session, person_ids=person_ids, record_ids=record_ids
    ):
        outcome = _outcome(row)
        if row.now_person_id is None or (row.now_person_id, outcome) == (
            row.person_id,
            row.outcome,
        ):
            continue
        await driver_sql(
            session,
            """
            UPDATE identifications SET person_id = $2, outcome = $3 WHERE source_record_id = $1
            """,
            row.source_record_id,
            row.now_person_id,
            outcome,
        )
        outbox.add(
            session,
            IdentificationResolved(
                case_id=row.case_id,
                participant_id=row.participant_id,
                person_id=row.now_person_id,
                outcome=outcome,
                resolved_at=clock.now(),
            ),
        )


def _outcome(row: Any) -> Any:
    if row.is_in_review:
        return "REVIEW"
    return "PROVISIONAL" if row.is_provisional else "RESOLVED"
