"""What callers send and get about reviews of organisations."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from job_orders.organisations.rules import (
    Decision,
    OrganisationKind,
    OrganisationReviewState,
    ReviewAction,
    Urgency,
)
from job_orders.organisations.tables import OrganisationReview, OrganisationReviewHistory
from shared.policy import Shown
from shared.sensitivity import INTERNAL, RESTRICTED

ReasonCode = Annotated[str, Field(pattern=r"^[A-Z_]{3,40}$", examples=["SAME_DEED_OF_OWNERSHIP"])]
Told = Annotated[str, Field(max_length=500)]


class ReviewDecision(BaseModel):
    """Whether the two are one organisation. UNSURE leaves the question open for somebody else."""

    model_config = ConfigDict(extra="forbid")

    decision: Annotated[Decision, INTERNAL]
    reason: Annotated[ReasonCode | None, INTERNAL] = None


class ReviewReversal(BaseModel):
    """Why a decision is taken back: a code, no narrative."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[ReasonCode, INTERNAL]


class WeightLine(BaseModel):
    """One line of the waterfall; all lines of a review add up to its score."""

    field: Annotated[str, INTERNAL] = Field(max_length=40)
    level: Annotated[str, INTERNAL] = Field(max_length=40)
    weight: Annotated[float, INTERNAL] = Field(description="Bits; below zero speaks against.")


class OrganisationReviewView(Shown):
    """Two organisations that may be one under two names, and why."""

    id: Annotated[UUID, INTERNAL]
    kind: Annotated[OrganisationKind, INTERNAL]
    older_id: Annotated[UUID, INTERNAL]
    newer_id: Annotated[UUID, INTERNAL]
    mission: Annotated[str | None, INTERNAL] = Field(
        max_length=40, description="Who decides beside KP2MI; null for agencies, which KP2MI has."
    )
    state: Annotated[OrganisationReviewState, INTERNAL]
    urgency: Annotated[Urgency, INTERNAL]
    score: Annotated[float, INTERNAL] = Field(
        description="Bits of evidence for one organisation: 0 is as likely as not."
    )
    reasons: Annotated[list[str], INTERNAL] = Field(max_length=40)
    opened_at: Annotated[datetime, INTERNAL]
    found_at: Annotated[datetime, INTERNAL]
    decided_by: Annotated[str | None, INTERNAL] = Field(max_length=200)
    decided_at: Annotated[datetime | None, INTERNAL]
    version: Annotated[int, INTERNAL] = Field(ge=1)

    @classmethod
    def of(cls, review: OrganisationReview) -> Self:
        return cls(
            **review.model_dump(exclude={"lines", "model", "urgency_rank", "lower_id", "higher_id"})
        )


class ComparedSides(BaseModel):
    """One thing that both say, or one of them does."""

    field: Annotated[str, INTERNAL] = Field(max_length=40)
    older: Annotated[list[Told], INTERNAL] = Field(max_length=40)
    newer: Annotated[list[Told], INTERNAL] = Field(max_length=40)
    level: Annotated[str | None, INTERNAL] = Field(
        max_length=40, description="How far they agree as compared now; null where not compared."
    )


class OrganisationReviewHistoryEntry(BaseModel):
    """What became of a review, and on which evidence."""

    version: Annotated[int, INTERNAL] = Field(ge=1)
    action: Annotated[ReviewAction, INTERNAL]
    from_state: Annotated[OrganisationReviewState | None, INTERNAL]
    to_state: Annotated[OrganisationReviewState, INTERNAL]
    decision: Annotated[Decision | None, INTERNAL]
    reason: Annotated[str | None, INTERNAL] = Field(max_length=40)
    score: Annotated[float, INTERNAL]
    subject: Annotated[str, INTERNAL] = Field(max_length=200)
    organisation: Annotated[str, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[datetime, INTERNAL]

    @classmethod
    def of(cls, entry: OrganisationReviewHistory) -> Self:
        return cls(**entry.model_dump(exclude={"id", "review_id", "lines"}))


class OrganisationReviewDetail(OrganisationReviewView):
    """A review with both sides. Owners, numbers and addresses are for those who decide."""

    model: Annotated[str, INTERNAL] = Field(max_length=40)
    lines: Annotated[list[WeightLine], INTERNAL] = Field(max_length=20)
    older_began_on: Annotated[date, INTERNAL]
    newer_began_on: Annotated[date, INTERNAL]
    older_trouble_on: Annotated[date | None, INTERNAL]
    newer_trouble_on: Annotated[date | None, INTERNAL]
    fields: Annotated[list[ComparedSides], INTERNAL] = Field(max_length=20)
    restricted_fields: Annotated[list[ComparedSides] | None, RESTRICTED] = Field(max_length=20)
    history: Annotated[list[OrganisationReviewHistoryEntry], INTERNAL] = Field(max_length=10_000)
