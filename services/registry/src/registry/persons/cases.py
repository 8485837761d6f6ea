"""Copies of what cases says, so that a person shows whether somebody is in trouble."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import driver_sql


async def note_case(session: AsyncSession, case_id: UUID, *, is_open: bool) -> None:
    """Whether a case is open, by the latest message."""
    await driver_sql(
        session,
        """
        INSERT INTO case_copies (case_id, is_open) VALUES ($1, $2)
        ON CONFLICT (case_id) DO UPDATE SET is_open = excluded.is_open
        """,
        case_id,
        is_open,
    )


async def note_participant(
    session: AsyncSession,
    case_id: UUID,
    participant_id: UUID,
    *,
    person_id: UUID | None = None,
    record_id: UUID | None = None,
) -> None:
    """A participant is known by a person, by a record, or by both; whichever message comes last."""
    await driver_sql(
        session,
        """
        INSERT INTO case_participants AS p
            (participant_id, case_id, person_id_as_given, source_record_id)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (participant_id) DO UPDATE
        SET person_id_as_given = coalesce(excluded.person_id_as_given, p.person_id_as_given),
            source_record_id = coalesce(excluded.source_record_id, p.source_record_id)
        """,
        participant_id,
        case_id,
        person_id,
        record_id,
    )
