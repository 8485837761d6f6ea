"""What callers send and get about placement agencies."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from job_orders.agencies.rules import AgencyAction, Sanction, Standing, StandingOn, standing_on
from job_orders.agencies.tables import PlacementAgency, PlacementAgencyHistory
from shared.policy import Shown
from shared.sensitivity import INTERNAL, PUBLIC

AgencyCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.\-]{1,39}$", examples=["P3MI-007"])]
Sip3miNumber = Annotated[str, Field(min_length=3, max_length=60, examples=["SIP3MI.99007/2024"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["MY"])]
Ground = Annotated[
    str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,39}$", examples=["RECRUITED_WITHOUT_SIP2MI"])
]


class AgencyRegistration(BaseModel):
    """A placement agency (P3MI) with its first licence (SIP3MI)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: Annotated[AgencyCode, PUBLIC]
    name: Annotated[str, PUBLIC] = Field(min_length=1, max_length=200)
    city: Annotated[str | None, PUBLIC] = Field(default=None, max_length=100)
    sip3mi_number: Annotated[Sip3miNumber, PUBLIC]
    licence_valid_from: Annotated[date, PUBLIC]
    licence_valid_to: Annotated[date, PUBLIC]


class AgencyLicence(BaseModel):
    """A new or extended licence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    sip3mi_number: Annotated[Sip3miNumber, PUBLIC]
    valid_from: Annotated[date, PUBLIC]
    valid_to: Annotated[date, PUBLIC]


class AgencySanction(BaseModel):
    """A sanction; a partial stop may name the countries that it stops."""

    model_config = ConfigDict(extra="forbid")

    sanction: Annotated[Sanction, PUBLIC]
    effective_on: Annotated[date, PUBLIC]
    ground: Annotated[Ground | None, PUBLIC] = None
    countries: Annotated[list[Country], PUBLIC] = Field(default=[], max_length=250)


class AgencyRestoration(BaseModel):
    """Warnings and stops in force on a day are lifted; a revocation is not."""

    model_config = ConfigDict(extra="forbid")

    effective_on: Annotated[date, PUBLIC]
    ground: Annotated[Ground | None, PUBLIC] = None


class StandingView(BaseModel):
    """How an agency stands on one day. No `stopped_countries` under a stop means every country."""

    on: Annotated[date, PUBLIC]
    status: Annotated[Standing, PUBLIC]
    sip3mi_number: Annotated[str | None, PUBLIC] = Field(max_length=60)
    licence_valid_to: Annotated[date | None, PUBLIC]
    sanctions: Annotated[list[Sanction], PUBLIC] = Field(max_length=4)
    stopped_countries: Annotated[list[str], PUBLIC] = Field(max_length=250)

    @classmethod
    def of(cls, standing: StandingOn) -> Self:
        return cls(
            on=standing.on,
            status=standing.status,
            sip3mi_number=standing.sip3mi_number,
            licence_valid_to=standing.licence_valid_to,
            sanctions=list(standing.sanctions),
            stopped_countries=sorted(standing.stopped_countries),
        )


class AgencyView(Shown):
    """A placement agency, with its standing today."""

    id: Annotated[UUID, PUBLIC]
    code: Annotated[str, PUBLIC] = Field(max_length=40)
    name: Annotated[str, PUBLIC] = Field(max_length=200)
    city: Annotated[str | None, PUBLIC] = Field(max_length=100)
    sip3mi_number: Annotated[str, PUBLIC] = Field(max_length=60)
    licence_valid_from: Annotated[date, PUBLIC]
    licence_valid_to: Annotated[date, PUBLIC]
    standing: Annotated[StandingView, PUBLIC]
    registered_at: Annotated[datetime, PUBLIC]
    version: Annotated[int, PUBLIC] = Field(ge=1)

    @classmethod
    def of(
        cls, agency: PlacementAgency, history: Iterable[PlacementAgencyHistory], *, today: date
    ) -> Self:
        standing = StandingView.of(standing_on(history, today))
        return cls(**agency.model_dump(exclude={"registered_by"}), standing=standing)


class AgencyHistoryEntry(Shown):
    """A licence, a sanction or its lifting."""

    version: Annotated[int, PUBLIC] = Field(ge=1)
    action: Annotated[AgencyAction, PUBLIC]
    effective_on: Annotated[date, PUBLIC]
    sip3mi_number: Annotated[str | None, PUBLIC] = Field(max_length=60)
    valid_to: Annotated[date | None, PUBLIC]
    sanction: Annotated[Sanction | None, PUBLIC]
    countries: Annotated[list[str], PUBLIC] = Field(max_length=250)
    ground: Annotated[str | None, PUBLIC] = Field(max_length=40)
    subject: Annotated[str | None, INTERNAL] = Field(max_length=100)
    organisation: Annotated[str | None, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[datetime, PUBLIC]

    @classmethod
    def of(cls, entry: PlacementAgencyHistory) -> Self:
        return cls(**entry.model_dump(exclude={"id", "placement_agency_id"}))


class AgencyHistoryView(BaseModel):
    """Everything that was recorded of an agency, the first one first."""

    items: Annotated[list[AgencyHistoryEntry], PUBLIC] = Field(max_length=10_000)
