"""What an employer or an agency says of itself, opened: for comparing, and for both sides of a
review. In memory alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.tables import PlacementAgency
from job_orders.employers.rules import EmployerType
from job_orders.employers.tables import Employer
from job_orders.organisations import queries
from job_orders.organisations.matching.features import Features
from job_orders.organisations.rules import OrganisationKind
from shared.privacy import Keyring


@dataclass(frozen=True, slots=True)
class Organisation:
    """One side: `began_on` is the first day that is known, `trouble_on` the first day of a stop, a
    revocation or a listing.
    """

    id: UUID
    version: int
    code: str
    name: str | None
    other_names: tuple[str, ...]
    number: str | None
    country: str
    city: str | None
    mission: str | None
    owner_name: str | None
    phone: str | None
    address: str | None
    account: bytes | None
    is_household: bool
    began_on: date
    trouble_on: date | None

    def features(self) -> Features:
        return Features.read(
            names=(*((self.name,) if self.name else ()), *self.other_names),
            owner=self.owner_name,
            phone=self.phone,
            account=self.account,
            address=self.address,
            country=self.country,
            place=self.city if self.mission is None else self.country,
            is_household=self.is_household,
        )


async def describe(
    session: AsyncSession, kind: OrganisationKind, ids: Iterable[UUID], *, keyring: Keyring
) -> dict[UUID, Organisation]:
    """Those of these ids that are of this kind."""
    asked = list(ids)
    if kind is OrganisationKind.EMPLOYER:
        listed = await queries.first_listings(session, asked)
        employers = await queries.list_employers(session, asked)
        return {one.id: _of_employer(one, listed.get(one.id), keyring) for one in employers}
    days = await queries.first_licences_and_stops(session, asked)
    agencies = await queries.list_agencies(session, asked)
    return {one.id: _of_agency(one, *days.get(one.id, (None, None)), keyring) for one in agencies}


def _of_employer(employer: Employer, listed_on: date | None, keyring: Keyring) -> Organisation:
    def opened(column: str) -> str | None:
        return keyring.open_text(f"employers.{column}", employer.id, getattr(employer, column))

    is_household = employer.type is EmployerType.HOUSEHOLD
    return Organisation(
        id=employer.id,
        version=employer.version,
        code=employer.code,
        name=employer.name,
        other_names=tuple(employer.other_names),
        number=employer.registration_number,
        country=employer.country,
        city=None,
        mission=employer.mission,
        owner_name=opened("householder_name" if is_household else "owner_name"),
        phone=opened("contact_phone"),
        address=opened("address"),
        account=employer.bank_account_hash,
        is_household=is_household,
        began_on=employer.registered_at.date(),
        trouble_on=listed_on,
    )


def _of_agency(
    agency: PlacementAgency, licensed_on: date | None, stopped_on: date | None, keyring: Keyring
) -> Organisation:
    def opened(column: str) -> str | None:
        sealed: bytes | None = getattr(agency, column)
        return keyring.open_text(f"placement_agencies.{column}", agency.id, sealed)

    return Organisation(
        id=agency.id,
        version=agency.version,
        code=agency.code,
        name=agency.name,
        other_names=tuple(agency.other_names),
        number=agency.sip3mi_number,
        country="ID",
        city=agency.city,
        mission=None,
        owner_name=opened("owner_name"),
        phone=opened("phone"),
        address=opened("address"),
        account=agency.bank_account_hash,
        is_household=False,
        # Registers are loaded on one day; a licence tells since when there is an agency.
        began_on=min(agency.registered_at.date(), licensed_on or date.max),
        trouble_on=stopped_on,
    )
