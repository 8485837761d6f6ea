"""Copies of the registry's placements and persons, and of the names that job-orders gave."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from cases.tables import CasesTable
from shared.sensitivity import INTERNAL, PARTNER, PUBLIC


class PersonCopy(CasesTable, table=True):
    """A person id that was heard of: the row that everything about this person locks first, and
    the redirect of an id that was merged into another.
    """

    __tablename__ = "person_copies"

    person_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    survivor_id: Annotated[UUID | None, INTERNAL] = None
    told_at: Annotated[datetime | None, INTERNAL] = None


class PlacementCopy(CasesTable, table=True):
    """One job abroad. Without `opened_at` only its person is known yet, from a split."""

    __tablename__ = "placement_copies"

    placement_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    person_id_as_given: Annotated[UUID, INTERNAL]
    person_told_at: Annotated[datetime, INTERNAL]
    status: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    scheme: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    country: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    occupation_code: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    placement_agency_code: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    employer_code: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    job_order_number: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    opened_at: Annotated[datetime | None, INTERNAL] = None
    departed_on: Annotated[date | None, INTERNAL] = None
    arrived_on: Annotated[date | None, INTERNAL] = None
    ended_on: Annotated[date | None, INTERNAL] = None
    is_withdrawn: Annotated[bool, INTERNAL] = False


class EmployerCopy(CasesTable, table=True):
    """The code by which source systems name an employer."""

    __tablename__ = "employer_copies"

    employer_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    employer_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    mission: Annotated[str, PARTNER] = Field(sa_type=Text)


class PlacementAgencyCopy(CasesTable, table=True):
    """The code by which source systems name a placement agency."""

    __tablename__ = "placement_agency_copies"

    placement_agency_id: Annotated[UUID, PUBLIC] = Field(primary_key=True)
    placement_agency_code: Annotated[str, PUBLIC] = Field(sa_type=Text)


class JobOrderCopy(CasesTable, table=True):
    """The number by which source systems name an issued job order."""

    __tablename__ = "job_order_copies"

    job_order_id: Annotated[UUID, PUBLIC] = Field(primary_key=True)
    job_order_number: Annotated[str, PUBLIC] = Field(sa_type=Text)
    employer_id: Annotated[UUID, PUBLIC]
    placement_agency_id: Annotated[UUID, PUBLIC]
