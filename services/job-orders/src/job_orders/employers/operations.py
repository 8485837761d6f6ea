"""What can be done with an employer. Each operation is one transaction and never commits."""

import secrets
from datetime import date
from functools import partial
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.bank_accounts import account_hash
from job_orders.employers import queries, rules
from job_orders.employers.rules import EmployerAction, EmployerStatus
from job_orders.employers.schemas import EmployerAmendment, EmployerRegistration
from job_orders.employers.tables import Employer, EmployerHistory
from shared import clock, outbox, reference
from shared.errors import VersionStale
from shared.ids import new_id
from shared.messages.job_orders import (
    EmployerAccredited,
    EmployerDelisted,
    EmployerListed,
    EmployerRegistered,
)
from shared.policy import Grant
from shared.privacy import Keyring
from shared.rows import insert_if_new, insert_row

# No letter or digit that a reader confuses; 32 of them, so that each byte gives each as often.
_CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


async def register_employer(
    session: AsyncSession, registration: EmployerRegistration, *, grant: Grant, keyring: Keyring
) -> Employer:
    """Enter an employer under the competent mission.

    Refuses an unknown country or sector, a name that does not fit the type, a registration number
    that is taken, and a place outside the caller's reach.
    """
    rules.check_named(
        registration.type,
        name=registration.name,
        householder_name=registration.householder_name,
    )
    rules.check_other_names(registration.type, registration.other_names)
    mission = reference.mission_for(registration.country, registration.subdivision)
    if mission is None:
        raise rules.CountryUnknown
    if reference.find_sector(registration.sector) is None:
        raise rules.SectorUnknown
    employer_id = new_id()
    sealed = partial(_sealed, keyring, employer_id)
    employer = Employer(
        id=employer_id,
        code=registration.code or _new_code(registration.country),
        type=registration.type,
        name=registration.name,
        country=registration.country,
        subdivision=registration.subdivision,
        mission=mission.code,
        sector=registration.sector,
        registration_number=registration.registration_number,
        status=EmployerStatus.REGISTERED,
        registered_by=grant.caller.organisation,
        registered_at=clock.now(),
        version=1,
        householder_name=sealed("householder_name", registration.householder_name),
        contact_name=sealed("contact_name", registration.contact_name),
        contact_phone=sealed("contact_phone", registration.contact_phone),
        address=sealed("address", registration.address),
        other_names=registration.other_names,
        owner_name=sealed("owner_name", registration.owner_name),
        bank_account_hash=account_hash(keyring, registration.bank_account),
    )
    grant.require(employer)
    if not await insert_if_new(session, employer):
        raise await _already_registered(session, registration)
    await _remember(session, employer, EmployerAction.REGISTER, grant=grant, before=None)
    outbox.add(
        session,
        EmployerRegistered(
            employer_id=employer.id,
            employer_code=employer.code,
            employer_type=employer.type,
            country=employer.country,
            mission=employer.mission,
            sector=employer.sector,
            registered_at=employer.registered_at,
        ),
    )
    return employer


async def amend_employer(
    session: AsyncSession,
    employer_id: UUID,
    amendment: EmployerAmendment,
    *,
    grant: Grant,
    keyring: Keyring,
    version: int,
) -> Employer:
    """Change contact and owner; refuses a stale version, a foreign mission, and other names of a
    household.
    """
    employer = await _change(
        session, employer_id, EmployerAction.AMEND, grant=grant, version=version
    )
    said = amendment.model_dump(exclude_unset=True)
    if "bank_account" in said:
        employer.bank_account_hash = account_hash(keyring, said.pop("bank_account"))
    if "other_names" in said:
        employer.other_names = said.pop("other_names") or []
        rules.check_other_names(employer.type, employer.other_names)
    for column, value in said.items():
        setattr(employer, column, _sealed(keyring, employer.id, column, value))
    return employer


async def accredit_employer(
    session: AsyncSession, employer_id: UUID, *, valid_to: date, grant: Grant, version: int
) -> Employer:
    """Record that the mission verified the employer; refuses a listed one and a foreign mission."""
    rules.check_accreditation(valid_to, today=clock.today())
    employer = await _change(
        session, employer_id, EmployerAction.ACCREDIT, grant=grant, version=version
    )
    employer.accreditation_valid_to = valid_to
    outbox.add(
        session,
        EmployerAccredited(
            employer_id=employer.id,
            mission=employer.mission,
            valid_to=valid_to,
            accredited_at=clock.now(),
        ),
    )
    return employer


async def list_employer(
    session: AsyncSession, employer_id: UUID, *, reason: str, grant: Grant, version: int
) -> Employer:
    """Put the employer on the list of problematic employers; refuses one that is on it."""
    employer = await _change(
        session, employer_id, EmployerAction.LIST, grant=grant, version=version, reason=reason
    )
    employer.accreditation_valid_to = None
    outbox.add(
        session,
        EmployerListed(
            employer_id=employer.id,
            mission=employer.mission,
            reason=reason,
            listed_at=clock.now(),
        ),
    )
    return employer


async def delist_employer(
    session: AsyncSession, employer_id: UUID, *, reason: str, grant: Grant, version: int
) -> Employer:
    """Take the employer off the list; it must be accredited anew."""
    employer = await _change(
        session, employer_id, EmployerAction.DELIST, grant=grant, version=version, reason=reason
    )
    outbox.add(
        session,
        EmployerDelisted(
            employer_id=employer.id, mission=employer.mission, delisted_at=clock.now()
        ),
    )
    return employer


async def note_linked(
    session: AsyncSession,
    employer_id: UUID,
    other_id: UUID,
    *,
    is_linked: bool,
    reason: str | None,
    grant: Grant,
) -> None:
    """Show the employer beside another that an officer found to be the same one, or no longer."""
    employer = await queries.lock_employer(session, employer_id)
    others = set(employer.linked_to) - {other_id}
    employer.linked_to = sorted(others | {other_id} if is_linked else others)
    employer.version += 1
    action = EmployerAction.LINK if is_linked else EmployerAction.UNLINK
    await _remember(session, employer, action, grant=grant, before=employer.status, reason=reason)


async def _change(
    session: AsyncSession,
    employer_id: UUID,
    action: EmployerAction,
    *,
    grant: Grant,
    version: int,
    reason: str | None = None,
) -> Employer:
    """Lock, decide, move: what every change of an employer has in common."""
    employer = await queries.lock_employer(session, employer_id)
    grant.require(employer)
    if employer.version != version:
        raise VersionStale
    before = employer.status
    employer.status = rules.next_status(before, action)
    employer.version += 1
    await _remember(session, employer, action, grant=grant, before=before, reason=reason)
    return employer


async def _remember(
    session: AsyncSession,
    employer: Employer,
    action: EmployerAction,
    *,
    grant: Grant,
    before: EmployerStatus | None,
    reason: str | None = None,
) -> None:
    await insert_row(
        session,
        EmployerHistory(
            id=new_id(),
            employer_id=employer.id,
            version=employer.version,
            action=action,
            from_status=before,
            to_status=employer.status,
            reason=reason,
            subject=grant.caller.subject,
            organisation=grant.caller.organisation,
            happened_at=clock.now(),
        ),
    )


async def _already_registered(
    session: AsyncSession, registration: EmployerRegistration
) -> rules.EmployerAlreadyRegistered:
    known = await queries.find_employer_by_registration(
        session,
        code=registration.code,
        country=registration.country,
        registration_number=registration.registration_number,
    )
    return rules.EmployerAlreadyRegistered(employer_id=str(known.id) if known else None)


def _sealed(keyring: Keyring, employer_id: UUID, column: str, value: str | None) -> bytes | None:
    return None if value is None else keyring.seal(f"employers.{column}", employer_id, value)


def _new_code(country: str) -> str:
    letters = (_CODE_ALPHABET[byte % len(_CODE_ALPHABET)] for byte in secrets.token_bytes(8))
    return f"EMP-{country}-{''.join(letters)}"
