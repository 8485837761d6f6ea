"""What callers send and get about employers."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from job_orders.bank_accounts import Account
from job_orders.employers.rules import EmployerAction, EmployerStatus, EmployerType
from job_orders.employers.tables import Employer, EmployerHistory
from shared.policy import Shown
from shared.privacy import Keyring
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["MY"])]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()\-]{6,24}$", examples=["+60 3-2116 4000"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
OtherNames = Annotated[
    list[Name], Field(max_length=20, description="Names that it goes by beside, or went by.")
]


class EmployerRegistration(BaseModel):
    """A new employer. A household gives `householder_name`, every other type `name`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: Annotated[str | None, PARTNER] = Field(
        default=None,
        pattern=r"^[A-Z0-9][A-Z0-9.\-]{2,39}$",
        description="The code by which SiskoP2MI's records name this employer; made if left out.",
    )
    type: Annotated[EmployerType, PARTNER]
    name: Annotated[Name | None, PARTNER] = None
    householder_name: Annotated[Name | None, RESTRICTED] = None
    country: Annotated[Country, PARTNER]
    subdivision: Annotated[str | None, PARTNER] = Field(
        default=None, pattern=r"^[A-Z]{2}-[A-Z0-9\-]{1,20}$", examples=["MY-14"]
    )
    sector: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z_]{1,40}$", examples=["DOMESTIC"])
    registration_number: Annotated[str | None, PARTNER] = Field(
        default=None, min_length=2, max_length=40, description="Number in the host's register."
    )
    contact_name: Annotated[Name | None, RESTRICTED] = None
    contact_phone: Annotated[Phone | None, RESTRICTED] = None
    address: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=500)
    other_names: Annotated[OtherNames, PARTNER] = []
    owner_name: Annotated[Name | None, RESTRICTED] = None
    bank_account: Annotated[Account | None, RESTRICTED] = None


class EmployerAmendment(BaseModel):
    """Merge patch (RFC 7396) of contact and owner: null clears, what is left out stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    contact_name: Annotated[Name | None, RESTRICTED] = None
    contact_phone: Annotated[Phone | None, RESTRICTED] = None
    address: Annotated[str | None, RESTRICTED] = Field(default=None, max_length=500)
    other_names: Annotated[OtherNames | None, PARTNER] = None
    owner_name: Annotated[Name | None, RESTRICTED] = None
    bank_account: Annotated[Account | None, RESTRICTED] = None


class EmployerAccreditation(BaseModel):
    """The mission verified the employer; valid to and including a date."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Annotated[date, PARTNER]


class EmployerListing(BaseModel):
    """Why an employer goes on or off the list of problematic employers: a code, no narrative."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, PARTNER] = Field(pattern=r"^[A-Z_]{3,40}$", examples=["UNPAID_WAGES"])


class EmployerView(Shown):
    """An employer as the caller may see it."""

    id: Annotated[UUID, PARTNER]
    code: Annotated[str, PARTNER] = Field(max_length=40)
    type: Annotated[EmployerType, PARTNER]
    name: Annotated[str | None, PARTNER] = Field(max_length=200)
    householder_name: Annotated[str | None, RESTRICTED] = Field(max_length=200)
    country: Annotated[Country, PARTNER]
    subdivision: Annotated[str | None, PARTNER] = Field(max_length=24)
    mission: Annotated[str, PARTNER] = Field(max_length=40)
    sector: Annotated[str, PARTNER] = Field(max_length=40)
    registration_number: Annotated[str | None, PARTNER] = Field(max_length=40)
    contact_name: Annotated[str | None, RESTRICTED] = Field(max_length=200)
    contact_phone: Annotated[str | None, RESTRICTED] = Field(max_length=24)
    address: Annotated[str | None, RESTRICTED] = Field(max_length=500)
    other_names: Annotated[OtherNames, PARTNER]
    owner_name: Annotated[str | None, RESTRICTED] = Field(max_length=200)
    is_bank_account_known: Annotated[bool | None, INTERNAL]
    linked_to: Annotated[list[UUID] | None, INTERNAL] = Field(
        max_length=1000,
        description="Employers of which an officer found that they are this one under other names.",
    )
    status: Annotated[EmployerStatus, PARTNER]
    accreditation_valid_to: Annotated[date | None, PARTNER]
    registered_at: Annotated[datetime, PARTNER]
    version: Annotated[int, PARTNER] = Field(ge=1)

    @classmethod
    def of(cls, employer: Employer, keyring: Keyring) -> Self:
        def opened(column: str) -> str | None:
            return keyring.open_text(f"employers.{column}", employer.id, getattr(employer, column))

        sealed = ("householder_name", "contact_name", "contact_phone", "address", "owner_name")
        plain = employer.model_dump(exclude={*sealed, "bank_account_hash"})
        return cls(
            **plain,
            **{column: opened(column) for column in sealed},
            is_bank_account_known=employer.bank_account_hash is not None,
        )


class EmployerHistoryEntry(Shown):
    """One change of an employer."""

    version: Annotated[int, PARTNER] = Field(ge=1)
    action: Annotated[EmployerAction, PARTNER]
    from_status: Annotated[EmployerStatus | None, PARTNER]
    to_status: Annotated[EmployerStatus, PARTNER]
    reason: Annotated[str | None, INTERNAL] = Field(max_length=40)
    subject: Annotated[str | None, INTERNAL] = Field(max_length=100)
    organisation: Annotated[str | None, INTERNAL] = Field(max_length=100)
    happened_at: Annotated[datetime, PARTNER]

    @classmethod
    def of(cls, entry: EmployerHistory) -> Self:
        return cls(**entry.model_dump(exclude={"id", "employer_id"}))


class EmployerHistoryView(BaseModel):
    """All changes of an employer, the first one first."""

    items: Annotated[list[EmployerHistoryEntry], PARTNER] = Field(max_length=10_000)
