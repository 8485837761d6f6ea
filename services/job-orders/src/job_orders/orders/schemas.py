"""What callers send and get about job orders."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from job_orders.orders.reference.reasons import REMEDIES, Reason
from job_orders.orders.rules import JobOrderAction, JobOrderStatus, WagePeriod
from job_orders.orders.tables import JobOrder, JobOrderHistory, JobOrderLine
from shared import reference
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PARTNER

Positions = Annotated[int, Field(ge=1, le=10_000)]
Number = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9./\-]{2,39}$")]
Reasons = Annotated[list[Reason], Field(min_length=1, max_length=20)]


class Wage(BaseModel):
    """Basic wage; `amount` is a decimal as text, never a floating-point number."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[str, PARTNER] = Field(
        pattern=r"^[0-9]{1,12}(\.[0-9]{1,3})?$", examples=["1500.00"]
    )
    currency: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z]{3}$", examples=["MYR"])
    period: Annotated[WagePeriod, PARTNER]


class HostPermitTerms(BaseModel):
    """The host country's hiring permit (host quota) that the order rests on."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    permit_number: Annotated[str, PARTNER] = Field(
        pattern=r"^[A-Z0-9][A-Z0-9./\- ]{0,59}$", examples=["KDN-2026-00451"]
    )
    positions_approved: Annotated[int, PARTNER] = Field(ge=1, le=100_000)
    valid_to: Annotated[date, PARTNER]


class LineTerms(BaseModel):
    """One position that is asked for."""

    model_config = ConfigDict(extra="forbid")

    occupation_code: Annotated[str, PARTNER] = Field(pattern=r"^[0-9]{4}$", examples=["6221"])
    sector: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z_]{1,40}$", examples=["PLANTATION"])
    subdivision: Annotated[str | None, PARTNER] = Field(
        default=None, pattern=r"^[A-Z]{2}-[A-Z0-9\-]{1,20}$"
    )
    positions_requested: Annotated[Positions, PARTNER]
    wage: Annotated[Wage, PARTNER]
    contract_months: Annotated[int, PARTNER] = Field(ge=1, le=60)
    # Nobody under eighteen is placed (UU 18/2017 art. 5).
    minimum_age: Annotated[int, PARTNER] = Field(default=18, ge=18, le=60)
    hours_per_week: Annotated[int | None, PARTNER] = Field(default=None, ge=1, le=100)
    is_housing_provided: Annotated[bool | None, PARTNER] = None
    is_food_provided: Annotated[bool | None, PARTNER] = None


class JobOrderTerms(BaseModel):
    """What a placement agency asks a mission to verify; the agency is the caller's."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    employer_id: Annotated[UUID, PARTNER]
    partner_agency_code: Annotated[str | None, PARTNER] = Field(
        default=None, pattern=r"^[A-Z0-9][A-Z0-9.\-]{1,39}$"
    )
    demand_letter_number: Annotated[str | None, PARTNER] = Field(
        default=None, min_length=1, max_length=60
    )
    host_quota_permit: Annotated[HostPermitTerms | None, PARTNER] = None
    lines: Annotated[list[LineTerms], PARTNER] = Field(min_length=1, max_length=50)

    @property
    def positions_requested(self) -> int:
        return sum(line.positions_requested for line in self.lines)

    def as_kept(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256 over the terms in one canonical form: a decision can be bound to what it saw."""
        told = json.dumps(self.as_kept(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()


class LineEndorsement(BaseModel):
    """How many positions of a line the mission endorses; zero refuses the line."""

    model_config = ConfigDict(extra="forbid")

    line_id: Annotated[UUID, PARTNER]
    positions_endorsed: Annotated[int, PARTNER] = Field(ge=0, le=10_000)


class JobOrderEndorsement(BaseModel):
    """The mission verified the order, for some or all of its positions, up to a day."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[LineEndorsement], PARTNER] = Field(min_length=1, max_length=50)
    valid_to: Annotated[date, PARTNER]


class JobOrderDecision(BaseModel):
    """Why an order is returned or rejected."""

    model_config = ConfigDict(extra="forbid")

    reasons: Annotated[Reasons, PARTNER]


class JobOrderIssuance(BaseModel):
    """KP2MI's recruiting permit; without a number of its own the order gets one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    sip2mi_number: Annotated[Number, PARTNER] = Field(examples=["SIP2MI-MY-2026-0451"])
    job_order_number: Annotated[Number | None, PARTNER] = None


class LineView(BaseModel):
    """One position of an order."""

    id: Annotated[UUID, PARTNER]
    line_number: Annotated[int, PARTNER] = Field(ge=1)
    occupation_code: Annotated[str, PARTNER] = Field(max_length=8)
    sector: Annotated[str, PARTNER] = Field(max_length=40)
    subdivision: Annotated[str | None, PARTNER] = Field(max_length=24)
    positions_requested: Annotated[int, PARTNER] = Field(ge=1)
    positions_endorsed: Annotated[int | None, PARTNER] = Field(ge=0)
    wage: Annotated[Wage, PARTNER]
    contract_months: Annotated[int, PARTNER]
    minimum_age: Annotated[int, PARTNER]
    hours_per_week: Annotated[int | None, PARTNER]
    is_housing_provided: Annotated[bool | None, PARTNER]
    is_food_provided: Annotated[bool | None, PARTNER]

    @classmethod
    def of(cls, line: JobOrderLine) -> Self:
        kept = line.model_dump(
            exclude={"job_order_id", "wage_minor", "wage_currency", "wage_period"}
        )
        wage = Wage(
            amount=_decimal(line.wage_minor, line.wage_currency),
            currency=line.wage_currency,
            period=line.wage_period,
        )
        return cls(**kept, wage=wage)


class JobOrderSummary(Shown):
    """A job order in a list."""

    id: Annotated[UUID, PARTNER]
    job_order_number: Annotated[str | None, PARTNER] = Field(max_length=40)
    sip2mi_number: Annotated[str | None, PARTNER] = Field(max_length=40)
    employer_id: Annotated[UUID, PARTNER]
    employer_code: Annotated[str, PARTNER] = Field(max_length=40)
    placement_agency_id: Annotated[UUID, PARTNER]
    placement_agency_code: Annotated[str, PARTNER] = Field(max_length=40)
    partner_agency_code: Annotated[str | None, PARTNER] = Field(max_length=40)
    country: Annotated[str, PARTNER] = Field(max_length=2)
    mission: Annotated[str, PARTNER] = Field(max_length=40)
    status: Annotated[JobOrderStatus, PARTNER]
    positions_requested: Annotated[int, PARTNER] = Field(ge=1)
    positions_endorsed: Annotated[int | None, PARTNER] = Field(ge=0)
    valid_to: Annotated[date | None, PARTNER]
    created_at: Annotated[datetime, PARTNER]
    submitted_at: Annotated[datetime | None, PARTNER]
    endorsed_at: Annotated[datetime | None, PARTNER]
    issued_at: Annotated[datetime | None, PARTNER]
    version: Annotated[int, PARTNER] = Field(ge=1)

    @classmethod
    def of(cls, order: JobOrder) -> Self:
        return cls(**order.model_dump(include=set(cls.model_fields)))


class JobOrderView(JobOrderSummary):
    """A job order with its lines. Seats move without touching it; they stand under /slots."""

    demand_letter_number: Annotated[str | None, PARTNER] = Field(max_length=60)
    host_quota_permit: Annotated[HostPermitTerms | None, PARTNER]
    terms_digest: Annotated[str, PARTNER] = Field(max_length=64)
    endorsed_by: Annotated[str | None, INTERNAL] = Field(max_length=100)
    issued_by: Annotated[str | None, INTERNAL] = Field(max_length=100)
    lines: Annotated[list[LineView], PARTNER] = Field(max_length=50)

    @classmethod
    def whole(cls, order: JobOrder, lines: Sequence[JobOrderLine]) -> Self:
        return cls(
            **order.model_dump(include=set(cls.model_fields)),
            host_quota_permit=_permit(order),
            lines=[LineView.of(line) for line in lines],
        )


class ReasonTold(BaseModel):
    """A reason, with what the agency can do about it in Indonesian and English."""

    code: Annotated[Reason, PARTNER]
    remedy_id: Annotated[str, PARTNER] = Field(max_length=200)
    remedy_en: Annotated[str, PARTNER] = Field(max_length=200)

    @classmethod
    def of(cls, reason: Reason) -> Self:
        remedy = REMEDIES[reason]
        return cls(code=reason, remedy_id=remedy.id, remedy_en=remedy.en)


class JobOrderHistoryEntry(Shown):
    """One change of an order; `terms` is what was asked, wherever that was new."""

    version: Annotated[int, PARTNER] = Field(ge=1)
    action: Annotated[JobOrderAction, PARTNER]
    from_status: Annotated[JobOrderStatus | None, PARTNER]
    to_status: Annotated[JobOrderStatus, PARTNER]
    reasons: Annotated[list[ReasonTold], PARTNER] = Field(max_length=20)
    terms_digest: Annotated[str, PARTNER] = Field(max_length=64)
    terms: Annotated[JobOrderTerms | None, PARTNER]
    subject: Annotated[str | None, INTERNAL] = Field(max_length=100)
    organisation: Annotated[str | None, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[datetime, PARTNER]

    @classmethod
    def of(cls, entry: JobOrderHistory) -> Self:
        return cls(
            **entry.model_dump(exclude={"id", "job_order_id", "reasons"}),
            reasons=[ReasonTold.of(Reason(reason)) for reason in entry.reasons],
        )


class JobOrderHistoryView(BaseModel):
    """All changes of an order, the first one first."""

    items: Annotated[list[JobOrderHistoryEntry], PARTNER] = Field(max_length=10_000)


def _permit(order: JobOrder) -> HostPermitTerms | None:
    if order.host_permit_number is None:
        return None
    return HostPermitTerms.model_validate(
        {
            "permit_number": order.host_permit_number,
            "positions_approved": order.host_permit_positions,
            "valid_to": order.host_permit_valid_to,
        }
    )


def _decimal(minor: int, currency: str) -> str:
    places = reference.get_currency(currency).minor_units
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
