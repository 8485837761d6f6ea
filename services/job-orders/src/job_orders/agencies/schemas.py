"""What callers send and get about placement agencies."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from job_orders.agencies.rules import AgencyAction, Sanction, Standing, StandingOn, standing_on
from job_orders.agencies.tables import PlacementAgency, PlacementAgencyHistory
from job_orders.bank_accounts import Account
from shared.policy import Shown
from shared.privacy import Keyring
from shared.sensitivity import INTERNAL, PUBLIC, RESTRICTED

AgencyCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.\-]{1,39}$", examples=["P3MI-007"])]
Sip3miNumber = Annotated[str, Field(min_length=3, max_length=60, examples=["SIP3MI.99007/2024"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
OtherNames = Annotated[
    list[Name], Field(max_length=20, description="Names that it goes by beside, or went by.")
]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()\-]{6,24}$", examples=["+62 21 5550 0199"])]
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
    other_names: Annotated[OtherNames, PUBLIC] = []
    owner_name: Annotated[Name | None, RESTRICTED] = None
    phone: Annotated[Phone | None, RESTRICTED] = None
    address: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=500)
    bank_account: Annotated[Account | None, RESTRICTED] = None


class AgencyAmendment(BaseModel):
    """Merge patch (RFC 7396): null clears, what is left out stays.

    Another `name` keeps the one before among `other_names`; null leaves it as it is.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[Name | None, PUBLIC] = None
    city: Annotated[str | None, PUBLIC] = Field(default=None, max_length=100)
    other_names: Annotated[OtherNames | None, PUBLIC] = None
    owner_name: Annotated[Name | None, RESTRICTED] = None
    phone: Annotated[Phone | None, RESTRICTED] = None
    address: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=500)
    bank_account: Annotated[Account | None, RESTRICTED] = None


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
    other_names: Annotated[OtherNames, PUBLIC]
    owner_name: Annotated[str | None, RESTRICTED] = Field(max_length=200)
    phone: Annotated[str | None, RESTRICTED] = Field(max_length=24)
    address: Annotated[str | None, RESTRICTED] = Field(max_length=500)
    is_bank_account_known: Annotated[bool | None, INTERNAL]
    linked_to: Annotated[list[UUID] | None, INTERNAL] = Field(
        max_length=1000,
        description="Agencies of which an officer found that they are this one under other names.",
    )
    standing: Annotated[StandingView, PUBLIC]
    registered_at: Annotated[datetime, PUBLIC]
    version: Annotated[int, PUBLIC] = Field(ge=1)

    @classmethod
    def of(
        cls,
        agency: PlacementAgency,
        history: Iterable[PlacementAgencyHistory],
        *,
        today: date,
        keyring: Keyring,
    ) -> Self:
        def opened(column: str) -> str | None:
            sealed: bytes | None = getattr(agency, column)
            return keyring.open_text(f"placement_agencies.{column}", agency.id, sealed)

        sealed = ("owner_name", "phone", "address")
        plain = agency.model_dump(exclude={*sealed, "bank_account_hash"})
        return cls(
            **plain,
            **{column: opened(column) for column in sealed},
            is_bank_account_known=agency.bank_account_hash is not None,
            standing=StandingView.of(standing_on(history, today)),
        )


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
