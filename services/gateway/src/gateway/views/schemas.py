"""What a combined view shows, and how it says that a part is missing."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.upstream.routes import Service
from shared.sensitivity import PARTNER, PUBLIC, RESTRICTED

Found = dict[str, Any]


class OverviewPart(StrEnum):
    PERSON = "PERSON"
    PRESENCE = "PRESENCE"
    PLACEMENTS = "PLACEMENTS"
    CASES = "CASES"
    JOB_ORDERS = "JOB_ORDERS"


class MissingReason(StrEnum):
    """FORBIDDEN is the service's decision on this caller; the others pass, or are mended."""

    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    SERVICE_UNREACHABLE = "SERVICE_UNREACHABLE"
    SERVICE_BUSY = "SERVICE_BUSY"
    SERVICE_TOO_SLOW = "SERVICE_TOO_SLOW"
    SERVICE_FAILED = "SERVICE_FAILED"
    DEPENDS_ON_MISSING = "DEPENDS_ON_MISSING"


class MissingPart(BaseModel):
    """A part that could not be had; its absence says nothing about the person."""

    part: Annotated[OverviewPart, PUBLIC]
    service: Annotated[Service, PUBLIC]
    reason: Annotated[MissingReason, PUBLIC]
    code: Annotated[str | None, PUBLIC] = Field(
        default=None, max_length=80, description="Code of the service's problem, if it gave one."
    )


class PersonOverview(BaseModel):
    """A person across the services. Each part is what its service shows to this caller.

    A part is null where it is missing, and then stands in `missing` with the reason.
    """

    person_id: Annotated[UUID, PARTNER] = Field(description="The id that lives on after merges.")
    person_id_as_given: Annotated[UUID, PARTNER]
    person: Annotated[Found | None, RESTRICTED] = Field(
        description="As `GET /v1/persons/{person_id}`."
    )
    presence: Annotated[Found | None, RESTRICTED] = Field(
        description="As `GET /v1/persons/{person_id}/presence`."
    )
    placements: Annotated[Found | None, RESTRICTED] = Field(
        description="The first page of `GET /v1/persons/{person_id}/placements`."
    )
    cases: Annotated[Found | None, RESTRICTED] = Field(
        description="The first page of `GET /v1/persons/{person_id}/cases`."
    )
    job_orders: Annotated[list[Found] | None, PARTNER] = Field(
        max_length=10, description="The job orders of those placements, the first ten."
    )
    missing: Annotated[list[MissingPart], PUBLIC] = Field(max_length=20)
