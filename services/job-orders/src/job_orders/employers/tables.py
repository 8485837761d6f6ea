"""Employers and their append-only history."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid
from sqlmodel import Field

from job_orders.employers.rules import EmployerStatus, EmployerType
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED_ENCRYPTED, RESTRICTED_HASHED


class Employer(JobOrdersTable, table=True):
    """Contact, address, owner and a householder's name are sealed for `employers.<column>` and the
    id; of a bank account there is a keyed hash alone.
    """

    __tablename__ = "employers"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    code: Annotated[str, PARTNER] = Field(sa_type=Text, unique=True)
    type: Annotated[EmployerType, PARTNER] = Field(sa_type=EnumText(EmployerType))
    name: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    householder_name: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    other_names: Annotated[list[str], PARTNER] = Field(default_factory=list, sa_type=ARRAY(Text))
    owner_name: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    bank_account_hash: Annotated[bytes | None, RESTRICTED_HASHED] = None
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    subdivision: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    mission: Annotated[str, PARTNER] = Field(sa_type=Text)
    sector: Annotated[str, PARTNER] = Field(sa_type=Text)
    registration_number: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    contact_name: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    contact_phone: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    address: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    status: Annotated[EmployerStatus, PARTNER] = Field(sa_type=EnumText(EmployerStatus))
    accreditation_valid_to: Annotated[date | None, PARTNER] = None
    linked_to: Annotated[list[UUID], INTERNAL] = Field(default_factory=list, sa_type=ARRAY(Uuid))
    registered_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    registered_at: Annotated[datetime, PARTNER]
    version: Annotated[int, PARTNER]
    matched_version: Annotated[int | None, INTERNAL] = None


class EmployerHistory(JobOrdersTable, table=True):
    """Who changed what and why. Rows are only ever added."""

    __tablename__ = "employer_history"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    employer_id: Annotated[UUID, PARTNER] = Field(foreign_key="employers.id")
    version: Annotated[int, PARTNER]
    action: Annotated[str, PARTNER] = Field(sa_type=Text)
    from_status: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    to_status: Annotated[str, PARTNER] = Field(sa_type=Text)
    reason: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, PARTNER]
