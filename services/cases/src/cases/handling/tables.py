"""Cases, the persons concerned, and the append-only timeline."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from cases.clocks.rules import Priority
from cases.handling.reference.categories import CaseCategory
from cases.handling.reference.closures import ClosureReason
from cases.handling.reference.states import CaseAction, CaseStatus
from cases.handling.rules import (
    Audience,
    Channel,
    Identification,
    ParticipantRole,
    Severity,
    SuspensionReason,
)
from cases.tables import CasesTable
from shared.db import EnumText
from shared.sensitivity import (
    INTERNAL,
    RESTRICTED,
    RESTRICTED_ENCRYPTED,
    RESTRICTED_HASHED,
)


class Case(CasesTable, table=True):
    """Sealed columns are bound to `cases.<column>` and the id. The mission answers for the case;
    `is_secret` is raised by category or minors and never lowered.
    """

    __tablename__ = "cases"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    case_number: Annotated[str, INTERNAL] = Field(sa_type=Text, unique=True)
    tracking_index: Annotated[bytes, RESTRICTED_HASHED] = Field(unique=True)
    category: Annotated[CaseCategory, INTERNAL] = Field(sa_type=EnumText(CaseCategory))
    is_secret: Annotated[bool, INTERNAL]
    status: Annotated[CaseStatus, INTERNAL] = Field(sa_type=EnumText(CaseStatus))
    status_since: Annotated[datetime, INTERNAL]
    suspension_reason: Annotated[SuspensionReason | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(SuspensionReason)
    )
    severity: Annotated[Severity | None, INTERNAL] = Field(default=None, sa_type=EnumText(Severity))
    priority: Annotated[Priority | None, INTERNAL] = Field(default=None, sa_type=EnumText(Priority))
    due_at: Annotated[datetime | None, INTERNAL] = None
    mission: Annotated[str, INTERNAL] = Field(sa_type=Text)
    officer: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    country: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    subdivision: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    channel: Annotated[Channel, INTERNAL] = Field(sa_type=EnumText(Channel))
    external_reference: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    place: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    description: Annotated[bytes, RESTRICTED_ENCRYPTED]
    reporter_name: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    reporter_phone: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    safe_contact: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    reported_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    reported_at: Annotated[datetime, INTERNAL]
    closure_reason: Annotated[ClosureReason | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(ClosureReason)
    )
    closed_at: Annotated[datetime | None, INTERNAL] = None
    version: Annotated[int, INTERNAL]


class Participant(CasesTable, table=True):
    """Somebody concerned by a case. What the reporter said of them is sealed for
    `participants.reported_identity` and the id, and lies nowhere else.
    """

    __tablename__ = "participants"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    case_id: Annotated[UUID, INTERNAL] = Field(foreign_key="cases.id")
    role: Annotated[ParticipantRole, INTERNAL] = Field(sa_type=EnumText(ParticipantRole))
    identification: Annotated[Identification, INTERNAL] = Field(sa_type=EnumText(Identification))
    reported_identity: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    is_minor: Annotated[bool, RESTRICTED] = False
    person_id: Annotated[UUID | None, INTERNAL] = None
    person_id_as_given: Annotated[UUID | None, INTERNAL] = None
    placement_id: Annotated[UUID | None, INTERNAL] = None
    reported_on: Annotated[date, INTERNAL]
    added_at: Annotated[datetime, INTERNAL]


class TimelineEntry(CasesTable, table=True):
    """What was done to a case, by whom and why. Rows are only ever added; the text is sealed for
    `timeline_entries.text` and the id.
    """

    __tablename__ = "timeline_entries"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    case_id: Annotated[UUID, INTERNAL] = Field(foreign_key="cases.id")
    action: Annotated[CaseAction, INTERNAL] = Field(sa_type=EnumText(CaseAction))
    audience: Annotated[Audience, INTERNAL] = Field(sa_type=EnumText(Audience))
    from_status: Annotated[CaseStatus | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(CaseStatus)
    )
    to_status: Annotated[CaseStatus | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(CaseStatus)
    )
    reason: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    text: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    participant_id: Annotated[UUID | None, INTERNAL] = None
    placement_id: Annotated[UUID | None, INTERNAL] = None
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, INTERNAL]
