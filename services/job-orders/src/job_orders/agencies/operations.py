"""What can be done with a placement agency. Each operation is one transaction, never commits."""

from datetime import date
from functools import partial
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies import queries, rules
from job_orders.agencies.rules import AgencyAction, Sanction, StandingOn
from job_orders.agencies.schemas import (
    AgencyAmendment,
    AgencyLicence,
    AgencyRegistration,
    AgencyRestoration,
    AgencySanction,
)
from job_orders.agencies.tables import PlacementAgency, PlacementAgencyHistory
from job_orders.bank_accounts import account_hash
from shared import clock, outbox
from shared.errors import VersionStale
from shared.ids import new_id
from shared.messages.job_orders import (
    PlacementAgencyLicensed,
    PlacementAgencyRestored,
    PlacementAgencySanctioned,
)
from shared.policy import Grant
from shared.privacy import Keyring
from shared.rows import insert_if_new, insert_row


async def register_agency(
    session: AsyncSession, registration: AgencyRegistration, *, grant: Grant, keyring: Keyring
) -> PlacementAgency:
    """Enter a placement agency with its licence; refuses a known code or licence number."""
    rules.check_licence(registration.licence_valid_from, registration.licence_valid_to)
    agency_id = new_id()
    sealed = partial(_sealed, keyring, agency_id)
    agency = PlacementAgency(
        id=agency_id,
        code=registration.code,
        name=registration.name,
        city=registration.city,
        sip3mi_number=registration.sip3mi_number,
        licence_valid_from=registration.licence_valid_from,
        licence_valid_to=registration.licence_valid_to,
        other_names=registration.other_names,
        owner_name=sealed("owner_name", registration.owner_name),
        phone=sealed("phone", registration.phone),
        address=sealed("address", registration.address),
        bank_account_hash=account_hash(keyring, registration.bank_account),
        registered_by=grant.caller.organisation,
        registered_at=clock.now(),
        version=1,
    )
    if not await insert_if_new(session, agency):
        known = await queries.find_registered(
            session, code=agency.code, sip3mi_number=agency.sip3mi_number
        )
        raise rules.AgencyAlreadyRegistered(placement_agency_id=str(known.id) if known else None)
    await _record_licence(session, agency, grant=grant)
    return agency


async def amend_agency(
    session: AsyncSession,
    agency_id: UUID,
    amendment: AgencyAmendment,
    *,
    grant: Grant,
    keyring: Keyring,
    version: int,
) -> PlacementAgency:
    """Change what the agency is called, who owns it and where it is found; refuses a stale version.

    The name before stays among its other names.
    """
    agency = await _lock(session, agency_id, version=version)
    agency.version += 1
    said = amendment.model_dump(exclude_unset=True)
    if "other_names" in said:
        agency.other_names = said.pop("other_names") or []
    name = said.pop("name", None)
    if name and name != agency.name:
        agency.other_names = list(dict.fromkeys([agency.name, *agency.other_names]))
        agency.name = name
    if "city" in said:
        agency.city = said.pop("city")
    if "bank_account" in said:
        agency.bank_account_hash = account_hash(keyring, said.pop("bank_account"))
    for column, value in said.items():
        setattr(agency, column, _sealed(keyring, agency.id, column, value))
    await _remember(session, agency, AgencyAction.AMEND, effective_on=clock.today(), grant=grant)
    return agency


async def note_linked(
    session: AsyncSession,
    agency_id: UUID,
    other_id: UUID,
    *,
    is_linked: bool,
    reason: str | None,
    grant: Grant,
) -> None:
    """Show the agency beside another that an officer found to be the same one, or no longer."""
    agency = await queries.lock_agency(session, agency_id)
    others = set(agency.linked_to) - {other_id}
    agency.linked_to = sorted(others | {other_id} if is_linked else others)
    agency.version += 1
    action = AgencyAction.LINK if is_linked else AgencyAction.UNLINK
    await _remember(session, agency, action, effective_on=clock.today(), grant=grant, ground=reason)


async def license_agency(
    session: AsyncSession, agency_id: UUID, licence: AgencyLicence, *, grant: Grant, version: int
) -> PlacementAgency:
    """Record a new or extended licence; refuses one that another agency holds."""
    rules.check_licence(licence.valid_from, licence.valid_to)
    agency = await _lock(session, agency_id, version=version)
    holder = await queries.find_registered(session, code="", sip3mi_number=licence.sip3mi_number)
    if holder is not None and holder.id != agency_id:
        raise rules.AgencyAlreadyRegistered(placement_agency_id=str(holder.id))
    agency.version += 1
    agency.sip3mi_number = licence.sip3mi_number
    agency.licence_valid_from = licence.valid_from
    agency.licence_valid_to = licence.valid_to
    await _record_licence(session, agency, grant=grant)
    return agency


async def sanction_agency(
    session: AsyncSession, agency_id: UUID, sanction: AgencySanction, *, grant: Grant, version: int
) -> PlacementAgency:
    """Impose a sanction from a day on; refuses one on an agency that is revoked by then."""
    rules.check_countries(sanction.sanction, sanction.countries)
    agency = await _change(
        session,
        agency_id,
        AgencyAction.SANCTION,
        effective_on=sanction.effective_on,
        version=version,
    )
    await _remember(
        session,
        agency,
        AgencyAction.SANCTION,
        effective_on=sanction.effective_on,
        grant=grant,
        sanction=sanction.sanction,
        countries=sorted(set(sanction.countries)),
        ground=sanction.ground,
    )
    outbox.add(
        session,
        PlacementAgencySanctioned(
            placement_agency_id=agency.id,
            sanction=sanction.sanction,
            effective_on=sanction.effective_on,
        ),
    )
    return agency


async def restore_agency(
    session: AsyncSession,
    agency_id: UUID,
    restoration: AgencyRestoration,
    *,
    grant: Grant,
    version: int,
) -> PlacementAgency:
    """Lift the warnings and stops in force on a day; refuses when there are none."""
    agency = await _change(
        session,
        agency_id,
        AgencyAction.RESTORE,
        effective_on=restoration.effective_on,
        version=version,
    )
    await _remember(
        session,
        agency,
        AgencyAction.RESTORE,
        effective_on=restoration.effective_on,
        grant=grant,
        ground=restoration.ground,
    )
    outbox.add(
        session,
        PlacementAgencyRestored(
            placement_agency_id=agency.id, effective_on=restoration.effective_on
        ),
    )
    return agency


async def require_may_place(session: AsyncSession, agency_id: UUID, *, country: str) -> None:
    """Hold the agency until the commit and refuse one that may not recruit for a country today."""
    await queries.hold_agency(session, agency_id)
    rules.check_may_place(await standing_of(session, agency_id, on=clock.today()), country)


async def standing_of(session: AsyncSession, agency_id: UUID, *, on: date) -> StandingOn:
    """How an agency stands, stood, or will stand on a day by what is recorded now."""
    return rules.standing_on(await queries.list_history(session, [agency_id]), on)


async def _change(
    session: AsyncSession,
    agency_id: UUID,
    action: AgencyAction,
    *,
    effective_on: date,
    version: int,
) -> PlacementAgency:
    rules.check_effective(effective_on, today=clock.today())
    agency = await _lock(session, agency_id, version=version)
    rules.check_action(await standing_of(session, agency_id, on=effective_on), action)
    agency.version += 1
    return agency


async def _lock(session: AsyncSession, agency_id: UUID, *, version: int) -> PlacementAgency:
    agency = await queries.lock_agency(session, agency_id)
    if agency.version != version:
        raise VersionStale
    return agency


async def _record_licence(session: AsyncSession, agency: PlacementAgency, *, grant: Grant) -> None:
    await _remember(
        session,
        agency,
        AgencyAction.LICENSE,
        effective_on=agency.licence_valid_from,
        grant=grant,
        sip3mi_number=agency.sip3mi_number,
        valid_to=agency.licence_valid_to,
    )
    outbox.add(
        session,
        PlacementAgencyLicensed(
            placement_agency_id=agency.id,
            placement_agency_code=agency.code,
            valid_from=agency.licence_valid_from,
            valid_to=agency.licence_valid_to,
        ),
    )


async def _remember(
    session: AsyncSession,
    agency: PlacementAgency,
    action: AgencyAction,
    *,
    effective_on: date,
    grant: Grant,
    sip3mi_number: str | None = None,
    valid_to: date | None = None,
    sanction: Sanction | None = None,
    countries: list[str] | None = None,
    ground: str | None = None,
) -> None:
    await insert_row(
        session,
        PlacementAgencyHistory(
            id=new_id(),
            placement_agency_id=agency.id,
            version=agency.version,
            action=action,
            effective_on=effective_on,
            sip3mi_number=sip3mi_number,
            valid_to=valid_to,
            sanction=sanction,
            countries=countries or [],
            ground=ground,
            subject=grant.caller.subject,
            organisation=grant.caller.organisation,
            happened_at=clock.now(),
        ),
    )


def _sealed(keyring: Keyring, agency_id: UUID, column: str, value: str | None) -> bytes | None:
    sealed_for = f"placement_agencies.{column}"
    return None if value is None else keyring.seal(sealed_for, agency_id, value)
