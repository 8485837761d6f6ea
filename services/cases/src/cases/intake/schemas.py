"""What a reporter sends, and gets."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cases.handling.reference.categories import CaseCategory
from cases.handling.reference.states import CaseStatus
from cases.handling.rules import MOST_PARTICIPANTS, Channel, Identification, ParticipantRole
from cases.handling.schemas import Body, Country, MissionCode, ParticipantEntry
from cases.handling.tables import Case, Participant
from shared.sensitivity import INTERNAL, PUBLIC, RESTRICTED


class Reporter(Body):
    """Who told us. Both may stay unknown."""

    name: Annotated[str | None, RESTRICTED] = Field(default=None, min_length=1, max_length=200)
    phone: Annotated[str | None, RESTRICTED] = Field(
        default=None, pattern=r"^\+?[0-9 ()\-]{6,24}$", examples=["+62 811-5550-199"]
    )


class CaseReport(Body):
    """Trouble, as it was told. Mission or country is needed, so that somebody answers for it."""

    category: Annotated[CaseCategory, INTERNAL]
    channel: Annotated[Channel, INTERNAL]
    description: Annotated[str, RESTRICTED] = Field(min_length=1, max_length=20_000)
    country: Annotated[Country | None, INTERNAL] = None
    subdivision: Annotated[str | None, INTERNAL] = Field(
        default=None, pattern=r"^[A-Z]{2}-[A-Z0-9\-]{1,20}$", examples=["MY-01"]
    )
    place: Annotated[str | None, RESTRICTED] = Field(
        default=None, max_length=300, description="Where exactly, in words."
    )
    mission: Annotated[MissionCode | None, INTERNAL] = Field(
        default=None, description="Left out, the mission that is competent for the place."
    )
    reporter: Annotated[Reporter | None, RESTRICTED] = None
    safe_contact: Annotated[str | None, RESTRICTED] = Field(
        default=None,
        max_length=500,
        description="How to reach the person unseen: time, channel, code word.",
    )
    external_reference: Annotated[str | None, INTERNAL] = Field(
        default=None,
        pattern=r"^[A-Za-z0-9./_\-]{1,64}$",
        description="Number of this report in the system that sent it.",
    )
    participants: Annotated[list[ParticipantEntry], INTERNAL] = Field(
        default=[], max_length=MOST_PARTICIPANTS
    )


class ReportedParticipant(BaseModel):
    """The id under which somebody now stands in the case, in the order of the report."""

    id: Annotated[UUID, INTERNAL]
    role: Annotated[ParticipantRole, INTERNAL]
    identification: Annotated[Identification, INTERNAL]


class CaseReceipt(BaseModel):
    """The receipt of a report. The tracking code is shown here and never again."""

    id: Annotated[UUID, INTERNAL]
    case_number: Annotated[str, INTERNAL] = Field(max_length=64)
    tracking_code: Annotated[str, PUBLIC] = Field(max_length=40)
    status: Annotated[CaseStatus, INTERNAL]
    mission: Annotated[str, INTERNAL] = Field(max_length=40)
    reported_at: Annotated[datetime, INTERNAL]
    participants: Annotated[list[ReportedParticipant], INTERNAL] = Field(
        max_length=MOST_PARTICIPANTS
    )

    @classmethod
    def of(cls, case: Case, participants: list[Participant], tracking_code: str) -> Self:
        return cls(
            id=case.id,
            case_number=case.case_number,
            tracking_code=tracking_code,
            status=case.status,
            mission=case.mission,
            reported_at=case.reported_at,
            participants=[
                ReportedParticipant(id=p.id, role=p.role, identification=p.identification)
                for p in participants
            ],
        )
