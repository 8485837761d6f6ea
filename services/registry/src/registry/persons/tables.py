"""Persons, and every identifier that was ever stated of them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from registry.persons.rules import IdentifierKind
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, RESTRICTED_HASHED


class Person(RegistryTable, table=True):
    """One human being. A merged one stays as a redirect to the survivor."""

    __tablename__ = "persons"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    is_provisional: Annotated[bool, INTERNAL]
    registered_at: Annotated[datetime, INTERNAL]
    version: Annotated[int, INTERNAL]
    merged_into: Annotated[UUID | None, INTERNAL] = None


class Identifier(RegistryTable, table=True):
    """A number that a source record states or stated, with the dates it was valid.

    It belongs to the record, and through the record's link to a person, so merging and splitting
    carry it along. `last_version` is null while the current version states it; the number itself
    stands in the content of the first version alone.
    """

    __tablename__ = "identifiers"

    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    kind: Annotated[IdentifierKind, INTERNAL] = Field(
        sa_type=EnumText(IdentifierKind), primary_key=True
    )
    value_index: Annotated[bytes, RESTRICTED_HASHED] = Field(primary_key=True)
    issuer: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    valid_from: Annotated[date | None, INTERNAL] = None
    valid_to: Annotated[date | None, INTERNAL] = None
    first_version: Annotated[int, INTERNAL]
    last_version: Annotated[int | None, INTERNAL] = None


class CaseCopy(RegistryTable, table=True):
    """Copy of a case: whether it is open."""

    __tablename__ = "case_copies"

    case_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    is_open: Annotated[bool, INTERNAL]


class CaseParticipant(RegistryTable, table=True):
    """Who a case is about: a person it named, or a record by which it asked."""

    __tablename__ = "case_participants"

    participant_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    case_id: Annotated[UUID, INTERNAL]
    person_id_as_given: Annotated[UUID | None, INTERNAL] = None
    source_record_id: Annotated[UUID | None, INTERNAL] = None
