"""Placements with their steps, and the copies of job-orders' facts that steps rest on."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from registry.placements.rules import ReservationState
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PARTNER


class Placement(RegistryTable, table=True):
    """One job abroad. `status` is its latest step; the steps themselves are append-only."""

    __tablename__ = "placements"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    person_id_as_given: Annotated[UUID, INTERNAL]
    source_record_id: Annotated[UUID | None, INTERNAL] = Field(default=None, unique=True)
    scheme: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    status: Annotated[str, PARTNER] = Field(sa_type=Text)
    country: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    subdivision: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    occupation_code: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    placement_agency_code: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    employer_code: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    job_order_number: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    reservation_id: Annotated[UUID | None, PARTNER] = None
    contract_starts_on: Annotated[date | None, PARTNER] = None
    contract_ends_on: Annotated[date | None, PARTNER] = None
    departed_on: Annotated[date | None, PARTNER] = None
    arrived_on: Annotated[date | None, PARTNER] = None
    ended_on: Annotated[date | None, PARTNER] = None
    opened_at: Annotated[datetime, PARTNER]
    version: Annotated[int, PARTNER]


class PlacementStep(RegistryTable, table=True):
    """A step that was taken, by whom and on whose word. Rows are only ever added."""

    __tablename__ = "placement_steps"

    placement_id: Annotated[UUID, PARTNER] = Field(primary_key=True, foreign_key="placements.id")
    number: Annotated[int, PARTNER] = Field(primary_key=True)
    step: Annotated[str, PARTNER] = Field(sa_type=Text)
    completed_on: Annotated[date | None, PARTNER] = None
    reason: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, PARTNER] = Field(sa_type=Text)
    recorded_at: Annotated[datetime, PARTNER]


class SlotReservation(RegistryTable, table=True):
    """Copy of a seat held in job-orders for a placement, and what the registry made of it."""

    __tablename__ = "slot_reservations"

    reservation_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    placement_id: Annotated[UUID, PARTNER]
    job_order_id: Annotated[UUID, PARTNER]
    expires_at: Annotated[datetime, PARTNER]
    state: Annotated[ReservationState, PARTNER] = Field(sa_type=EnumText(ReservationState))


class JobOrderCopy(RegistryTable, table=True):
    """Copy of an issued job order: the number that source systems name it by."""

    __tablename__ = "job_order_copies"

    job_order_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    job_order_number: Annotated[str, PARTNER] = Field(sa_type=Text)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    valid_to: Annotated[date, PARTNER]


class EmployerCopy(RegistryTable, table=True):
    """Copy of an employer's code."""

    __tablename__ = "employer_copies"

    employer_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    employer_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)


class PlacementAgencyCopy(RegistryTable, table=True):
    """Copy of a placement agency's code."""

    __tablename__ = "placement_agency_copies"

    placement_agency_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    placement_agency_code: Annotated[str, PARTNER] = Field(sa_type=Text)
