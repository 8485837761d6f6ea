"""Candidate keys, reviews of two organisations, and the append-only history of reviews."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Double, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from job_orders.organisations.matching.features import KeyKind
from job_orders.organisations.rules import (
    Decision,
    OrganisationKind,
    OrganisationReviewState,
    ReviewAction,
    Urgency,
)
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, RESTRICTED_HASHED


class OrganisationKey(JobOrdersTable, table=True):
    """What an organisation would have in common with itself under another name, as a keyed hash."""

    __tablename__ = "organisation_keys"

    key_hash: Annotated[bytes, RESTRICTED_HASHED] = Field(primary_key=True)
    organisation_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    kind: Annotated[KeyKind, INTERNAL] = Field(sa_type=EnumText(KeyKind))
    beside: Annotated[bytes | None, RESTRICTED_HASHED] = None


class OrganisationReview(JobOrdersTable, table=True):
    """Two organisations that may be one. `lines` are the waterfall: levels and bits, no values.

    Which is the older may change with what is known; the pair in the order of ids is one for ever.
    """

    __tablename__ = "organisation_reviews"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    kind: Annotated[OrganisationKind, INTERNAL] = Field(sa_type=EnumText(OrganisationKind))
    older_id: Annotated[UUID, INTERNAL]
    newer_id: Annotated[UUID, INTERNAL]
    lower_id: Annotated[UUID, INTERNAL]
    higher_id: Annotated[UUID, INTERNAL]
    mission: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    state: Annotated[OrganisationReviewState, INTERNAL] = Field(
        sa_type=EnumText(OrganisationReviewState)
    )
    urgency: Annotated[Urgency, INTERNAL] = Field(sa_type=EnumText(Urgency))
    urgency_rank: Annotated[int, INTERNAL]
    score: Annotated[float, INTERNAL] = Field(sa_type=Double)
    lines: Annotated[list[Any], INTERNAL] = Field(sa_type=JSONB)
    reasons: Annotated[list[str], INTERNAL] = Field(sa_type=ARRAY(Text))
    model: Annotated[str, INTERNAL] = Field(sa_type=Text)
    opened_at: Annotated[datetime, INTERNAL]
    found_at: Annotated[datetime, INTERNAL]
    decided_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    decided_at: Annotated[datetime | None, INTERNAL] = None
    version: Annotated[int, INTERNAL]


class OrganisationReviewHistory(JobOrdersTable, table=True):
    """Who opened, decided or took back what, and on which evidence. Rows are only ever added."""

    __tablename__ = "organisation_review_history"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    review_id: Annotated[UUID, INTERNAL] = Field(foreign_key="organisation_reviews.id")
    version: Annotated[int, INTERNAL]
    action: Annotated[ReviewAction, INTERNAL] = Field(sa_type=EnumText(ReviewAction))
    from_state: Annotated[OrganisationReviewState | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(OrganisationReviewState)
    )
    to_state: Annotated[OrganisationReviewState, INTERNAL] = Field(
        sa_type=EnumText(OrganisationReviewState)
    )
    decision: Annotated[Decision | None, INTERNAL] = Field(default=None, sa_type=EnumText(Decision))
    reason: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    score: Annotated[float, INTERNAL] = Field(sa_type=Double)
    lines: Annotated[list[Any], INTERNAL] = Field(sa_type=JSONB)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, INTERNAL]
