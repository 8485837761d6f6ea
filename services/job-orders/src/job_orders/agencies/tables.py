"""Placement agencies, and the append-only history that their standing is read from."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid
from sqlmodel import Field

from job_orders.agencies.rules import AgencyAction, Sanction
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PUBLIC, RESTRICTED_ENCRYPTED, RESTRICTED_HASHED


class PlacementAgency(JobOrdersTable, table=True):
    """A P3MI with the licence that was recorded last.

    Owner, phone and address are sealed for `placement_agencies.<column>` and the id; of a bank
    account there is a keyed hash alone.
    """

    __tablename__ = "placement_agencies"

    id: Annotated[UUID, PUBLIC] = Field(primary_key=True)
    code: Annotated[str, PUBLIC] = Field(sa_type=Text, unique=True)
    name: Annotated[str, PUBLIC] = Field(sa_type=Text)
    city: Annotated[str | None, PUBLIC] = Field(default=None, sa_type=Text)
    sip3mi_number: Annotated[str, PUBLIC] = Field(sa_type=Text, unique=True)
    licence_valid_from: Annotated[date, PUBLIC]
    licence_valid_to: Annotated[date, PUBLIC]
    other_names: Annotated[list[str], PUBLIC] = Field(default_factory=list, sa_type=ARRAY(Text))
    owner_name: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    phone: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    address: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    bank_account_hash: Annotated[bytes | None, RESTRICTED_HASHED] = None
    linked_to: Annotated[list[UUID], INTERNAL] = Field(default_factory=list, sa_type=ARRAY(Uuid))
    registered_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    registered_at: Annotated[datetime, PUBLIC]
    version: Annotated[int, PUBLIC]
    matched_version: Annotated[int | None, INTERNAL] = None


class PlacementAgencyHistory(JobOrdersTable, table=True):
    """A licence, a sanction or its lifting: what took effect when, and who recorded it when."""

    __tablename__ = "placement_agency_history"

    id: Annotated[UUID, PUBLIC] = Field(primary_key=True)
    placement_agency_id: Annotated[UUID, PUBLIC] = Field(foreign_key="placement_agencies.id")
    version: Annotated[int, PUBLIC]
    action: Annotated[AgencyAction, PUBLIC] = Field(sa_type=EnumText(AgencyAction))
    effective_on: Annotated[date, PUBLIC]
    sip3mi_number: Annotated[str | None, PUBLIC] = Field(default=None, sa_type=Text)
    valid_to: Annotated[date | None, PUBLIC] = None
    sanction: Annotated[Sanction | None, PUBLIC] = Field(default=None, sa_type=EnumText(Sanction))
    countries: Annotated[list[str], PUBLIC] = Field(default_factory=list, sa_type=ARRAY(Text))
    ground: Annotated[str | None, PUBLIC] = Field(default=None, sa_type=Text)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, PUBLIC]
