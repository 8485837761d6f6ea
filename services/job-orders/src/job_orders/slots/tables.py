"""The ledger of seats: host permits, one account per line, its append-only entries, reservations.

`filled + reserved + returned <= endorsed` and `committed <= approved` are CHECKs of the database.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text
from sqlmodel import Field

from job_orders.slots.rules import Place, ReleaseReason, ReservationStatus, SlotCause
from job_orders.tables import JobOrdersTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PARTNER


class HostPermit(JobOrdersTable, table=True):
    """A host country's hiring permit as a mission verified it; several orders may draw on one."""

    __tablename__ = "host_permits"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    permit_number: Annotated[str, PARTNER] = Field(sa_type=Text)
    employer_id: Annotated[UUID, PARTNER] = Field(foreign_key="employers.id")
    positions_approved: Annotated[int, PARTNER]
    positions_committed: Annotated[int, PARTNER]
    valid_to: Annotated[date, PARTNER]


class SlotAccount(JobOrdersTable, table=True):
    """The balances of one line of an issued order, with what a reservation must know of it.

    Seats move here and never touch the order's row, so the order's ETag stands.
    """

    __tablename__ = "slot_accounts"

    line_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    job_order_id: Annotated[UUID, PARTNER]
    employer_id: Annotated[UUID, PARTNER] = Field(foreign_key="employers.id")
    placement_agency_id: Annotated[UUID, PARTNER] = Field(foreign_key="placement_agencies.id")
    placement_agency_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    mission: Annotated[str, PARTNER] = Field(sa_type=Text)
    country: Annotated[str, PARTNER] = Field(sa_type=Text)
    occupation_code: Annotated[str, PARTNER] = Field(sa_type=Text)
    host_permit_id: Annotated[UUID | None, PARTNER] = Field(
        default=None, foreign_key="host_permits.id"
    )
    endorsed: Annotated[int, PARTNER]
    reserved: Annotated[int, PARTNER] = 0
    filled: Annotated[int, PARTNER] = 0
    returned: Annotated[int, PARTNER] = 0
    is_open: Annotated[bool, PARTNER] = True
    valid_to: Annotated[date, PARTNER]
    opened_at: Annotated[datetime, PARTNER]

    @property
    def free(self) -> int:
        return self.endorsed - self.reserved - self.filled - self.returned


class SlotReservation(JobOrdersTable, table=True):
    """A seat held for a placement; a placement has at most one that is not released."""

    __tablename__ = "slot_reservations"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    job_order_id: Annotated[UUID, INTERNAL]
    line_id: Annotated[UUID, INTERNAL] = Field(foreign_key="slot_accounts.line_id")
    placement_id: Annotated[UUID, INTERNAL] = Field(foreign_key="placements.id")
    placement_agency_code: Annotated[str, INTERNAL] = Field(sa_type=Text)
    status: Annotated[ReservationStatus, INTERNAL] = Field(sa_type=EnumText(ReservationStatus))
    expires_at: Annotated[datetime, INTERNAL]
    reserved_by: Annotated[str, INTERNAL] = Field(sa_type=Text)
    reserved_at: Annotated[datetime, INTERNAL]
    settled_at: Annotated[datetime | None, INTERNAL] = None
    release_reason: Annotated[ReleaseReason | None, INTERNAL] = Field(
        default=None, sa_type=EnumText(ReleaseReason)
    )


class SlotEntry(JobOrdersTable, table=True):
    """Seats that moved from one place to another of a line. Rows are only ever added."""

    __tablename__ = "slot_entries"

    number: Annotated[int | None, PARTNER] = Field(
        default=None, sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),)
    )
    line_id: Annotated[UUID, PARTNER] = Field(foreign_key="slot_accounts.line_id")
    job_order_id: Annotated[UUID, PARTNER]
    cause: Annotated[SlotCause, PARTNER] = Field(sa_type=EnumText(SlotCause))
    from_place: Annotated[Place, PARTNER] = Field(sa_type=EnumText(Place))
    to_place: Annotated[Place, PARTNER] = Field(sa_type=EnumText(Place))
    positions: Annotated[int, PARTNER]
    reservation_id: Annotated[UUID | None, INTERNAL] = Field(
        default=None, foreign_key="slot_reservations.id"
    )
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    happened_at: Annotated[datetime, PARTNER]
