"""Routes of employers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from job_orders.employers import operations, queries
from job_orders.employers.rules import (
    AccreditationTooLong,
    CountryUnknown,
    EmployerActionRefused,
    EmployerAlreadyRegistered,
    EmployerNameMismatch,
    EmployerNotFound,
    EmployerStatus,
    SectorUnknown,
)
from job_orders.employers.schemas import (
    EmployerAccreditation,
    EmployerAmendment,
    EmployerHistoryEntry,
    EmployerHistoryView,
    EmployerListing,
    EmployerRegistration,
    EmployerView,
)
from job_orders.policy import POLICY
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import MalformedRequest, responses
from shared.routes import DeclaredRoute
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(prefix="/v1/employers", tags=["employers"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/employers", tags=["employers"], route_class=WriteRoute)

Read = Annotated[Grant, permit(POLICY, "employers:read")]


@writes.post(
    "",
    status_code=201,
    responses=responses(
        EmployerAlreadyRegistered,
        MalformedRequest,
        EmployerNameMismatch,
        CountryUnknown,
        SectorUnknown,
    ),
)
async def register_employer(
    registration: EmployerRegistration,
    grant: Annotated[Grant, permit(POLICY, "employers:register")],
    session: WriteSession,
    keyring: ServiceKeys,
    response: Response,
) -> EmployerView:
    """Register an employer abroad under the mission that is competent for its place."""
    employer = await operations.register_employer(
        session, registration, grant=grant, keyring=keyring
    )
    response.headers["Location"] = f"/v1/employers/{employer.id}"
    return _shown(EmployerView.of(employer, keyring), grant, response)


@reads.get("/{employer_id}", responses=responses(EmployerNotFound))
async def get_employer(
    employer_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> EmployerView:
    """One employer, with the fields that your role and purpose may see."""
    employer = await queries.get_employer(session, employer_id, within=grant)
    return _shown(EmployerView.of(employer, keyring), grant, response)


@reads.get("")
async def list_employers(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
    mission: Annotated[str | None, Query(max_length=40)] = None,
    status: EmployerStatus | None = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[EmployerView]:
    """Employers in order of registration, filtered by country, mission or status."""
    filters = {"country": country, "mission": mission, "status": status}
    paging = Paging.of(keyring, grant.caller.client, "employers", filters)
    after = paging.open(cursor)
    rows = await queries.list_employers(
        session,
        within=grant,
        country=country,
        mission=mission,
        status=status,
        after=UUID(after[0]) if after else None,
        limit=limit,
    )
    return paging.page(
        rows,
        limit,
        key=lambda employer: [employer.id],
        show=lambda employer: grant.show(EmployerView.of(employer, keyring)),
    )


@reads.get("/{employer_id}/history", responses=responses(EmployerNotFound))
async def get_employer_history(
    employer_id: UUID, grant: Read, session: ReadSession
) -> EmployerHistoryView:
    """Every change of an employer: when, from and to which status, and by whom."""
    employer = await queries.get_employer(session, employer_id, within=grant)
    entries = await queries.list_history(session, employer_id)
    return EmployerHistoryView(
        items=[grant.show(EmployerHistoryEntry.of(entry), employer) for entry in entries]
    )


@writes.patch("/{employer_id}", responses=responses(EmployerNotFound))
async def amend_employer(
    employer_id: UUID,
    amendment: EmployerAmendment,
    grant: Annotated[Grant, permit(POLICY, "employers:amend")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> EmployerView:
    """Change an employer's contact by merge patch."""
    employer = await operations.amend_employer(
        session, employer_id, amendment, grant=grant, keyring=keyring, version=version
    )
    return _shown(EmployerView.of(employer, keyring), grant, response)


@writes.post(
    "/{employer_id}/accreditations",
    status_code=201,
    responses=responses(
        EmployerNotFound, EmployerActionRefused, MalformedRequest, AccreditationTooLong
    ),
)
async def accredit_employer(
    employer_id: UUID,
    accreditation: EmployerAccreditation,
    grant: Annotated[Grant, permit(POLICY, "employers:accredit")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> EmployerView:
    """Record that the mission verified this employer (UU 18/2017 art. 10)."""
    employer = await operations.accredit_employer(
        session, employer_id, valid_to=accreditation.valid_to, grant=grant, version=version
    )
    return _shown(EmployerView.of(employer, keyring), grant, response)


@writes.post(
    "/{employer_id}/listings",
    status_code=201,
    responses=responses(EmployerNotFound, EmployerActionRefused),
)
async def list_employer(
    employer_id: UUID,
    listing: EmployerListing,
    grant: Annotated[Grant, permit(POLICY, "employers:list")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> EmployerView:
    """Put an employer on the list of problematic employers."""
    employer = await operations.list_employer(
        session, employer_id, reason=listing.reason, grant=grant, version=version
    )
    return _shown(EmployerView.of(employer, keyring), grant, response)


@writes.post(
    "/{employer_id}/delistings",
    status_code=201,
    responses=responses(EmployerNotFound, EmployerActionRefused),
)
async def delist_employer(
    employer_id: UUID,
    listing: EmployerListing,
    grant: Annotated[Grant, permit(POLICY, "employers:list")],
    session: WriteSession,
    keyring: ServiceKeys,
    version: ExpectedVersion,
    response: Response,
) -> EmployerView:
    """Take an employer off the list of problematic employers."""
    employer = await operations.delist_employer(
        session, employer_id, reason=listing.reason, grant=grant, version=version
    )
    return _shown(EmployerView.of(employer, keyring), grant, response)


def _shown(employer: EmployerView, grant: Grant, response: Response) -> EmployerView:
    response.headers["ETag"] = etag(employer.version)
    return grant.show(employer)
