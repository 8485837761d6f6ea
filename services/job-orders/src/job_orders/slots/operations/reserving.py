"""Seats by request: a placement agency reserves one for a placement, and gives it back."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.rules import check_may_place, standing_on
from job_orders.employers.rules import EmployerStatus
from job_orders.placements.queries import lock_placement
from job_orders.placements.rules import PlacementPhase
from job_orders.placements.tables import Placement
from job_orders.slots import queries, rules
from job_orders.slots.operations.moves import actor_of, enter_move, give_seat_back
from job_orders.slots.rules import ReleaseReason, ReservationStatus, SlotCause
from job_orders.slots.schemas import ReservationRequest
from job_orders.slots.tables import SlotAccount, SlotReservation
from shared import clock, outbox
from shared.ids import new_id
from shared.messages.job_orders import SlotReserved
from shared.policy import Grant


async def reserve_slot(
    session: AsyncSession, job_order_id: UUID, request: ReservationRequest, *, grant: Grant
) -> SlotReservation:
    """Hold one seat of a line for a placement until it lapses, is released or used.

    Refuses a closed order, a listed employer, an agency that may not recruit, a placement that is
    unknown, gone, another agency's or already seated, and a line without a free seat.
    """
    expires_at = rules.expiry(request.expires_at, now=clock.now())
    account = await _require_recruiting(session, job_order_id, request.line_id, grant=grant)
    await _require_candidate(session, request.placement_id, account)
    if not await queries.take_free_seat(session, account.line_id):
        raise await _why_no_seat(session, account, grant=grant)
    reservation = SlotReservation(
        id=new_id(),
        job_order_id=job_order_id,
        line_id=account.line_id,
        placement_id=request.placement_id,
        placement_agency_code=account.placement_agency_code,
        status=ReservationStatus.HELD,
        expires_at=expires_at,
        reserved_by=grant.caller.subject,
        reserved_at=clock.now(),
    )
    session.add(reservation)
    await session.flush()  # The entry refers to it.
    enter_move(session, SlotCause.RESERVE, reservation, actor=actor_of(grant))
    outbox.add(
        session,
        SlotReserved(
            job_order_id=job_order_id,
            line_id=reservation.line_id,
            reservation_id=reservation.id,
            placement_id=reservation.placement_id,
            expires_at=expires_at,
        ),
    )
    return reservation


async def release_slot(
    session: AsyncSession,
    job_order_id: UUID,
    reservation_id: UUID,
    *,
    reason: ReleaseReason,
    grant: Grant,
) -> SlotReservation:
    """Give a held seat back; refuses one that is released or filled."""
    reservation = await queries.get_reservation(session, job_order_id, reservation_id)
    grant.require(reservation)
    released = await queries.settle_reservation(
        session,
        where=queries.with_id(reservation_id),
        status=ReservationStatus.RELEASED,
        at=clock.now(),
        reason=reason,
    )
    if released is None:
        settled = await queries.get_reservation(session, job_order_id, reservation_id)
        raise rules.ReservationSettled(current_status=settled.status.value)
    await give_seat_back(session, released, reason=reason, actor=actor_of(grant))
    return released


async def _require_recruiting(
    session: AsyncSession, job_order_id: UUID, line_id: UUID, *, grant: Grant
) -> SlotAccount:
    recruitment = await queries.get_recruitment(session, job_order_id, line_id)
    account, today = recruitment.account, clock.today()
    grant.require(account)
    rules.check_recruiting(
        is_open=account.is_open,
        valid_to=account.valid_to,
        is_listed=recruitment.employer_status is EmployerStatus.LISTED,
        today=today,
    )
    check_may_place(standing_on(recruitment.agency_history, today), account.country)
    return account


async def _require_candidate(
    session: AsyncSession, placement_id: UUID, account: SlotAccount
) -> Placement:
    """The lock on the placement lets one reservation at a time look for another."""
    placement = await lock_placement(session, placement_id)
    if placement is None or placement.phase is PlacementPhase.NAMED:
        raise rules.PlacementUnknown(retry_after_seconds=2)
    rules.check_candidate(
        placement.phase,
        differing=(
            (
                "placement_agency_code",
                placement.placement_agency_code != account.placement_agency_code,
            ),
            ("country", placement.country not in {None, account.country}),
        ),
    )
    seated = await queries.find_live_reservation(session, placement_id)
    if seated is not None:
        raise rules.AlreadyReserved(reservation_id=str(seated.id))
    return placement


async def _why_no_seat(session: AsyncSession, account: SlotAccount, *, grant: Grant) -> Exception:
    accounts = await queries.list_accounts(session, account.job_order_id, within=grant)
    line = next(one for one in accounts if one.line_id == account.line_id)
    if not line.is_open:
        return rules.RecruitmentClosed(valid_to=line.valid_to.isoformat())
    return rules.NoFreeSlot(
        endorsed=line.endorsed,
        reserved=line.reserved,
        filled=line.filled,
        lines_with_free_slots=[str(one.line_id) for one in accounts if one.is_open and one.free],
    )
