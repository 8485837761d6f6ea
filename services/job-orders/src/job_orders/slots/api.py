"""Routes of seats and reservations, below the job order that they belong to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from job_orders.agencies.rules import AgencyNotLicensed, AgencyStopped
from job_orders.placements import operations as placements
from job_orders.policy import POLICY
from job_orders.slots import operations, queries
from job_orders.slots.rules import (
    AlreadyReserved,
    EmployerOnProblemList,
    NoFreeSlot,
    PlacementMismatch,
    PlacementNotOpen,
    PlacementUnknown,
    RecruitmentClosed,
    ReservationExpiryInvalid,
    ReservationNotFound,
    ReservationSettled,
    ReservationStatus,
    SlotsNotFound,
)
from job_orders.slots.schemas import (
    ReservationRelease,
    ReservationRequest,
    ReservationView,
    SlotEntryView,
    SlotsView,
)
from shared.keys import ServiceKeys
from shared.pagination import CursorText, Limit, Page, Paging
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ReadSession, WriteRoute, WriteSession

reads = APIRouter(prefix="/v1/job-orders/{job_order_id}", tags=["slots"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1/job-orders/{job_order_id}", tags=["slots"], route_class=WriteRoute)

ReadSlots = Annotated[Grant, permit(POLICY, "slots:read")]
ReadReservations = Annotated[Grant, permit(POLICY, "reservations:read")]


@writes.post(
    "/reservations",
    status_code=201,
    responses=responses(
        SlotsNotFound,
        NoFreeSlot,
        RecruitmentClosed,
        EmployerOnProblemList,
        AgencyNotLicensed,
        AgencyStopped,
        PlacementUnknown,
        PlacementNotOpen,
        PlacementMismatch,
        AlreadyReserved,
        ReservationExpiryInvalid,
    ),
)
async def reserve_slot(
    job_order_id: UUID,
    request: ReservationRequest,
    grant: Annotated[Grant, permit(POLICY, "reservations:make")],
    session: WriteSession,
    response: Response,
) -> ReservationView:
    """Hold one seat of a line for a placement. The order's ETag is not touched."""
    reservation = await operations.reserve_slot(session, job_order_id, request, grant=grant)
    response.headers["Location"] = f"/v1/job-orders/{job_order_id}/reservations/{reservation.id}"
    return grant.show(ReservationView.of(reservation), reservation)


@writes.post(
    "/reservations/{reservation_id}/releases",
    status_code=201,
    responses=responses(ReservationNotFound, ReservationSettled),
)
async def release_slot(
    job_order_id: UUID,
    reservation_id: UUID,
    release: ReservationRelease,
    grant: Annotated[Grant, permit(POLICY, "reservations:release")],
    session: WriteSession,
) -> ReservationView:
    """Give a held seat back."""
    reservation = await operations.release_slot(
        session, job_order_id, reservation_id, reason=release.reason, grant=grant
    )
    return grant.show(ReservationView.of(reservation), reservation)


@reads.get("/slots", responses=responses(SlotsNotFound))
async def get_slots(job_order_id: UUID, grant: ReadSlots, session: ReadSession) -> SlotsView:
    """How many seats each line has: endorsed, reserved, filled, free."""
    return SlotsView.of(await queries.list_accounts(session, job_order_id, within=grant))


@reads.get("/slot-entries", responses=responses(SlotsNotFound))
async def list_slot_entries(
    job_order_id: UUID,
    grant: ReadSlots,
    session: ReadSession,
    keyring: ServiceKeys,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[SlotEntryView]:
    """The ledger behind the seats: every move, the first one first."""
    account = (await queries.list_accounts(session, job_order_id, within=grant))[0]
    paging = Paging.of(keyring, grant.caller.client, f"slot-entries {job_order_id}")
    after = paging.open(cursor)
    rows = await queries.list_entries(
        session, job_order_id, after=int(after[0]) if after else None, limit=limit
    )
    return paging.page(
        rows,
        limit,
        key=lambda entry: [entry.number],
        show=lambda entry: grant.show(SlotEntryView.of(entry), account),
    )


@reads.get("/reservations")
async def list_reservations(
    job_order_id: UUID,
    grant: ReadReservations,
    session: ReadSession,
    keyring: ServiceKeys,
    status: ReservationStatus | None = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[ReservationView]:
    """Reservations of an order in the order in which they were made."""
    paging = Paging.of(
        keyring, grant.caller.client, f"reservations {job_order_id}", {"status": status}
    )
    after = paging.open(cursor)
    rows = await queries.list_reservations(
        session,
        job_order_id,
        within=grant,
        status=status,
        after=UUID(after[0]) if after else None,
        limit=limit,
    )
    return paging.page(
        rows,
        limit,
        key=lambda reservation: [reservation.id],
        show=lambda reservation: grant.show(ReservationView.of(reservation), reservation),
    )


@reads.get("/reservations/{reservation_id}", responses=responses(ReservationNotFound))
async def get_reservation(
    job_order_id: UUID, reservation_id: UUID, grant: ReadReservations, session: ReadSession
) -> ReservationView:
    """One reservation, with the person whose seat it is."""
    reservation = await queries.get_reservation(session, job_order_id, reservation_id)
    if not grant.covers(reservation):
        raise ReservationNotFound
    person_id = await placements.person_of(session, reservation.placement_id)
    return grant.show(ReservationView.of(reservation, person_id=person_id), reservation)
