"""What officers send and get about models."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.matching.served_model import Served
from registry.population.timeline import SourceCell
from registry.rematching.rules import (
    AdoptedKind,
    AdoptedState,
    AdoptionState,
    Change,
    Failure,
    RehearsalState,
)
from registry.rematching.tables import Adoption, Rehearsal
from shared.policy import Shown
from shared.sensitivity import INTERNAL

Label = Annotated[str, Field(min_length=1, max_length=40)]


class LinkModelView(Shown):
    """A signed model that lies ready, and whether decisions are taken by it."""

    label: Annotated[Label, INTERNAL]
    sha256: Annotated[str, INTERNAL] = Field(max_length=64)
    is_in_use: Annotated[bool, INTERNAL]
    auto_link_from: Annotated[float, INTERNAL]
    review_from: Annotated[float, INTERNAL]

    @classmethod
    def of(cls, served: Served, *, is_in_use: bool) -> Self:
        return cls(
            label=served.label,
            sha256=served.model.id,
            is_in_use=is_in_use,
            auto_link_from=served.link_from,
            review_from=served.review_from,
        )


class LinkModelsView(BaseModel):
    """All models that lie ready."""

    items: Annotated[list[LinkModelView], INTERNAL] = Field(max_length=1000)


class NewRehearsal(BaseModel):
    """The model to rehearse, by its label."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[Label, INTERNAL]


class ChangeCount(BaseModel):
    """How many records one kind of change would meet, and the first of them."""

    change: Annotated[Change, INTERNAL]
    records: Annotated[int, INTERNAL] = Field(ge=0)
    records_with_stakes: Annotated[int, INTERNAL] = Field(
        ge=0, description="Where a live placement, an open case or a held seat hangs on a person."
    )
    sample_record_ids: Annotated[list[UUID], INTERNAL] = Field(max_length=20)


class CountEffect(BaseModel):
    """By how much a cell of the count of today would differ if all changes came true."""

    country: Annotated[str, INTERNAL] = Field(max_length=40)
    source_cell: Annotated[SourceCell, INTERNAL]
    difference: Annotated[int, INTERNAL]


class RehearsalResult(BaseModel):
    """What would change, once every record has been looked at."""

    changes: Annotated[list[ChangeCount], INTERNAL] = Field(max_length=10)
    effect: Annotated[list[CountEffect], INTERNAL] = Field(max_length=1000)


class RehearsalView(Shown):
    """How far a rehearsal has got, and at its end what the model would change."""

    id: Annotated[UUID, INTERNAL]
    model: Annotated[Label, INTERNAL]
    model_in_use: Annotated[Label, INTERNAL]
    state: Annotated[RehearsalState, INTERNAL]
    failed_because: Annotated[Failure | None, INTERNAL]
    records_total: Annotated[int | None, INTERNAL] = Field(
        ge=0, description="Linked records when the walk began; null before."
    )
    records_seen: Annotated[int, INTERNAL] = Field(ge=0)
    records_of_officers: Annotated[int, INTERNAL] = Field(
        ge=0, description="Records whose link an officer made: no model decides on them."
    )
    asked_by: Annotated[str, INTERNAL] = Field(max_length=200)
    asked_at: Annotated[datetime, INTERNAL]
    finished_at: Annotated[datetime | None, INTERNAL]
    result: Annotated[RehearsalResult | None, INTERNAL]

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> Self:
        return cls.model_validate(rehearsal.model_dump(exclude={"walked_to", "organisation"}))


class NewAdoption(BaseModel):
    """The rehearsal whose model shall decide, and why."""

    model_config = ConfigDict(extra="forbid")

    rehearsal_id: Annotated[UUID, INTERNAL]
    reason: Annotated[str, INTERNAL] = Field(min_length=1, max_length=500)


class NewWithdrawal(BaseModel):
    """Why a model shall no longer decide."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, INTERNAL] = Field(min_length=1, max_length=500)


class AdoptedCount(BaseModel):
    """How many records an adoption changed so, and what became of the changes."""

    kind: Annotated[AdoptedKind, INTERNAL]
    state: Annotated[AdoptedState, INTERNAL]
    records: Annotated[int, INTERNAL] = Field(ge=0)


class AdoptionView(Shown):
    """A model put to use: who asked, who confirmed, how far its effect has got."""

    id: Annotated[UUID, INTERNAL]
    rehearsal_id: Annotated[UUID, INTERNAL]
    model: Annotated[Label, INTERNAL]
    model_before: Annotated[Label, INTERNAL]
    state: Annotated[AdoptionState, INTERNAL]
    reason: Annotated[str, INTERNAL] = Field(max_length=500)
    asked_by: Annotated[str, INTERNAL] = Field(max_length=200)
    asked_at: Annotated[datetime, INTERNAL]
    confirmed_by: Annotated[str | None, INTERNAL] = Field(max_length=200)
    confirmed_at: Annotated[datetime | None, INTERNAL]
    withdrawn_by: Annotated[str | None, INTERNAL] = Field(max_length=200)
    withdrawal_reason: Annotated[str | None, INTERNAL] = Field(max_length=500)
    withdrawn_at: Annotated[datetime | None, INTERNAL]
    records_total: Annotated[int | None, INTERNAL] = Field(
        ge=0, description="Linked records when the walk began; null before."
    )
    records_seen: Annotated[int, INTERNAL] = Field(ge=0)
    changes: Annotated[list[AdoptedCount], INTERNAL] = Field(max_length=10)
    finished_at: Annotated[datetime | None, INTERNAL]

    @classmethod
    def of(cls, adoption: Adoption, counted: Iterable[Any] = ()) -> Self:
        told = adoption.model_dump(exclude={"walked_to", "organisation"})
        return cls.model_validate(told | {"changes": [dict(one) for one in counted]})
