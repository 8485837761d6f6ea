"""Rehearsals and adoptions of models, with the records whose decisions differ. Ids alone."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from registry.rematching.rules import (
    AdoptedKind,
    AdoptedState,
    AdoptionState,
    Change,
    Failure,
    RehearsalState,
)
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL


class Rehearsal(RegistryTable, table=True):
    """One walk over all linked records. It goes on, after a kill, behind `walked_to`."""

    __tablename__ = "link_model_rehearsals"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    model: Annotated[str, INTERNAL] = Field(sa_type=Text)
    model_in_use: Annotated[str, INTERNAL] = Field(sa_type=Text)
    state: Annotated[RehearsalState, INTERNAL] = Field(sa_type=EnumText(RehearsalState))
    failed_because: Annotated[Failure | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(Failure)
    )
    records_total: Annotated[int | None, INTERNAL] = None
    records_seen: Annotated[int, INTERNAL] = 0
    records_of_officers: Annotated[int, INTERNAL] = 0
    walked_to: Annotated[UUID | None, INTERNAL] = None
    result: Annotated[dict[str, Any] | None, INTERNAL] = Field(default=None, sa_type=JSONB)
    asked_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    asked_at: Annotated[datetime, INTERNAL]
    finished_at: Annotated[datetime | None, INTERNAL] = None


class RehearsedChange(RegistryTable, table=True):
    """A record whose decision would change, whom it stands with, and whom it would join."""

    __tablename__ = "rehearsed_changes"

    rehearsal_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    change: Annotated[Change, INTERNAL] = Field(sa_type=EnumText(Change))
    person_id: Annotated[UUID, INTERNAL]
    joined_person_id: Annotated[UUID | None, INTERNAL] = None
    is_alone: Annotated[bool, INTERNAL]
    has_stakes: Annotated[bool, INTERNAL]


class Adoption(RegistryTable, table=True):
    """A model put to use by two officers, and its walk over all linked records."""

    __tablename__ = "link_model_adoptions"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    rehearsal_id: Annotated[UUID, INTERNAL] = Field(foreign_key="link_model_rehearsals.id")
    model: Annotated[str, INTERNAL] = Field(sa_type=Text)
    model_before: Annotated[str, INTERNAL] = Field(sa_type=Text)
    state: Annotated[AdoptionState, INTERNAL] = Field(sa_type=EnumText(AdoptionState))
    reason: Annotated[str, INTERNAL] = Field(sa_type=Text)
    asked_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    asked_at: Annotated[datetime, INTERNAL]
    confirmed_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    confirmed_at: Annotated[datetime | None, INTERNAL] = None
    withdrawn_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    withdrawal_reason: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    withdrawn_at: Annotated[datetime | None, INTERNAL] = None
    records_total: Annotated[int | None, INTERNAL] = None
    records_seen: Annotated[int, INTERNAL] = 0
    walked_to: Annotated[UUID | None, INTERNAL] = None
    finished_at: Annotated[datetime | None, INTERNAL] = None


class AdoptedChange(RegistryTable, table=True):
    """What an adoption did with one record, so that a withdrawal can take it back."""

    __tablename__ = "adopted_changes"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    adoption_id: Annotated[UUID, INTERNAL]
    source_record_id: Annotated[UUID, INTERNAL]
    kind: Annotated[AdoptedKind, INTERNAL] = Field(sa_type=EnumText(AdoptedKind))
    state: Annotated[AdoptedState, INTERNAL] = Field(sa_type=EnumText(AdoptedState))
    merge_id: Annotated[UUID | None, INTERNAL] = None
    opened_review_id: Annotated[UUID | None, INTERNAL] = None
    closed_review_ids: Annotated[list[UUID], INTERNAL] = Field(sa_type=ARRAY(Uuid))
