"""What callers send and get about reviews."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.links.rules import AgreementKind, ReviewState
from registry.links.tables import LinkReview
from registry.sources.rules import SourceSystem
from shared.policy import Shown
from shared.sensitivity import INTERNAL, RESTRICTED


class ReviewAnswer(BaseModel):
    """The candidate whose record it is; null when it is none of theirs."""

    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[UUID | None, INTERNAL]


class ReviewView(Shown):
    """A record that an officer must look at, and whose it may be."""

    id: Annotated[UUID, INTERNAL]
    source_record_id: Annotated[UUID, INTERNAL]
    candidate_person_ids: Annotated[list[UUID], INTERNAL] = Field(max_length=1000)
    reasons: Annotated[list[str], INTERNAL] = Field(max_length=40)
    owner: Annotated[str, INTERNAL] = Field(max_length=10)
    state: Annotated[ReviewState, INTERNAL]
    urgency: Annotated[int, INTERNAL] = Field(
        ge=0,
        description="1000 where somebody in an open protection case is concerned, plus the number "
        "of counted presences that the answer SAME takes away.",
    )
    opened_at: Annotated[datetime, INTERNAL]
    closed_at: Annotated[datetime | None, INTERNAL]
    closed_by: Annotated[str | None, INTERNAL] = Field(max_length=200)

    @classmethod
    def of(cls, review: LinkReview) -> Self:
        return cls(**review.model_dump(exclude={"repeat_of"}))


class ComparedValue(BaseModel):
    """What one candidate's records say of a field; null where either side is silent."""

    person_id: Annotated[UUID, INTERNAL]
    values: Annotated[list[Annotated[str, Field(max_length=1000)]], INTERNAL] = Field(
        max_length=1000
    )
    is_different: Annotated[bool | None, INTERNAL]


class ComparedField(BaseModel):
    """One field of the record beside the same of each candidate."""

    field: Annotated[str, INTERNAL] = Field(max_length=64)
    record_value: Annotated[str | None, INTERNAL] = Field(max_length=1000)
    candidates: Annotated[list[ComparedValue], INTERNAL] = Field(max_length=1000)


class ReviewDetail(ReviewView):
    """A review with both sides of it. Numbers and contacts are for those who keep the links."""

    source_system: Annotated[SourceSystem, INTERNAL]
    fields: Annotated[list[ComparedField], INTERNAL] = Field(max_length=100)
    restricted_fields: Annotated[list[ComparedField] | None, RESTRICTED] = Field(max_length=100)
    comparisons: Annotated[list[dict[str, Any]], INTERNAL] = Field(max_length=40)


class Agreement(BaseModel):
    """How often two officers gave the same answer to one question."""

    kind: Annotated[AgreementKind, INTERNAL]
    pairs: Annotated[int, INTERNAL] = Field(ge=0)
    agreed: Annotated[int, INTERNAL] = Field(ge=0)
    share_low: Annotated[float, INTERNAL] = Field(
        ge=0, le=1, description="Lower end of the 95 % interval of the share."
    )
    share_high: Annotated[float, INTERNAL] = Field(ge=0, le=1)


class AgreementView(Shown):
    """Second looks and blind repeats; a kind without pairs has an interval from 0 to 1."""

    items: Annotated[list[Agreement], INTERNAL] = Field(max_length=2)
