"""What the registry says: persons, their placements, and who a case is about."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.messages.base import Message
from shared.sensitivity import INTERNAL

Code = Annotated[str, Field(max_length=64)]
SourceSystem = Literal["SISKOP2MI", "PEDULI_WNI", "CASES"]


class PersonRegistered(Message):
    """A human being became known; provisional while only a case speaks of them."""

    person_id: Annotated[UUID, INTERNAL]
    is_provisional: Annotated[bool, INTERNAL]
    registered_at: Annotated[datetime, INTERNAL]


class SourceRecordLinked(Message):
    """A source record was joined to a person."""

    person_id: Annotated[UUID, INTERNAL]
    source_record_id: Annotated[UUID, INTERNAL]
    source_system: Annotated[SourceSystem, INTERNAL]
    decision: Annotated[Code, INTERNAL]
    model_version: Annotated[Code, INTERNAL]


class SourceRecordUnlinked(Message):
    """A source record was taken from a person, by correction or because it was withdrawn."""

    person_id: Annotated[UUID, INTERNAL]
    source_record_id: Annotated[UUID, INTERNAL]
    source_system: Annotated[SourceSystem, INTERNAL]
    reason: Annotated[Code, INTERNAL]


class PersonsMerged(Message):
    """Two persons turned out to be one; the merged id lives on as a redirect."""

    person_id: Annotated[UUID, INTERNAL]
    merged_person_id: Annotated[UUID, INTERNAL]
    reason: Annotated[Code, INTERNAL]
    merged_at: Annotated[datetime, INTERNAL]


class PersonSplit(Message):
    """One person turned out to be two; lists everything that moved to the other."""

    person_id: Annotated[UUID, INTERNAL]
    split_person_id: Annotated[UUID, INTERNAL]
    source_record_ids: Annotated[list[UUID], INTERNAL]
    placement_ids: Annotated[list[UUID], INTERNAL]
    case_ids: Annotated[list[UUID], INTERNAL]
    split_at: Annotated[datetime, INTERNAL]


class PresenceChanged(Message):
    """Where a person is taken to be, as of now; no country when no longer abroad."""

    person_id: Annotated[UUID, INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    district: Annotated[Code | None, INTERNAL]
    category: Annotated[Code | None, INTERNAL]
    source_cell: Annotated[Code | None, INTERNAL]
    since_on: Annotated[date | None, INTERNAL]


class PlacementOpened(Message):
    """One job abroad became known, from a source record or by request."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    scheme: Annotated[Code | None, INTERNAL]
    status: Annotated[Code, INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    occupation_code: Annotated[Code | None, INTERNAL]
    placement_agency_code: Annotated[Code | None, INTERNAL]
    employer_code: Annotated[Code | None, INTERNAL]
    job_order_number: Annotated[Code | None, INTERNAL]
    contract_ends_on: Annotated[date | None, INTERNAL]
    opened_at: Annotated[datetime, INTERNAL]
    departed_on: Annotated[date | None, INTERNAL] = None
    arrived_on: Annotated[date | None, INTERNAL] = None


class PlacementStepCompleted(Message):
    """A step of the journey was done."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    step: Annotated[Code, INTERNAL]
    completed_on: Annotated[date, INTERNAL]
    reservation_id: Annotated[UUID | None, INTERNAL] = None


class PlacementAmended(Message):
    """The system that told of a placement now says something else, or more, of it: what it is now.
    Steps that were done anew are told beside it, before.
    """

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    scheme: Annotated[Code | None, INTERNAL]
    status: Annotated[Code, INTERNAL]
    phase: Annotated[Literal["OPEN", "DEPARTED", "ENDED", "WITHDRAWN"], INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    occupation_code: Annotated[Code | None, INTERNAL]
    placement_agency_code: Annotated[Code | None, INTERNAL]
    employer_code: Annotated[Code | None, INTERNAL]
    job_order_number: Annotated[Code | None, INTERNAL]
    contract_ends_on: Annotated[date | None, INTERNAL]
    departed_on: Annotated[date | None, INTERNAL]
    arrived_on: Annotated[date | None, INTERNAL]
    ended_on: Annotated[date | None, INTERNAL]


class PlacementRefused(Message):
    """A step that another service's event asked for could not be taken; a person must look."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    step: Annotated[Code, INTERNAL]
    reason: Annotated[Code, INTERNAL]


class PlacementReservationLapsed(Message):
    """The seat held for a placement was not used in time; job-orders frees it on this."""

    placement_id: Annotated[UUID, INTERNAL]
    reservation_id: Annotated[UUID, INTERNAL]
    job_order_id: Annotated[UUID, INTERNAL]
    lapsed_at: Annotated[datetime, INTERNAL]


class PlacementDeparted(Message):
    """The worker left Indonesia for this job."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    departed_on: Annotated[date, INTERNAL]
    job_order_id: Annotated[UUID | None, INTERNAL] = None
    reservation_id: Annotated[UUID | None, INTERNAL] = None


class PlacementArrived(Message):
    """The worker arrived in the country of work."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    country: Annotated[Code | None, INTERNAL]
    arrived_on: Annotated[date, INTERNAL]


class PlacementEnded(Message):
    """The job abroad is over: returned, deported, died, or ended otherwise."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    ended_on: Annotated[date, INTERNAL]
    reason: Annotated[Code, INTERNAL]


class PlacementWithdrawn(Message):
    """The job will not come about: the candidate withdrew, or the source took the record back."""

    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID, INTERNAL]
    reason: Annotated[Code, INTERNAL]
    reservation_id: Annotated[UUID | None, INTERNAL] = None


class IdentificationResolved(Message):
    """Who the registry takes a case's participant to be; said again when that changes."""

    case_id: Annotated[UUID, INTERNAL]
    participant_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL]
    outcome: Annotated[Literal["RESOLVED", "PROVISIONAL", "REVIEW"], INTERNAL]
    resolved_at: Annotated[datetime, INTERNAL]


__all__ = [
    "IdentificationResolved",
    "PersonRegistered",
    "PersonSplit",
    "PersonsMerged",
    "PlacementAmended",
    "PlacementArrived",
    "PlacementDeparted",
    "PlacementEnded",
    "PlacementOpened",
    "PlacementRefused",
    "PlacementReservationLapsed",
    "PlacementStepCompleted",
    "PlacementWithdrawn",
    "PresenceChanged",
    "SourceRecordLinked",
    "SourceRecordUnlinked",
]
