"""What callers send and get about placements."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.placements.rules import Due
from registry.placements.tables import Placement, PlacementStep
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PARTNER

Code = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/\-]*$")
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["MY"])]


class NewPlacement(BaseModel):
    """A job abroad that a person is registered for."""

    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[UUID, INTERNAL]
    scheme: Annotated[Code, PARTNER] = Field(examples=["P_TO_P"])
    country: Annotated[Country, PARTNER]
    subdivision: Annotated[str | None, PARTNER] = Field(
        default=None, pattern=r"^[A-Z]{2}-[A-Z0-9\-]{1,20}$"
    )
    occupation_code: Annotated[str, PARTNER] = Field(pattern=r"^[0-9]{4}$", examples=["9111"])
    placement_agency_code: Annotated[Code, PARTNER]
    employer_code: Annotated[Code | None, PARTNER] = None
    job_order_number: Annotated[Code | None, PARTNER] = None


class StepCompletion(BaseModel):
    """A step that was completed, with the facts that some steps need."""

    model_config = ConfigDict(extra="forbid")

    step: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z_]{3,40}$", examples=["SELECTED"])
    completed_on: Annotated[date, PARTNER]
    reservation_id: Annotated[UUID | None, PARTNER] = None
    contract_starts_on: Annotated[date | None, PARTNER] = None
    contract_ends_on: Annotated[date | None, PARTNER] = None


class Withdrawal(BaseModel):
    """Why a candidate withdraws: a code, no narrative."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z_]{3,40}$", examples=["FAMILY"])


class DueStep(BaseModel):
    """An open step with its last day."""

    step: Annotated[str, PARTNER] = Field(max_length=40)
    due_on: Annotated[date, PARTNER]
    source: Annotated[str, PARTNER] = Field(max_length=200)

    @classmethod
    def of(cls, due: Due) -> Self:
        return cls(step=due.step, due_on=due.due_on, source=due.source)


class PlacementView(Shown):
    """A placement as the caller may see it, with what may follow."""

    id: Annotated[UUID, PARTNER]
    person_id: Annotated[UUID, PARTNER]
    source_record_id: Annotated[UUID | None, INTERNAL]
    scheme: Annotated[str | None, PARTNER] = Field(max_length=64)
    status: Annotated[str, PARTNER] = Field(max_length=64)
    country: Annotated[str | None, PARTNER] = Field(max_length=64)
    subdivision: Annotated[str | None, PARTNER] = Field(max_length=64)
    occupation_code: Annotated[str | None, PARTNER] = Field(max_length=64)
    placement_agency_code: Annotated[str | None, PARTNER] = Field(max_length=64)
    employer_code: Annotated[str | None, PARTNER] = Field(max_length=64)
    job_order_number: Annotated[str | None, PARTNER] = Field(max_length=64)
    job_order_id: Annotated[UUID | None, PARTNER] = Field(
        description="The issued order behind the number; null while it is not known here."
    )
    reservation_id: Annotated[UUID | None, PARTNER]
    contract_starts_on: Annotated[date | None, PARTNER]
    contract_ends_on: Annotated[date | None, PARTNER]
    departed_on: Annotated[date | None, PARTNER]
    arrived_on: Annotated[date | None, PARTNER]
    ended_on: Annotated[date | None, PARTNER]
    opened_at: Annotated[datetime, PARTNER]
    version: Annotated[int, PARTNER] = Field(ge=1)
    allowed_steps: Annotated[list[str], PARTNER] = Field(max_length=40)
    due_steps: Annotated[list[DueStep], PARTNER] = Field(max_length=40)

    @classmethod
    def of(
        cls,
        placement: Placement,
        *,
        job_order_id: UUID | None,
        allowed_steps: list[str],
        dues: list[Due],
    ) -> Self:
        return cls(
            **placement.model_dump(exclude={"person_id_as_given"}),
            job_order_id=job_order_id,
            allowed_steps=allowed_steps,
            due_steps=[DueStep.of(due) for due in dues],
        )


class PlacementsView(BaseModel):
    """All placements of a person, the first one first."""

    items: Annotated[list[PlacementView], PARTNER] = Field(max_length=1000)


class PlacementStepView(Shown):
    """One step of a journey: when it was completed, when and by whom it was recorded."""

    number: Annotated[int, PARTNER] = Field(ge=1)
    step: Annotated[str, PARTNER] = Field(max_length=64)
    completed_on: Annotated[date | None, PARTNER]
    reason: Annotated[str | None, PARTNER] = Field(max_length=64)
    subject: Annotated[str | None, INTERNAL] = Field(max_length=200)
    organisation: Annotated[str, PARTNER] = Field(max_length=200)
    recorded_at: Annotated[datetime, PARTNER]

    @classmethod
    def of(cls, step: PlacementStep) -> Self:
        return cls(**step.model_dump(exclude={"placement_id"}))


class PlacementHistoryView(BaseModel):
    """Every step of a placement in the order of recording."""

    items: Annotated[list[PlacementStepView], PARTNER] = Field(max_length=10_000)
