"""Copies of the registry's placements, and where merged persons live on."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from job_orders.placements.rules import PlacementPhase
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL


class Placement(JobOrdersTable, table=True):
    """One job abroad, owned by the registry; here are the few fields that seats need.

    `person_id` is as it was given, by the opening or by the latest split: whoever reads it follows
    `person_redirects`.
    """

    __tablename__ = "placements"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    person_told_at: Annotated[datetime | None, INTERNAL] = None
    placement_agency_code: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    country: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    job_order_number: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    phase: Annotated[PlacementPhase, INTERNAL] = Field(sa_type=EnumText(PlacementPhase))
    opened_at: Annotated[datetime | None, INTERNAL] = None


class PersonRedirect(JobOrdersTable, table=True):
    """A merged person's id and the id it was merged into, which may have been merged again."""

    __tablename__ = "person_redirects"

    merged_person_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id: Annotated[UUID, INTERNAL]
    merged_at: Annotated[datetime, INTERNAL]
