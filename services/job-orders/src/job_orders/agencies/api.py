"""Routes of placement agencies."""

from collections import defaultdict
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies import operations, queries
from job_orders.agencies.rules import (
    AgencyActionRefused,
    AgencyAlreadyRegistered,
    AgencyNotFound,
    EffectTooFar,
    LicencePeriodInvalid,
    SanctionNotInForce,
    StoppedCountriesMisplaced,
)
from job_orders.agencies.schemas import (
    AgencyAmendment,
    AgencyHistoryEntry,
    AgencyHistoryView,
    AgencyLicence,
    AgencyRegistration,
    AgencyRestoration,
    AgencySanction,
    AgencyView,
    StandingView,
)
from job_orders.policy import POLICY
from shared import clock
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.privacy import Keyring
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(
    prefix="/v1/placement-agencies", tags=["placement-agencies"], route_class=DeclaredRoute
)
writes = APIRouter(
    prefix="/v1/placement-agencies", tags=["placement-agencies"], route_class=WriteRoute
)

Read = Annotated[Grant, permit(POLICY, "placement-agencies:read")]
Sanctioning = Annotated[Grant, permit(POLICY, "placement-agencies:sanction")]


@writes.post(
    "",
    status_code=201,
    responses=responses(AgencyAlreadyRegistered, LicencePeriodInvalid),
)
async def register_placement_agency(
    registration: AgencyRegistration,
    grant: Annotated[Grant, permit(POLICY, "placement-agencies:register")],
    session: WriteSession,
    keyring: ServiceKeys,
    response: Response,
) -> AgencyView:
    """Register a placement agency (P3MI) with its licence (SIP3MI)."""
    agency = await operations.register_agency(session, registration, grant=grant, keyring=keyring)
    response.headers["Location"] = f"/v1/placement-agencies/{agency.id}"
    return await _shown(session, agency.id, keyring, grant, response)


@reads.get("")
async def list_placement_agencies(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[AgencyView]:
    """Placement agencies in order of registration, each with its standing today."""
    paging = Paging.of(keyring, grant.caller.client, "placement-agencies")
    after = paging.open(cursor)
    rows = await queries.list_agencies(
        session, after=UUID(after[0]) if after else None, limit=limit
    )
    histories = defaultdict(list)
    for entry in await queries.list_history(session, [agency.id for agency in rows]):
        histories[entry.placement_agency_id].append(entry)
    today = clock.today()
    return paging.page(
        rows,
        limit,
        key=lambda agency: [agency.id],
        show=lambda agency: grant.show(
            AgencyView.of(agency, histories[agency.id], today=today, keyring=keyring)
        ),
    )


@reads.get("/{placement_agency_id}", responses=responses(AgencyNotFound))
async def get_placement_agency(
    placement_agency_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> AgencyView:
    """One placement agency, with its standing today."""
    return await _shown(session, placement_agency_id, keyring, grant, response)


@reads.get("/{placement_agency_id}/standing", responses=responses(AgencyNotFound))
async def get_placement_agency_standing(
    placement_agency_id: UUID,
    _grant: Read,
    session: ReadSession,
    on: Annotated[date | None, Query(description="Any date; today unless given.")] = None,
) -> StandingView:
    """How the agency stood on any past date, stands today, or will stand by what is recorded."""
    agency = await queries.get_agency(session, placement_agency_id)
    standing = await operations.standing_of(session, agency.id, on=on or clock.today())
    return StandingView.of(standing)


@reads.get("/{placement_agency_id}/history", responses=responses(AgencyNotFound))
async def get_placement_agency_history(
    placement_agency_id: UUID, grant: Read, session: ReadSession
) -> AgencyHistoryView:
    """Every licence, sanction and restoration: since when, recorded when."""
    agency = await queries.get_agency(session, placement_agency_id)
    entries = await queries.list_history(session, [agency.id])
    return AgencyHistoryView(
        items=[grant.show(AgencyHistoryEntry.of(entry), agency) for entry in entries]
    )


@writes.patch("/{placement_agency_id}", responses=responses(AgencyNotFound))
async def amend_placement_agency(
    placement_agency_id: UUID,
    amendment: AgencyAmendment,
    grant: Annotated[Grant, permit(POLICY, "placement-agencies:amend")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> AgencyView:
    """Change an agency's names, owner and contact by merge patch."""
    agency = await operations.amend_agency(
        session, placement_agency_id, amendment, grant=grant, keyring=keyring, version=version
    )
    return await _shown(session, agency.id, keyring, grant, response)


@writes.post(
    "/{placement_agency_id}/licences",
    status_code=201,
    responses=responses(AgencyNotFound, AgencyAlreadyRegistered, LicencePeriodInvalid),
)
async def license_placement_agency(
    placement_agency_id: UUID,
    licence: AgencyLicence,
    grant: Annotated[Grant, permit(POLICY, "placement-agencies:license")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> AgencyView:
    """Record a new or extended licence. After a revocation only this lets the agency return."""
    agency = await operations.license_agency(
        session, placement_agency_id, licence, grant=grant, version=version
    )
    return await _shown(session, agency.id, keyring, grant, response)


@writes.post(
    "/{placement_agency_id}/sanctions",
    status_code=201,
    responses=responses(
        AgencyNotFound, AgencyActionRefused, EffectTooFar, StoppedCountriesMisplaced
    ),
)
async def sanction_placement_agency(
    placement_agency_id: UUID,
    sanction: AgencySanction,
    grant: Sanctioning,
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> AgencyView:
    """Impose a sanction from a day on (Permen P2MI 4/2025)."""
    agency = await operations.sanction_agency(
        session, placement_agency_id, sanction, grant=grant, version=version
    )
    return await _shown(session, agency.id, keyring, grant, response)


@writes.post(
    "/{placement_agency_id}/restorations",
    status_code=201,
    responses=responses(AgencyNotFound, AgencyActionRefused, SanctionNotInForce, EffectTooFar),
)
async def restore_placement_agency(
    placement_agency_id: UUID,
    restoration: AgencyRestoration,
    grant: Sanctioning,
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> AgencyView:
    """Lift the warnings and stops that are in force on a day."""
    agency = await operations.restore_agency(
        session, placement_agency_id, restoration, grant=grant, version=version
    )
    return await _shown(session, agency.id, keyring, grant, response)


async def _shown(
    session: AsyncSession, agency_id: UUID, keyring: Keyring, grant: Grant, response: Response
) -> AgencyView:
    await session.flush()
    agency = await queries.get_agency(session, agency_id)
    history = await queries.list_history(session, [agency_id])
    response.headers["ETag"] = etag(agency.version)
    return grant.show(AgencyView.of(agency, history, today=clock.today(), keyring=keyring))
