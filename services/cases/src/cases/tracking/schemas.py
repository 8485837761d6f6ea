"""What whoever holds a tracking code sends and gets."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from cases.handling.reference.states import CaseStatus
from cases.handling.tables import Case
from cases.tracking.rules import NEXT_STEPS, STATUS_WORDS
from shared.errors import Text
from shared.reference import Mission
from shared.sensitivity import PUBLIC


class TrackingSearch(BaseModel):
    """A code as it was shown, or as it was copied: groups and small letters do not matter."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    tracking_code: Annotated[str, PUBLIC] = Field(min_length=1, max_length=64)


class Wording(BaseModel):
    """One sentence in Indonesian and in English."""

    id: Annotated[str, PUBLIC] = Field(max_length=200)
    en: Annotated[str, PUBLIC] = Field(max_length=200)

    @classmethod
    def of(cls, text: Text) -> Self:
        return cls(id=text.id, en=text.en)


class Office(BaseModel):
    """The mission that answers for the case."""

    code: Annotated[str, PUBLIC] = Field(max_length=40)
    name: Annotated[Wording, PUBLIC]


class Tracking(BaseModel):
    """Where a case stands; nothing about the person, the trouble or the place."""

    status: Annotated[CaseStatus, PUBLIC]
    status_text: Annotated[Wording, PUBLIC]
    next_step: Annotated[Wording, PUBLIC]
    due_at: Annotated[datetime | None, PUBLIC] = Field(
        description="By when the office takes the next step; null when none is awaited."
    )
    responsible_office: Annotated[Office, PUBLIC]
    updated_at: Annotated[datetime, PUBLIC]

    @classmethod
    def of(cls, case: Case, mission: Mission) -> Self:
        name = Wording(id=mission.name_id, en=mission.name_en)
        return cls(
            status=case.status,
            status_text=Wording.of(STATUS_WORDS[case.status]),
            next_step=Wording.of(NEXT_STEPS[case.status]),
            due_at=case.due_at,
            responsible_office=Office(code=mission.code, name=name),
            updated_at=case.status_since,
        )
