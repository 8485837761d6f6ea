"""What cases says: reports, participants, the handling of each case, and who it asks about."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.messages.base import Message
from shared.sensitivity import INTERNAL, Level, Purpose, Sensitive

Code = Annotated[str, Field(max_length=64)]
SEALED = Sensitive(Level.SECRET, frozenset({Purpose.PROTECTION_CASE}))


class IdentificationRequested(Message):
    """Who is this? The only message that carries something sealed.

    `sealed` is a compact JWE (RFC 7516; ECDH-ES+A256KW, A256GCM) to the registry's public key,
    with what the reporter knew. Its topic is kept 30 days.
    """

    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    sealed: Annotated[str, SEALED] = Field(max_length=16_000)
    requested_at: Annotated[datetime, INTERNAL]


class CaseReported(Message):
    """Somebody told of trouble."""

    case_id: Annotated[UUID, INTERNAL]
    category: Annotated[Code, INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    mission: Annotated[Code | None, INTERNAL]
    channel: Annotated[Code, INTERNAL]
    reported_at: Annotated[datetime, INTERNAL]


class CaseParticipantAdded(Message):
    """A person concerned by the case; the person id follows once identified."""

    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    role: Annotated[Code, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL]


class CasePlacementAttached(Message):
    """The placement of a participant was found, with employer, agency and job order behind it."""

    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]


class CasePlacementDetached(Message):
    """An attached placement turned out to be another person's."""

    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]


class CaseTriaged(Message):
    """How bad and how soon, decided by an officer."""

    case_id: Annotated[UUID, INTERNAL]
    category: Annotated[Code, INTERNAL]
    severity: Annotated[Code, INTERNAL]
    priority: Annotated[Literal["P1", "P2", "P3", "P4"], INTERNAL]


class CaseAssigned(Message):
    """An office answers for the case from now on."""

    case_id: Annotated[UUID, INTERNAL]
    mission: Annotated[Code | None, INTERNAL]
    assigned_at: Annotated[datetime, INTERNAL]


class CaseStageChanged(Message):
    """The case moved from one state to another."""

    case_id: Annotated[UUID, INTERNAL]
    from_status: Annotated[Code, INTERNAL]
    to_status: Annotated[Code, INTERNAL]


class CaseClosed(Message):
    """The case ended, with the reason of its closure."""

    case_id: Annotated[UUID, INTERNAL]
    closure_reason: Annotated[Code, INTERNAL]
    closed_at: Annotated[datetime, INTERNAL]


class CaseReopened(Message):
    """A closed case goes on."""

    case_id: Annotated[UUID, INTERNAL]
    reopened_at: Annotated[datetime, INTERNAL]
