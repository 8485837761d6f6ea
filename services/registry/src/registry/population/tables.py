"""Evidence, timelines, and the ledger with its monthly sums."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from registry.population.rules import DiscrepancyKind
from registry.population.timeline import Cause, Movement, SourceCell
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL


class PersonEvidence(RegistryTable, table=True):
    """The signs and exits that one record, placement or confirmation gives of its person."""

    __tablename__ = "person_evidence"

    origin_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    is_from_case: Annotated[bool, INTERNAL]
    facts: Annotated[dict[str, Any], INTERNAL] = Field(sa_type=JSONB)


class PersonTimeline(RegistryTable, table=True):
    """Where a person counts: the runs of days behind the ledger, and the cell of today."""

    __tablename__ = "person_timelines"

    person_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    stays: Annotated[list[Any], INTERNAL] = Field(sa_type=JSONB)
    country: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    district: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    category: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    source_cell: Annotated[SourceCell | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(SourceCell)
    )
    since_on: Annotated[date | None, INTERNAL] = None
    next_change_on: Annotated[date | None, INTERNAL] = None


class LedgerPosting(RegistryTable, table=True):
    """One more or one less in a cell from a date on. Only `known_at` is ever filled in later."""

    __tablename__ = "ledger_postings"

    id: Annotated[int | None, INTERNAL] = Field(
        default=None, sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),)
    )
    person_id: Annotated[UUID, INTERNAL]
    valid_on: Annotated[date, INTERNAL]
    country: Annotated[str, INTERNAL] = Field(sa_type=Text)
    district: Annotated[str, INTERNAL] = Field(sa_type=Text)
    category: Annotated[str, INTERNAL] = Field(sa_type=Text)
    source_cell: Annotated[SourceCell, INTERNAL] = Field(sa_type=EnumText(SourceCell))
    delta: Annotated[int, INTERNAL] = Field(sa_type=SmallInteger)
    movement: Annotated[Movement, INTERNAL] = Field(sa_type=EnumText(Movement))
    cause: Annotated[Cause, INTERNAL] = Field(sa_type=EnumText(Cause))
    known_at: Annotated[datetime | None, INTERNAL] = None


class PopulationSum(RegistryTable, table=True):
    """All postings of one month of validity that became known in one month, by cell."""

    __tablename__ = "population_sums"

    valid_month: Annotated[date, INTERNAL] = Field(primary_key=True)
    known_month: Annotated[date, INTERNAL] = Field(primary_key=True)
    country: Annotated[str, INTERNAL] = Field(sa_type=Text, primary_key=True)
    district: Annotated[str, INTERNAL] = Field(sa_type=Text, primary_key=True)
    category: Annotated[str, INTERNAL] = Field(sa_type=Text, primary_key=True)
    source_cell: Annotated[SourceCell, INTERNAL] = Field(
        sa_type=EnumText(SourceCell), primary_key=True
    )
    delta: Annotated[int, INTERNAL] = Field(sa_type=BigInteger)


class PopulationCut(RegistryTable, table=True):
    """The last stamp of knowledge: every answer is as of this instant or an earlier one."""

    __tablename__ = "population_cut"

    id: Annotated[int, INTERNAL] = Field(sa_type=SmallInteger, primary_key=True)
    known_at: Annotated[datetime, INTERNAL]


class Discrepancy(RegistryTable, table=True):
    """A recount found another number than the ledger: where, and what each says. Append-only."""

    __tablename__ = "discrepancies"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    kind: Annotated[DiscrepancyKind, INTERNAL] = Field(sa_type=EnumText(DiscrepancyKind))
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    counted: Annotated[int, INTERNAL]
    recounted: Annotated[int, INTERNAL]
    found_at: Annotated[datetime, INTERNAL]
