"""What callers send and get about presence."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.population.timeline import Movement, Source, SourceCell
from registry.presence.rules import PresenceKind
from shared.dates import Day
from shared.policy import Shown
from shared.sensitivity import INTERNAL


class NewPresenceReport(BaseModel):
    """An officer saw or heard of a person on a day."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[PresenceKind, INTERNAL] = PresenceKind.SEEN
    country: Annotated[str, INTERNAL] = Field(pattern=r"^[A-Z]{2}$", examples=["MY"])
    seen_on: Annotated[Day, INTERNAL]
    mission: Annotated[str | None, INTERNAL] = Field(
        default=None, max_length=40, description="The officer's own unless given."
    )
    category: Annotated[str | None, INTERNAL] = Field(default=None, pattern=r"^[A-Z_]{1,40}$")


class StayView(BaseModel):
    """A run of days in one place, with what began and what ended it."""

    country: Annotated[str, INTERNAL] = Field(max_length=64)
    district: Annotated[str, INTERNAL] = Field(max_length=64)
    category: Annotated[str, INTERNAL] = Field(max_length=64)
    source_cell: Annotated[SourceCell, INTERNAL]
    starts_on: Annotated[date, INTERNAL]
    ends_on: Annotated[date, INTERNAL]
    begins_by: Annotated[Movement, INTERNAL]
    ends_by: Annotated[Movement, INTERNAL]


class SignView(BaseModel):
    """One source's word that a person was somewhere, and until when it is believed."""

    origin_id: Annotated[UUID, INTERNAL]
    source: Annotated[Source, INTERNAL]
    seen_on: Annotated[date, INTERNAL]
    live_until: Annotated[date, INTERNAL]
    country: Annotated[str, INTERNAL] = Field(max_length=64)
    district: Annotated[str, INTERNAL] = Field(max_length=64)


class PresenceView(Shown):
    """Where a person is taken to be today, since when, and who says so."""

    person_id: Annotated[UUID, INTERNAL]
    as_of: Annotated[date, INTERNAL]
    is_abroad: Annotated[bool, INTERNAL]
    current: Annotated[StayView | None, INTERNAL]
    stays: Annotated[list[StayView], INTERNAL] = Field(max_length=1000)
    signs: Annotated[list[SignView], INTERNAL] = Field(max_length=1000)
    definition_id: Annotated[str, INTERNAL] = Field(max_length=40)
