"""What callers send and get about decisions, merges and splits."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.links.rules import LinkAction
from registry.links.tables import LinkDecision
from registry.matching.match import Outcome
from shared.sensitivity import INTERNAL


class NewMerge(BaseModel):
    """The person who turned out to be the same, and why: a code, no narrative."""

    model_config = ConfigDict(extra="forbid")

    merged_person_id: Annotated[UUID, INTERNAL]
    reason: Annotated[str, INTERNAL] = Field(pattern=r"^[A-Z_]{3,40}$", examples=["SAME_FACE"])


class NewSplit(BaseModel):
    """The records that belong to somebody else."""

    model_config = ConfigDict(extra="forbid")

    source_record_ids: Annotated[list[UUID], INTERNAL] = Field(min_length=1, max_length=1000)


class MergeView(BaseModel):
    """Whom everything belongs to after a merge."""

    person_id: Annotated[UUID, INTERNAL]
    merged_person_id: Annotated[UUID, INTERNAL]
    version: Annotated[int, INTERNAL] = Field(ge=1)


class SplitView(BaseModel):
    """The person who was split, and the one to whom the records belong now."""

    person_id: Annotated[UUID, INTERNAL]
    split_person_id: Annotated[UUID, INTERNAL]


class DecisionEntry(BaseModel):
    """One decision on a record: every candidate with the weights that add up to its score."""

    id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    action: Annotated[LinkAction, INTERNAL]
    outcome: Annotated[Outcome, INTERNAL]
    score: Annotated[float | None, INTERNAL]
    reasons: Annotated[list[str], INTERNAL] = Field(max_length=40)
    comparisons: Annotated[list[dict[str, Any]], INTERNAL] = Field(max_length=40)
    model: Annotated[str, INTERNAL] = Field(max_length=40)
    decided_by: Annotated[str, INTERNAL] = Field(max_length=200)
    decided_at: Annotated[datetime, INTERNAL]

    @classmethod
    def of(cls, decision: LinkDecision) -> Self:
        return cls(**decision.model_dump(exclude={"source_record_id"}))


class DecisionsView(BaseModel):
    """All decisions on a record, the first one first."""

    items: Annotated[list[DecisionEntry], INTERNAL] = Field(max_length=10_000)
