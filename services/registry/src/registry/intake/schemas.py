"""What systems send, and what they are told of it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.intake.rules import ID_PREFIX, MOST_WARNINGS, OperationState
from registry.intake.tables import Operation
from registry.links.tables import LinkDecision
from registry.matching.match import Outcome, thresholds_of
from registry.sources.rules import SourceSystem
from shared.dates import Instant
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED

RecordKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Envelope(BaseModel):
    """One record of a ministry's system. The envelope is strict; `content` is kept verbatim."""

    model_config = ConfigDict(extra="forbid")

    source_system: Annotated[SourceSystem, PARTNER]
    record_key: Annotated[RecordKey, INTERNAL]
    source_updated_at: Annotated[Instant, INTERNAL]
    content: Annotated[dict[str, Any], RESTRICTED]
    is_withdrawn: Annotated[bool, INTERNAL] = False


class WarningView(BaseModel):
    """Something in the content that was kept but not used."""

    code: Annotated[str, PARTNER] = Field(max_length=64)
    field: Annotated[str, PARTNER] = Field(max_length=64)


class FieldWeightView(BaseModel):
    """How much one field speaks for or against the best candidate."""

    field: Annotated[str, INTERNAL] = Field(max_length=40)
    level: Annotated[str, INTERNAL] = Field(max_length=40)
    weight: Annotated[float, INTERNAL]


class DecisionView(BaseModel):
    """What the matcher said, with the weights that add up to the score and both thresholds."""

    outcome: Annotated[Outcome, INTERNAL]
    score: Annotated[float | None, INTERNAL]
    reasons: Annotated[list[str], INTERNAL] = Field(max_length=40)
    fields: Annotated[list[FieldWeightView], INTERNAL] = Field(max_length=40)
    auto_link_from: Annotated[float, INTERNAL]
    review_from: Annotated[float, INTERNAL]
    model_version: Annotated[str, INTERNAL] = Field(max_length=40)

    @classmethod
    def of(cls, decision: LinkDecision) -> Self:
        best = decision.comparisons[0] if decision.comparisons else {"fields": []}
        auto_link_from, review_from = thresholds_of(decision.model)
        return cls(
            outcome=decision.outcome,
            score=decision.score,
            reasons=decision.reasons,
            fields=[FieldWeightView(**part) for part in best["fields"]],
            auto_link_from=auto_link_from,
            review_from=review_from,
            model_version=decision.model,
        )


class StoredRecordView(Shown):
    """What became of a record: its version, and whom it belongs to."""

    id: Annotated[UUID, PARTNER]
    source_system: Annotated[SourceSystem, PARTNER]
    record_key: Annotated[str, PARTNER] = Field(max_length=64)
    version: Annotated[int, PARTNER] = Field(ge=1)
    is_current: Annotated[bool, PARTNER]
    person_id: Annotated[UUID | None, INTERNAL]
    decision: Annotated[DecisionView | None, INTERNAL]
    warnings: Annotated[list[WarningView], PARTNER] = Field(max_length=MOST_WARNINGS)


class OperationView(Shown):
    """How far a batch has got."""

    id: Annotated[str, PARTNER] = Field(max_length=50)
    kind: Annotated[str, PARTNER] = Field(max_length=40)
    state: Annotated[OperationState, PARTNER]
    source_system: Annotated[SourceSystem, PARTNER]
    lines_received: Annotated[int, PARTNER] = Field(ge=0)
    lines_stored: Annotated[int, PARTNER] = Field(ge=0)
    lines_linked: Annotated[int, PARTNER] = Field(ge=0)
    lines_refused: Annotated[int, PARTNER] = Field(ge=0)
    created_at: Annotated[datetime, PARTNER]
    finished_at: Annotated[datetime | None, PARTNER]

    @classmethod
    def of(cls, operation: Operation, *, lines_linked: int) -> Self:
        told = operation.model_dump(include=set(cls.model_fields) - {"id", "lines_linked"})
        return cls(id=operation_id(operation.id), lines_linked=lines_linked, **told)


def operation_id(identifier: UUID) -> str:
    """An operation's public id begins with its owner, so that the gateway knows whom to ask."""
    return f"{ID_PREFIX}{identifier}"
