"""What callers send and get about cases, participants and timelines."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cases.clocks.rules import Light, Priority, light
from cases.handling.reference.categories import CaseCategory
from cases.handling.reference.closures import CLOSURE_MEANINGS, ClosureReason
from cases.handling.reference.states import CaseAction, CaseStatus
from cases.handling.rules import (
    MOST_PARTICIPANTS,
    Audience,
    Channel,
    Identification,
    ParticipantRole,
    Severity,
    SuspensionReason,
)
from cases.handling.tables import Case, Participant, TimelineEntry
from cases.placements.queries import Background
from shared import clock
from shared.dates import EARLIEST
from shared.policy import Shown
from shared.privacy import Keyring
from shared.sensitivity import INTERNAL, RESTRICTED

MissionCode = Annotated[str, Field(pattern=r"^[A-Z]{2,5}(-[A-Z]+)+$", max_length=40)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["MY"])]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ReportedIdentity(Body):
    """What the reporter knew of somebody. A malformed number is taken as it was told."""

    nik: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=32)
    passport_number: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=32)
    full_name: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=200)
    birth_date: Annotated[date | None, RESTRICTED] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(self.told().values()):
            raise ValueError("no identifier given")
        return self

    def told(self) -> dict[str, str]:
        """What was said, without what was not."""
        told: dict[str, str] = self.model_dump(mode="json", exclude_none=True)
        return told


class ParticipantEntry(Body):
    """Somebody concerned: by the registry's id, by what is known of them, or by role alone."""

    role: Annotated[ParticipantRole, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL] = None
    identifiers: Annotated[ReportedIdentity | None, RESTRICTED] = None
    is_minor: Annotated[bool | None, RESTRICTED] = Field(
        default=None, description="Taken from the birth date where that is given."
    )

    @model_validator(mode="after")
    def _is_named_one_way(self) -> Self:
        if self.person_id is not None and self.identifiers is not None:
            raise ValueError("both person_id and identifiers given")
        return self

    @model_validator(mode="after")
    def _has_been_born(self) -> Self:
        born_on = self.identifiers.birth_date if self.identifiers else None
        if born_on is not None and not EARLIEST <= born_on <= clock.today():
            raise PydanticCustomError("birth_date_impossible", "No living person was born then")
        return self


class CaseTriage(Body):
    """How bad and how soon. A lower priority than before needs a reason."""

    severity: Annotated[Severity, INTERNAL]
    priority: Annotated[Priority, INTERNAL]
    category: Annotated[CaseCategory, INTERNAL]
    reason: Annotated[Words | None, RESTRICTED] = None


class CaseAssignment(Body):
    """Who takes the case up; another mission only by Kemlu's protection desk."""

    officer: Annotated[str | None, INTERNAL] = Field(default=None, min_length=1, max_length=100)
    mission: Annotated[MissionCode | None, INTERNAL] = None

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.officer is None and self.mission is None:
            raise ValueError("neither officer nor mission given")
        return self


class CaseStage(Body):
    """Move a case to IN_HANDLING, SUSPENDED or RESOLVED."""

    to_status: Annotated[CaseStatus, INTERNAL]
    suspension_reason: Annotated[SuspensionReason | None, INTERNAL] = None


class CaseClosure(Body):
    """End a case. Some reasons hold only after a period, counted from a day that you name."""

    closure_reason: Annotated[ClosureReason, INTERNAL] = Field(
        description=" ".join(f"{reason}: {text}" for reason, text in CLOSURE_MEANINGS.items())
    )
    counted_from: Annotated[date | None, INTERNAL] = Field(
        default=None, description="When data were asked, the last contact was, or they were told."
    )


class CaseReopening(Body):
    """Why a closed case goes on."""

    reason: Annotated[Words, RESTRICTED]


class NewTimelineEntry(Body):
    """A line for the timeline: for the handling offices alone, or for both ministries."""

    audience: Annotated[Audience, INTERNAL]
    text: Annotated[Words, RESTRICTED]


class CaseSummary(Shown):
    """A case as lists show it: no narrative, nobody's name."""

    id: Annotated[UUID, INTERNAL]
    case_number: Annotated[str, INTERNAL] = Field(max_length=64)
    category: Annotated[CaseCategory, INTERNAL]
    is_secret: Annotated[bool, INTERNAL]
    status: Annotated[CaseStatus, INTERNAL]
    status_since: Annotated[datetime, INTERNAL]
    suspension_reason: Annotated[SuspensionReason | None, INTERNAL]
    severity: Annotated[Severity | None, INTERNAL]
    priority: Annotated[Priority | None, INTERNAL]
    due_at: Annotated[datetime | None, INTERNAL]
    light: Annotated[Light | None, INTERNAL]
    mission: Annotated[str, INTERNAL] = Field(max_length=40)
    officer: Annotated[str | None, INTERNAL] = Field(max_length=100)
    country: Annotated[str | None, INTERNAL] = Field(max_length=2)
    subdivision: Annotated[str | None, INTERNAL] = Field(max_length=24)
    channel: Annotated[Channel, INTERNAL]
    external_reference: Annotated[str | None, INTERNAL] = Field(max_length=64)
    reported_at: Annotated[datetime, INTERNAL]
    closure_reason: Annotated[ClosureReason | None, INTERNAL]
    closed_at: Annotated[datetime | None, INTERNAL]
    version: Annotated[int, INTERNAL] = Field(ge=1)

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(**_plain(case))


class PlacementOfParticipant(BaseModel):
    """The job abroad behind a participant, with the records of who stands behind that job."""

    placement_id: Annotated[UUID, INTERNAL]
    status: Annotated[str | None, INTERNAL] = Field(max_length=64)
    scheme: Annotated[str | None, INTERNAL] = Field(max_length=64)
    country: Annotated[str | None, INTERNAL] = Field(max_length=64)
    occupation_code: Annotated[str | None, INTERNAL] = Field(max_length=64)
    employer_id: Annotated[UUID | None, INTERNAL]
    employer_code: Annotated[str | None, INTERNAL] = Field(max_length=64)
    placement_agency_id: Annotated[UUID | None, INTERNAL]
    placement_agency_code: Annotated[str | None, INTERNAL] = Field(max_length=64)
    job_order_id: Annotated[UUID | None, INTERNAL]
    job_order_number: Annotated[str | None, INTERNAL] = Field(max_length=64)
    departed_on: Annotated[date | None, INTERNAL]
    ended_on: Annotated[date | None, INTERNAL]

    @classmethod
    def of(cls, background: Background) -> Self:
        placement = background.placement
        copied = cls.model_fields.keys() & type(placement).model_fields.keys()
        return cls(
            **{name: getattr(placement, name) for name in copied},
            employer_id=background.employer_id,
            placement_agency_id=background.placement_agency_id,
            job_order_id=background.job_order_id,
        )


class ParticipantView(Shown):
    """Somebody concerned by a case; the placement is attached as soon as both are known."""

    id: Annotated[UUID, INTERNAL]
    role: Annotated[ParticipantRole, INTERNAL]
    identification: Annotated[Identification, INTERNAL]
    reported_identity: Annotated[ReportedIdentity | None, RESTRICTED]
    is_minor: Annotated[bool | None, RESTRICTED] = Field(description="Known to be under age.")
    person_id: Annotated[UUID | None, INTERNAL]
    person_id_as_given: Annotated[UUID | None, INTERNAL]
    placement_id: Annotated[UUID | None, INTERNAL]
    placement: Annotated[PlacementOfParticipant | None, INTERNAL]
    added_at: Annotated[datetime, INTERNAL]

    @classmethod
    def of(cls, participant: Participant, background: Background | None, keyring: Keyring) -> Self:
        told = keyring.open_text(
            "participants.reported_identity", participant.id, participant.reported_identity
        )
        plain = participant.model_dump(exclude={"case_id", "reported_on", "reported_identity"})
        return cls(
            **plain,
            reported_identity=ReportedIdentity.model_validate_json(told) if told else None,
            placement=PlacementOfParticipant.of(background) if background else None,
        )


class CaseView(CaseSummary):
    """A case with what was told and who is concerned."""

    place: Annotated[str | None, RESTRICTED] = Field(max_length=300)
    description: Annotated[str, RESTRICTED] = Field(max_length=20_000)
    reporter_name: Annotated[str | None, RESTRICTED] = Field(max_length=200)
    reporter_phone: Annotated[str | None, RESTRICTED] = Field(max_length=24)
    safe_contact: Annotated[str | None, RESTRICTED] = Field(max_length=500)
    participants: Annotated[list[ParticipantView], INTERNAL] = Field(max_length=MOST_PARTICIPANTS)

    @classmethod
    def opened(cls, case: Case, participants: list[ParticipantView], keyring: Keyring) -> Self:
        sealed = {
            column: keyring.open_text(f"cases.{column}", case.id, getattr(case, column))
            for column in SEALED
        }
        return cls(**_plain(case), **sealed, participants=participants)


SEALED = ("place", "description", "reporter_name", "reporter_phone", "safe_contact")
"""The columns of a case that only its keyring opens."""


class TimelineEntryView(Shown):
    """One line of a timeline."""

    id: Annotated[UUID, INTERNAL]
    action: Annotated[CaseAction, INTERNAL]
    audience: Annotated[Audience, INTERNAL]
    from_status: Annotated[CaseStatus | None, INTERNAL]
    to_status: Annotated[CaseStatus | None, INTERNAL]
    reason: Annotated[str | None, INTERNAL] = Field(max_length=64)
    text: Annotated[str | None, RESTRICTED] = Field(max_length=20_000)
    participant_id: Annotated[UUID | None, INTERNAL]
    placement_id: Annotated[UUID | None, INTERNAL]
    subject: Annotated[str | None, INTERNAL] = Field(max_length=100)
    organisation: Annotated[str | None, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[datetime, INTERNAL]

    @classmethod
    def of(cls, entry: TimelineEntry, keyring: Keyring) -> Self:
        text = keyring.open_text("timeline_entries.text", entry.id, entry.text)
        return cls(**entry.model_dump(exclude={"case_id", "text"}), text=text)


def _plain(case: Case) -> dict[str, object]:
    hidden = {*SEALED, "tracking_index", "reported_by"}
    shown = light(case.status_since, case.due_at, at=clock.now()) if case.due_at else None
    return case.model_dump(exclude=hidden) | {"light": shown}
