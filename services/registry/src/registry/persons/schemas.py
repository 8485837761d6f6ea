"""What callers send and get about persons."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.persons.rules import IdentifierKind, Statement
from registry.sources.rules import SourceSystem
from registry.sources.tables import SourceRecord
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED

Short = Annotated[str, Field(min_length=1, max_length=200)]


class PersonSearch(BaseModel):
    """Any number ever held, or a name together with a birth date."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    nik: Annotated[Annotated[str, Field(max_length=40)] | None, RESTRICTED] = None
    passport_number: Annotated[Annotated[str, Field(max_length=40)] | None, RESTRICTED] = None
    sisko_p2mi_id: Annotated[Short | None, RESTRICTED] = None
    e_pmi_number: Annotated[Short | None, RESTRICTED] = None
    full_name: Annotated[Short | None, RESTRICTED] = None
    birth_date: Annotated[date | None, RESTRICTED] = None


class StatementView(BaseModel):
    """What one record says of an attribute."""

    value: Annotated[str, INTERNAL] = Field(max_length=1000)
    source_system: Annotated[SourceSystem, INTERNAL]
    source_record_id: Annotated[UUID, INTERNAL]
    stated_at: Annotated[datetime, INTERNAL]

    @classmethod
    def of(cls, statement: Statement) -> Self:
        return cls(
            value=statement.value,
            source_system=SourceSystem(statement.system),
            source_record_id=statement.record_id,
            stated_at=statement.stated_at,
        )


class Survived(StatementView):
    """The value that stands, and those that lost with their dates."""

    losing: Annotated[list[StatementView], INTERNAL] = Field(max_length=1000)

    @classmethod
    def of_all(cls, statements: Sequence[Statement]) -> Self | None:
        if not statements:
            return None
        winner, *losers = [StatementView.of(one) for one in statements]
        return cls(**winner.model_dump(), losing=losers)


class IdentifierView(BaseModel):
    """A number that was ever stated, and when it is or was valid."""

    kind: Annotated[IdentifierKind, RESTRICTED]
    value: Annotated[str, RESTRICTED] = Field(max_length=64)
    issuer: Annotated[str | None, RESTRICTED] = Field(max_length=1000)
    valid_from: Annotated[date | None, RESTRICTED]
    valid_to: Annotated[date | None, RESTRICTED]
    is_current: Annotated[bool, RESTRICTED]
    source_record_id: Annotated[UUID, RESTRICTED]


class LinkedRecordView(BaseModel):
    """A source record that belongs to the person."""

    id: Annotated[UUID, PARTNER]
    source_system: Annotated[SourceSystem, PARTNER]
    record_key: Annotated[str, PARTNER] = Field(max_length=64)
    source_updated_at: Annotated[datetime, PARTNER]
    is_withdrawn: Annotated[bool, PARTNER]

    @classmethod
    def of(cls, record: SourceRecord) -> Self:
        return cls(**record.model_dump(include=set(cls.model_fields)))


class PersonView(Shown):
    """A person: each attribute as it survives from the ministries' records."""

    id: Annotated[UUID, PARTNER]
    is_provisional: Annotated[bool, INTERNAL]
    registered_at: Annotated[datetime, INTERNAL]
    version: Annotated[int, PARTNER] = Field(ge=1)
    nik: Annotated[Survived | None, RESTRICTED]
    full_name: Annotated[Survived | None, INTERNAL]
    birth_date: Annotated[Survived | None, INTERNAL]
    birth_place: Annotated[Survived | None, INTERNAL]
    sex: Annotated[Survived | None, INTERNAL]
    marital_status: Annotated[Survived | None, RESTRICTED]
    education: Annotated[Survived | None, INTERNAL]
    passport_number: Annotated[Survived | None, RESTRICTED]
    phone: Annotated[Survived | None, RESTRICTED]
    email: Annotated[Survived | None, RESTRICTED]
    address: Annotated[Survived | None, RESTRICTED]
    address_abroad: Annotated[Survived | None, RESTRICTED]
    city_abroad: Annotated[Survived | None, RESTRICTED]
    occupation_label: Annotated[Survived | None, INTERNAL]
    employer_name: Annotated[Survived | None, RESTRICTED]
    identifiers: Annotated[list[IdentifierView] | None, RESTRICTED] = Field(max_length=10_000)
    source_records: Annotated[list[LinkedRecordView], INTERNAL] = Field(max_length=10_000)
    open_case_ids: Annotated[list[UUID], INTERNAL] = Field(max_length=10_000)


class FoundPersonsView(BaseModel):
    """Whom a search found, at most a page of them."""

    items: Annotated[list[PersonView], PARTNER] = Field(max_length=50)
    is_complete: Annotated[bool, PARTNER]
