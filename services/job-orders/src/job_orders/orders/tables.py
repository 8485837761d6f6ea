"""Job orders, their lines, and their append-only history."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from job_orders.orders.rules import JobOrderAction, JobOrderStatus, WagePeriod
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PARTNER


class JobOrder(JobOrdersTable, table=True):
    """A demand for workers. It has a number from the day on which KP2MI issues it."""

    __tablename__ = "job_orders"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    job_order_number: Annotated[str | None, PARTNER] = Field(
        default=None, sa_type=Text, unique=True
    )
    sip2mi_number: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    employer_id: Annotated[UUID, PARTNER] = Field(foreign_key="employers.id")
    employer_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    placement_agency_id: Annotated[UUID, PARTNER] = Field(foreign_key="placement_agencies.id")
    placement_agency_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    partner_agency_code: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    mission: Annotated[str, PARTNER] = Field(sa_type=Text)
    demand_letter_number: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    host_permit_number: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    host_permit_positions: Annotated[int | None, PARTNER] = None
    host_permit_valid_to: Annotated[date | None, PARTNER] = None
    host_permit_id: Annotated[UUID | None, PARTNER] = Field(
        default=None, foreign_key="host_permits.id"
    )
    status: Annotated[JobOrderStatus, PARTNER] = Field(sa_type=EnumText(JobOrderStatus))
    positions_requested: Annotated[int, PARTNER]
    positions_endorsed: Annotated[int | None, PARTNER] = None
    terms_digest: Annotated[str, PARTNER] = Field(sa_type=Text)
    valid_to: Annotated[date | None, PARTNER] = None
    created_at: Annotated[datetime, PARTNER]
    submitted_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    submitted_at: Annotated[datetime | None, PARTNER] = None
    endorsed_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    endorsed_at: Annotated[datetime | None, PARTNER] = None
    issued_by: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    issued_at: Annotated[datetime | None, PARTNER] = None
    version: Annotated[int, PARTNER]


class JobOrderLine(JobOrdersTable, table=True):
    """One position of an order. Wages are whole minor units of their currency."""

    __tablename__ = "job_order_lines"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    job_order_id: Annotated[UUID, PARTNER] = Field(foreign_key="job_orders.id")
    line_number: Annotated[int, PARTNER]
    occupation_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    sector: Annotated[str, PARTNER] = Field(sa_type=Text)
    subdivision: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    positions_requested: Annotated[int, PARTNER]
    positions_endorsed: Annotated[int | None, PARTNER] = None
    wage_minor: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    wage_currency: Annotated[str, PARTNER] = Field(sa_type=Text)
    wage_period: Annotated[WagePeriod, PARTNER] = Field(sa_type=EnumText(WagePeriod))
    contract_months: Annotated[int, PARTNER]
    minimum_age: Annotated[int, PARTNER]
    hours_per_week: Annotated[int | None, PARTNER] = None
    is_housing_provided: Annotated[bool | None, PARTNER] = None
    is_food_provided: Annotated[bool | None, PARTNER] = None


class JobOrderHistory(JobOrdersTable, table=True):
    """Who moved an order, from and to which status, and why. Rows are only ever added.

    `terms` holds what was asked, wherever that was new; `terms_digest` what was decided upon.
    """

    __tablename__ = "job_order_history"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    job_order_id: Annotated[UUID, PARTNER] = Field(foreign_key="job_orders.id")
    version: Annotated[int, PARTNER]
    action: Annotated[JobOrderAction, PARTNER] = Field(sa_type=EnumText(JobOrderAction))
    from_status: Annotated[JobOrderStatus | None, PARTNER] = Field(
        default=None, sa_type=EnumText(JobOrderStatus)
    )
    to_status: Annotated[JobOrderStatus, PARTNER] = Field(sa_type=EnumText(JobOrderStatus))
    reasons: Annotated[list[str], PARTNER] = Field(default_factory=list, sa_type=ARRAY(Text))
    terms_digest: Annotated[str, PARTNER] = Field(sa_type=Text)
    terms: Annotated[dict[str, Any] | None, PARTNER] = Field(default=None, sa_type=JSONB)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, PARTNER]
