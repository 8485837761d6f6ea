"""Routes of job orders. Seats have routes of their own below each order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from job_orders.agencies.rules import AgencyNotFound, AgencyNotLicensed, AgencyStopped
from job_orders.employers.rules import EmployerNotFound, SectorUnknown
from job_orders.orders import operations, queries
from job_orders.orders.rules import (
    EmployerNotAccredited,
    EndorsedLinesMismatch,
    HostPermitExpired,
    JobOrderActionRefused,
    JobOrderNotFound,
    JobOrderNumberTaken,
    JobOrderStatus,
    NothingEndorsed,
    NotYourTurn,
    OccupationUnknown,
    PositionsExceedPermit,
    PositionsExceedRequest,
    SameOfficer,
    ValidityInvalid,
    WageInvalid,
)
from job_orders.orders.schemas import (
    JobOrderDecision,
    JobOrderEndorsement,
    JobOrderHistoryEntry,
    JobOrderHistoryView,
    JobOrderIssuance,
    JobOrderSummary,
    JobOrderTerms,
    JobOrderView,
)
from job_orders.policy import POLICY
from job_orders.slots.rules import EmployerOnProblemList, HostPermitDiffers, QuotaExceeded
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(prefix="/v1/job-orders", tags=["job-orders"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/job-orders", tags=["job-orders"], route_class=WriteRoute)

Read = Annotated[Grant, permit(POLICY, "job-orders:read")]
Draw = Annotated[Grant, permit(POLICY, "job-orders:draft")]
_TERMS = (
    AgencyNotFound,
    EmployerNotFound,
    OccupationUnknown,
    SectorUnknown,
    WageInvalid,
    PositionsExceedPermit,
)
_MOVE = (JobOrderNotFound, JobOrderActionRefused)
_PARTIES = (EmployerOnProblemList, EmployerNotAccredited, AgencyNotLicensed, AgencyStopped)


@writes.post("", status_code=201, responses=responses(*_TERMS))
async def draft_job_order(
    terms: JobOrderTerms, grant: Draw, session: WriteSession, response: Response
) -> JobOrderView:
    """Draw up a job order of your agency; the mission of the employer's place will verify it."""
    order = await operations.draft_order(session, terms, grant=grant)
    response.headers["Location"] = f"/v1/job-orders/{order.id}"
    return _shown(await operations.view_of(session, order), grant, response)


@reads.get("")
async def list_job_orders(
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    status: JobOrderStatus | None = None,
    mission: Annotated[str | None, Query(max_length=40)] = None,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
    employer_id: UUID | None = None,
    placement_agency_id: UUID | None = None,
    job_order_number: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[JobOrderSummary]:
    """Job orders in the order in which they were drafted. Drafts are seen by their agency alone."""
    filters = queries.Filters(
        status=status,
        mission=mission,
        country=country,
        employer_id=employer_id,
        placement_agency_id=placement_agency_id,
        job_order_number=job_order_number,
    )
    paging = Paging.of(keyring, grant.caller.client, "job-orders", {"filters": filters})
    after = paging.open(cursor)
    rows = await queries.list_orders(
        session, filters, within=grant, after=UUID(after[0]) if after else None, limit=limit
    )
    return paging.page(
        rows,
        limit,
        key=lambda order: [order.id],
        show=lambda order: grant.show(JobOrderSummary.of(order), order),
    )


@reads.get("/{job_order_id}", responses=responses(JobOrderNotFound))
async def get_job_order(
    job_order_id: UUID, grant: Read, session: ReadSession, response: Response
) -> JobOrderView:
    """One job order with its lines. Its ETag stands while seats are reserved and filled."""
    order = await queries.get_order(session, job_order_id, within=grant)
    return _shown(await operations.view_of(session, order), grant, response)


@reads.get("/{job_order_id}/history", responses=responses(JobOrderNotFound))
async def get_job_order_history(
    job_order_id: UUID, grant: Read, session: ReadSession
) -> JobOrderHistoryView:
    """Every change of an order: when, by whom, from and to which status, and why."""
    order = await queries.get_order(session, job_order_id, within=grant)
    entries = await queries.list_history(session, job_order_id)
    return JobOrderHistoryView(
        items=[grant.show(JobOrderHistoryEntry.of(entry), order) for entry in entries]
    )


@writes.put("/{job_order_id}", responses=responses(*_MOVE, *_TERMS))
async def amend_job_order(
    job_order_id: UUID,
    terms: JobOrderTerms,
    grant: Draw,
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Replace the terms of a draft or of an order that was returned."""
    order = await operations.amend_order(session, job_order_id, terms, grant=grant, version=version)
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post(
    "/{job_order_id}/submissions",
    status_code=201,
    responses=responses(*_MOVE, EmployerOnProblemList, AgencyNotLicensed, AgencyStopped),
)
async def submit_job_order(
    job_order_id: UUID,
    grant: Draw,
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Ask the mission to verify the order."""
    order = await operations.submit_order(session, job_order_id, grant=grant, version=version)
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post(
    "/{job_order_id}/endorsements",
    status_code=201,
    responses=responses(
        *_MOVE,
        *_PARTIES,
        SameOfficer,
        EndorsedLinesMismatch,
        PositionsExceedRequest,
        NothingEndorsed,
        ValidityInvalid,
        HostPermitExpired,
        HostPermitDiffers,
        QuotaExceeded,
    ),
)
async def endorse_job_order(
    job_order_id: UUID,
    endorsement: JobOrderEndorsement,
    grant: Annotated[Grant, permit(POLICY, "job-orders:endorse")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Record that your mission verified the order, for some or all of its positions."""
    order = await operations.endorse_order(
        session, job_order_id, endorsement, grant=grant, version=version
    )
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post("/{job_order_id}/returns", status_code=201, responses=responses(*_MOVE, NotYourTurn))
async def return_job_order(
    job_order_id: UUID,
    decision: JobOrderDecision,
    grant: Annotated[Grant, permit(POLICY, "job-orders:return")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Send the order back for correction: the mission before, KP2MI after the endorsement."""
    order = await operations.return_order(
        session, job_order_id, reasons=decision.reasons, grant=grant, version=version
    )
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post(
    "/{job_order_id}/rejections", status_code=201, responses=responses(*_MOVE, NotYourTurn)
)
async def reject_job_order(
    job_order_id: UUID,
    decision: JobOrderDecision,
    grant: Annotated[Grant, permit(POLICY, "job-orders:reject")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Refuse the order for good: the mission before, KP2MI after the endorsement."""
    order = await operations.reject_order(
        session, job_order_id, reasons=decision.reasons, grant=grant, version=version
    )
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post(
    "/{job_order_id}/issuances",
    status_code=201,
    responses=responses(*_MOVE, *_PARTIES, SameOfficer, JobOrderNumberTaken, ValidityInvalid),
)
async def issue_job_order(
    job_order_id: UUID,
    issuance: JobOrderIssuance,
    grant: Annotated[Grant, permit(POLICY, "job-orders:issue")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Permit recruitment (SIP2MI): the order gets its number, its endorsed seats become free."""
    order = await operations.issue_order(
        session, job_order_id, issuance, grant=grant, version=version
    )
    return _shown(await operations.view_of(session, order), grant, response)


@writes.post("/{job_order_id}/cancellations", status_code=201, responses=responses(*_MOVE))
async def cancel_job_order(
    job_order_id: UUID,
    grant: Annotated[Grant, permit(POLICY, "job-orders:cancel")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> JobOrderView:
    """Take your order back. Seats that are held or filled stay; no further one is reserved."""
    order = await operations.cancel_order(session, job_order_id, grant=grant, version=version)
    return _shown(await operations.view_of(session, order), grant, response)


def _shown(order: JobOrderView, grant: Grant, response: Response) -> JobOrderView:
    response.headers["ETag"] = etag(order.version)
    return grant.show(order)
