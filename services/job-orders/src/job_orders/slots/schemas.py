"""What callers send and get about seats and reservations."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from job_orders.slots.rules import Place, ReleaseReason, ReservationStatus, SlotCause
from job_orders.slots.tables import SlotAccount, SlotEntry, SlotReservation
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PARTNER


class ReservationRequest(BaseModel):
    """One seat of a line for one placement; held for 90 days unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    line_id: Annotated[UUID, PARTNER]
    placement_id: Annotated[UUID, INTERNAL]
    expires_at: Annotated[AwareDatetime | None, PARTNER] = None


class ReservationRelease(BaseModel):
    """Why a seat is given back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        Literal[
            ReleaseReason.CANDIDATE_WITHDREW,
            ReleaseReason.MEDICALLY_UNFIT,
            ReleaseReason.AGENCY_DECIDED,
            ReleaseReason.ENTERED_BY_MISTAKE,
        ],
        PARTNER,
    ]


class ReservationView(Shown):
    """A seat held for a placement."""

    id: Annotated[UUID, INTERNAL]
    job_order_id: Annotated[UUID, INTERNAL]
    line_id: Annotated[UUID, INTERNAL]
    placement_id: Annotated[UUID, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL] = Field(
        default=None, description="Of the single view only; a merged person's surviving id."
    )
    placement_agency_code: Annotated[str, INTERNAL] = Field(max_length=40)
    status: Annotated[ReservationStatus, INTERNAL]
    expires_at: Annotated[AwareDatetime, INTERNAL]
    reserved_at: Annotated[AwareDatetime, INTERNAL]
    settled_at: Annotated[AwareDatetime | None, INTERNAL]
    release_reason: Annotated[ReleaseReason | None, INTERNAL]

    @classmethod
    def of(cls, reservation: SlotReservation, *, person_id: UUID | None = None) -> Self:
        return cls(**reservation.model_dump(exclude={"reserved_by"}), person_id=person_id)


class LineSlots(BaseModel):
    """The seats of one line. `free` = endorsed - reserved - filled - returned."""

    line_id: Annotated[UUID, PARTNER]
    occupation_code: Annotated[str, PARTNER] = Field(max_length=8)
    endorsed: Annotated[int, PARTNER] = Field(ge=0)
    reserved: Annotated[int, PARTNER] = Field(ge=0)
    filled: Annotated[int, PARTNER] = Field(ge=0)
    returned: Annotated[int, PARTNER] = Field(
        ge=0, description="Went back to the host permit when the order ended."
    )
    free: Annotated[int, PARTNER] = Field(ge=0)


class SlotsView(BaseModel):
    """The seats of an issued job order. This has no ETag: seats move while the order stands."""

    job_order_id: Annotated[UUID, PARTNER]
    is_open: Annotated[bool, PARTNER]
    valid_to: Annotated[date, PARTNER]
    endorsed: Annotated[int, PARTNER] = Field(ge=0)
    reserved: Annotated[int, PARTNER] = Field(ge=0)
    filled: Annotated[int, PARTNER] = Field(ge=0)
    free: Annotated[int, PARTNER] = Field(ge=0)
    lines: Annotated[list[LineSlots], PARTNER] = Field(max_length=50)

    @classmethod
    def of(cls, accounts: Sequence[SlotAccount]) -> Self:
        first = accounts[0]
        return cls(
            job_order_id=first.job_order_id,
            is_open=first.is_open,
            valid_to=first.valid_to,
            endorsed=sum(account.endorsed for account in accounts),
            reserved=sum(account.reserved for account in accounts),
            filled=sum(account.filled for account in accounts),
            free=sum(account.free for account in accounts),
            lines=[
                LineSlots(
                    line_id=account.line_id,
                    occupation_code=account.occupation_code,
                    endorsed=account.endorsed,
                    reserved=account.reserved,
                    filled=account.filled,
                    returned=account.returned,
                    free=account.free,
                )
                for account in accounts
            ],
        )


class SlotEntryView(Shown):
    """Seats that moved from one place of a line to another."""

    number: Annotated[int, PARTNER]
    line_id: Annotated[UUID, PARTNER]
    cause: Annotated[SlotCause, PARTNER]
    from_place: Annotated[Place, PARTNER]
    to_place: Annotated[Place, PARTNER]
    positions: Annotated[int, PARTNER] = Field(ge=1)
    reservation_id: Annotated[UUID | None, INTERNAL]
    subject: Annotated[str | None, INTERNAL] = Field(max_length=100)
    organisation: Annotated[str | None, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[AwareDatetime, PARTNER]

    @classmethod
    def of(cls, entry: SlotEntry) -> Self:
        return cls(**entry.model_dump(exclude={"job_order_id"}))
