"""Decisions, reviews and merges: append-only but for the closing of a review or a merge."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Double, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from registry.links.rules import LinkAction, ReviewState
from registry.matching.match import Outcome
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL


class LinkDecision(RegistryTable, table=True):
    """Why a record stands with a person: the weights of each candidate, or an officer's word."""

    __tablename__ = "link_decisions"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    source_record_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    action: Annotated[LinkAction, INTERNAL] = Field(sa_type=EnumText(LinkAction))
    outcome: Annotated[Outcome, INTERNAL] = Field(sa_type=EnumText(Outcome))
    score: Annotated[float | None, INTERNAL] = Field(default=None, sa_type=Double)
    reasons: Annotated[list[str], INTERNAL] = Field(sa_type=ARRAY(Text))
    comparisons: Annotated[list[Any], INTERNAL] = Field(sa_type=JSONB)
    model: Annotated[str, INTERNAL] = Field(sa_type=Text)
    decided_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    decided_at: Annotated[datetime, INTERNAL]


class LinkReview(RegistryTable, table=True):
    """A record that an officer must look at, and which persons it may belong to."""

    __tablename__ = "link_reviews"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    source_record_id: Annotated[UUID, INTERNAL]
    candidate_person_ids: Annotated[list[UUID], INTERNAL] = Field(sa_type=ARRAY(Uuid))
    reasons: Annotated[list[str], INTERNAL] = Field(sa_type=ARRAY(Text))
    owner: Annotated[str, INTERNAL] = Field(sa_type=Text)
    state: Annotated[ReviewState, INTERNAL] = Field(sa_type=EnumText(ReviewState))
    urgency: Annotated[int, INTERNAL] = 0
    repeat_of: Annotated[UUID | None, INTERNAL] = None
    opened_at: Annotated[datetime, INTERNAL]
    closed_at: Annotated[datetime | None, INTERNAL] = None
    closed_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)


class ReviewOpinion(RegistryTable, table=True):
    """What one officer answered to a review: whose record it is, or nobody's. Append-only."""

    __tablename__ = "review_opinions"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    review_id: Annotated[UUID, INTERNAL] = Field(foreign_key="link_reviews.id")
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    person_id: Annotated[UUID | None, INTERNAL] = None
    given_at: Annotated[datetime, INTERNAL]


class ToldApart(RegistryTable, table=True):
    """Records of which an officer said, by a split or by an answer, that they are of other people
    than some others. Append-only; whoever merges them later has the last word.
    """

    __tablename__ = "told_apart"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    source_record_ids: Annotated[list[UUID], INTERNAL] = Field(sa_type=ARRAY(Uuid))
    other_record_ids: Annotated[list[UUID], INTERNAL] = Field(sa_type=ARRAY(Uuid))
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    told_at: Annotated[datetime, INTERNAL]


class PersonMerge(RegistryTable, table=True):
    """Two persons became one: what came from the merged one, so that a split can undo it."""

    __tablename__ = "person_merges"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    merged_person_id: Annotated[UUID, INTERNAL]
    reason: Annotated[str, INTERNAL] = Field(sa_type=Text)
    moved: Annotated[dict[str, Any], INTERNAL] = Field(sa_type=JSONB)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    merged_at: Annotated[datetime, INTERNAL]
    split_at: Annotated[datetime | None, INTERNAL] = None


class LinkModelInUse(RegistryTable, table=True):
    """The model that was adopted; without a row the one of the settings decides."""

    __tablename__ = "link_model_in_use"

    id: Annotated[int, INTERNAL] = Field(primary_key=True)
    label: Annotated[str, INTERNAL] = Field(sa_type=Text)


class Identification(RegistryTable, table=True):
    """Whom the registry last told a case its participant is."""

    __tablename__ = "identifications"

    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL] = None
    outcome: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
