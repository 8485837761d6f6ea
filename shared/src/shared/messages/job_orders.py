"""What job-orders says: employers, placement agencies, job orders and their slots."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.messages.base import Message
from shared.sensitivity import INTERNAL, PARTNER, PUBLIC

Code = Annotated[str, Field(max_length=64)]


class EmployerRegistered(Message):
    """An employer abroad entered the register."""

    employer_id: Annotated[UUID, PARTNER]
    employer_code: Annotated[Code, PARTNER]
    employer_type: Annotated[Code, PARTNER]
    country: Annotated[Code, PARTNER]
    mission: Annotated[Code, PARTNER]
    sector: Annotated[Code, PARTNER]
    registered_at: Annotated[datetime, PARTNER]


class EmployerAccredited(Message):
    """A mission verified the employer (UU 18/2017 art. 10); valid to a date."""

    employer_id: Annotated[UUID, PARTNER]
    mission: Annotated[Code, PARTNER]
    valid_to: Annotated[date, PARTNER]
    accredited_at: Annotated[datetime, PARTNER]


class EmployerListed(Message):
    """The employer was put on the list of problematic employers (UU 18/2017 art. 10)."""

    employer_id: Annotated[UUID, PARTNER]
    mission: Annotated[Code, PARTNER]
    reason: Annotated[Code, PARTNER]
    listed_at: Annotated[datetime, PARTNER]


class EmployerDelisted(Message):
    """The employer was taken off the list of problematic employers."""

    employer_id: Annotated[UUID, PARTNER]
    mission: Annotated[Code, PARTNER]
    delisted_at: Annotated[datetime, PARTNER]


class PlacementAgencyLicensed(Message):
    """A placement agency (P3MI) holds a licence (SIP3MI) from one date to another."""

    placement_agency_id: Annotated[UUID, PUBLIC]
    placement_agency_code: Annotated[Code, PUBLIC]
    valid_from: Annotated[date, PUBLIC]
    valid_to: Annotated[date, PUBLIC]


class PlacementAgencySanctioned(Message):
    """A sanction took effect (Permen P2MI 4/2025)."""

    placement_agency_id: Annotated[UUID, PUBLIC]
    sanction: Annotated[Code, PUBLIC]
    effective_on: Annotated[date, PUBLIC]


class PlacementAgencyRestored(Message):
    """A sanction was lifted."""

    placement_agency_id: Annotated[UUID, PUBLIC]
    effective_on: Annotated[date, PUBLIC]


class OrganisationsLinked(Message):
    """An officer found that two employers or agencies are one under two names."""

    review_id: Annotated[UUID, INTERNAL]
    kind: Annotated[Code, INTERNAL]
    older_id: Annotated[UUID, INTERNAL]
    newer_id: Annotated[UUID, INTERNAL]
    mission: Annotated[Code | None, INTERNAL]
    urgency: Annotated[Code, INTERNAL]
    linked_at: Annotated[datetime, INTERNAL]


class OrganisationsUnlinked(Message):
    """That finding was taken back: the two are not known to be one."""

    review_id: Annotated[UUID, INTERNAL]
    kind: Annotated[Code, INTERNAL]
    older_id: Annotated[UUID, INTERNAL]
    newer_id: Annotated[UUID, INTERNAL]
    mission: Annotated[Code | None, INTERNAL]
    unlinked_at: Annotated[datetime, INTERNAL]


class JobOrderSubmitted(Message):
    """A placement agency asked a mission to verify a demand for workers."""

    job_order_id: Annotated[UUID, PARTNER]
    employer_id: Annotated[UUID, PARTNER]
    placement_agency_id: Annotated[UUID, PARTNER]
    mission: Annotated[Code, PARTNER]
    country: Annotated[Code, PARTNER]
    positions_requested: Annotated[int, PARTNER]
    submitted_at: Annotated[datetime, PARTNER]


class JobOrderReturned(Message):
    """The mission sent the order back for correction."""

    job_order_id: Annotated[UUID, PARTNER]
    reasons: Annotated[list[Code], PARTNER]


class JobOrderRejected(Message):
    """The mission or KP2MI refused the order."""

    job_order_id: Annotated[UUID, PARTNER]
    reasons: Annotated[list[Code], PARTNER]


class JobOrderCancelled(Message):
    """The placement agency took the order back."""

    job_order_id: Annotated[UUID, PARTNER]


class EndorsedLine(Message):
    """How many seats of one line the mission endorsed."""

    line_id: Annotated[UUID, PARTNER]
    occupation_code: Annotated[Code, PARTNER]
    positions_endorsed: Annotated[int, PARTNER]


class JobOrderEndorsed(Message):
    """An officer of the mission verified the order, for some or all of its seats."""

    job_order_id: Annotated[UUID, PARTNER]
    mission: Annotated[Code, PARTNER]
    lines: Annotated[list[EndorsedLine], PARTNER]
    endorsed_at: Annotated[datetime, PARTNER]


class JobOrderIssued(Message):
    """KP2MI issued the order; recruitment may begin (SIP2MI)."""

    job_order_id: Annotated[UUID, PUBLIC]
    job_order_number: Annotated[Code, PUBLIC]
    employer_id: Annotated[UUID, PUBLIC]
    placement_agency_id: Annotated[UUID, PUBLIC]
    country: Annotated[Code, PUBLIC]
    valid_to: Annotated[date, PUBLIC]
    issued_at: Annotated[datetime, PUBLIC]


class JobOrderExpired(Message):
    """The order's last day is over; held and filled seats stay, no further one is reserved."""

    job_order_id: Annotated[UUID, PUBLIC]
    expired_at: Annotated[datetime, PUBLIC]


class SlotReserved(Message):
    """A seat is held for a placement until it lapses or is used."""

    job_order_id: Annotated[UUID, INTERNAL]
    line_id: Annotated[UUID, INTERNAL]
    reservation_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]
    expires_at: Annotated[datetime, INTERNAL]


class SlotReleased(Message):
    """A held seat is free again."""

    job_order_id: Annotated[UUID, INTERNAL]
    line_id: Annotated[UUID, INTERNAL]
    reservation_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]
    reason: Annotated[Code, INTERNAL]


class SlotConsumed(Message):
    """The worker departed; the seat is filled for good."""

    job_order_id: Annotated[UUID, INTERNAL]
    line_id: Annotated[UUID, INTERNAL]
    reservation_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]


class SlotRefused(Message):
    """What an event asked of a seat could not be done; a person must look.

    `reservation_id` is null for a departure that names the order and no reservation.
    """

    job_order_id: Annotated[UUID, INTERNAL]
    reservation_id: Annotated[UUID | None, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]
    reason: Annotated[Code, INTERNAL]
