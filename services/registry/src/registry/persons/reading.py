"""A person as read: attributes survived from the opened contents of the linked records."""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.operations import number_index
from registry.persons import queries
from registry.persons.operations import stated_identifiers
from registry.persons.rules import SURVIVORSHIP, Statement, survive
from registry.persons.schemas import (
    IdentifierView,
    LinkedRecordView,
    PersonView,
    Survived,
)
from registry.persons.tables import Identifier, Person
from registry.sources.content import day, text
from registry.sources.queries import CurrentContent, open_contents, open_versions
from shared.privacy import Keyring


async def read_person(session: AsyncSession, person: Person, *, keyring: Keyring) -> PersonView:
    """Everything the linked records say of a person, the winning value of each field first."""
    records = await queries.list_records(session, person.id)
    contents = await open_contents(session, [one.id for one in records], keyring=keyring)
    identifiers = await queries.list_identifiers(session, [one.id for one in records])
    speaking = [one for one in contents.values() if not one.is_withdrawn]
    return PersonView(
        **person.model_dump(include={"id", "is_provisional", "registered_at", "version"}),
        **_survived(speaking),
        identifiers=await _read_identifiers(session, identifiers, keyring),
        source_records=[LinkedRecordView.of(one) for one in records],
        open_case_ids=await queries.list_open_cases(session, person.id),
    )


async def _read_identifiers(
    session: AsyncSession, identifiers: Sequence[Identifier], keyring: Keyring
) -> list[IdentifierView]:
    """Numbers are kept in contents alone: each is read from the first version that stated it."""
    contents = await open_versions(
        session,
        ((one.source_record_id, one.first_version) for one in identifiers),
        keyring=keyring,
    )
    values = {
        (record_id, stated.kind, number_index(keyring, stated.kind, stated.value)): stated.value
        for (record_id, _), content in contents.items()
        for stated in stated_identifiers(content)
    }
    return [
        IdentifierView(
            **one.model_dump(include=_IDENTIFIER_FIELDS),
            value=values[one.source_record_id, one.kind, one.value_index],
            is_current=one.last_version is None,
        )
        for one in identifiers
    ]


_IDENTIFIER_FIELDS = {"kind", "issuer", "valid_from", "valid_to", "source_record_id"}


def _survived(contents: Sequence[CurrentContent]) -> dict[str, Any]:
    return {
        attribute: Survived.of_all(
            survive(
                attribute,
                [
                    Statement(
                        value,
                        one.system.value,
                        one.record_id,
                        one.source_updated_at,
                        day(one.content, "passport_issued_on"),
                    )
                    for one in contents
                    if (value := text(one.content, attribute))
                ],
            )
        )
        for attribute in SURVIVORSHIP
    }
