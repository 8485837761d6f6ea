"""Questions to persons and identifiers."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.persons.rules import PersonMergedAway, PersonNotFound
from registry.persons.tables import Identifier, Person
from registry.sources.tables import SourceRecord
from shared.db import driver_sql


async def get_person(session: AsyncSession, person_id: UUID) -> Person:
    """The person under an id as it is, merged or not; raises PersonNotFound."""
    person = await session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    return person


async def lock_person(session: AsyncSession, person_id: UUID) -> Person:
    """For a command on one person; raises PersonNotFound, and PersonMergedAway with the survivor.

    Records are locked before persons everywhere; whoever needs both takes them in that order.
    """
    found = await session.exec(select(Person).where(col(Person.id) == person_id).with_for_update())
    person = found.one_or_none()
    if person is None:
        raise PersonNotFound
    if person.merged_into is not None:
        raise PersonMergedAway(person_id=str(person.merged_into))
    return person


async def follow(session: AsyncSession, person_id: UUID) -> UUID | None:
    """The surviving id behind one that was given, None for an unknown one."""
    person = await session.get(Person, person_id)
    return None if person is None else person.merged_into or person.id


async def list_records(session: AsyncSession, person_id: UUID) -> Sequence[SourceRecord]:
    found = await session.exec(
        select(SourceRecord)
        .where(col(SourceRecord.person_id) == person_id)
        .order_by(col(SourceRecord.id))
    )
    return found.all()


async def list_identifiers(
    session: AsyncSession, record_ids: Iterable[UUID]
) -> Sequence[Identifier]:
    found = await session.exec(
        select(Identifier)
        .where(col(Identifier.source_record_id).in_(list(record_ids)))
        .order_by(col(Identifier.source_record_id), col(Identifier.kind))
    )
    return found.all()


async def find_persons_by_identifier(
    session: AsyncSession, value_index: bytes, *, limit: int
) -> list[UUID]:
    """Whoever holds or ever held a number."""
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT r.person_id FROM identifiers i
        JOIN source_records r ON r.id = i.source_record_id
        WHERE i.value_index = $1 AND r.person_id IS NOT NULL
        ORDER BY r.person_id LIMIT $2
        """,
        value_index,
        limit,
    )
    return [row[0] for row in rows]


def open_cases_of(person: str) -> str:
    """The query for cases that are about a person and not closed: by the id they were given, which
    may be merged by now, or by a record. The person is an SQL expression.
    """
    return f"""
        SELECT c.case_id FROM case_copies c
        WHERE c.is_open AND c.case_id IN (
            SELECT p.case_id FROM case_participants p
            JOIN source_records r ON r.id = p.source_record_id WHERE r.person_id = {person}
            UNION
            SELECT p.case_id FROM case_participants p
            JOIN persons given ON given.id = p.person_id_as_given
            WHERE given.id = {person} OR given.merged_into = {person})
    """  # noqa: S608 - expressions of ours alone.


async def list_open_cases(session: AsyncSession, person_id: UUID) -> list[UUID]:
    """Cases that name a person, or an id merged into it, and are not closed."""
    rows = await driver_sql(session, f"{open_cases_of('$1')} ORDER BY c.case_id", person_id)
    return [row[0] for row in rows]


async def list_persons_of_case(session: AsyncSession, case_id: UUID) -> list[UUID]:
    """Everybody whom a case is about, under the ids they go by now."""
    rows = await driver_sql(
        session,
        """
        SELECT coalesce(given.merged_into, given.id) FROM case_participants p
        JOIN persons given ON given.id = p.person_id_as_given WHERE p.case_id = $1
        UNION
        SELECT r.person_id FROM case_participants p
        JOIN source_records r ON r.id = p.source_record_id
        WHERE p.case_id = $1 AND r.person_id IS NOT NULL
        """,
        case_id,
    )
    return [row[0] for row in rows]


async def persons_of_records(session: AsyncSession, record_ids: Iterable[UUID]) -> list[UUID]:
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT person_id FROM source_records
        WHERE id = ANY($1::uuid[]) AND person_id IS NOT NULL ORDER BY person_id
        """,
        list(record_ids),
    )
    return [row[0] for row in rows]
