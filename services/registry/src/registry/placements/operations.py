"""What can be done with a placement. Each operation is one transaction and never commits."""

from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.persons.queries import lock_person
from registry.placements import queries, rules
from registry.placements.reference.steps import Scheme, Step
from registry.placements.rules import SCHEMES, Attempt, Done, ReservationState
from registry.placements.schemas import NewPlacement, PlacementView, StepCompletion
from registry.placements.tables import Placement, PlacementStep, SlotReservation
from registry.placements.telling import facts_of, tell_opened, tell_step
from registry.population.definition import PRESENCE_1
from registry.population.evidence import Reading, placement_evidence
from registry.population.operations import Said, hear, recount
from registry.population.timeline import Change, ExitKind
from shared import clock, outbox, reference
from shared.auth import Caller
from shared.errors import VersionStale
from shared.ids import new_id
from shared.messages.registry import PlacementRefused, PlacementReservationLapsed
from shared.policy import Grant

_EXITS = {"DIED": ExitKind.DEATH, "DEPORTED": ExitKind.DEPORTATION}
HOME = "ID"
SEAT_REFUSED = "SEAT_REFUSED"
_STAYS_ABROAD = frozenset({"NATURALISED", "LOST_CONTACT"})


async def open_placement(session: AsyncSession, wanted: NewPlacement, *, grant: Grant) -> Placement:
    """Open a placement of a person; refuses an unknown scheme, country or occupation, and a merged
    or unknown person.
    """
    scheme = get_scheme(wanted.scheme)
    if wanted.country == HOME or reference.find_country(wanted.country) is None:
        raise rules.PlacementCountryUnknown
    if reference.find_occupation(wanted.occupation_code) is None:
        raise rules.OccupationUnknown
    person = await lock_person(session, wanted.person_id)
    placement = Placement(
        id=new_id(),
        person_id=person.id,
        person_id_as_given=wanted.person_id,
        scheme=scheme.code,
        status="REGISTERED",
        country=wanted.country,
        subdivision=wanted.subdivision,
        occupation_code=wanted.occupation_code,
        placement_agency_code=wanted.placement_agency_code,
        employer_code=wanted.employer_code,
        job_order_number=wanted.job_order_number,
        opened_at=clock.now(),
        version=1,
    )
    grant.require(placement)
    session.add(placement)
    await session.flush()
    remember(session, placement, 1, "REGISTERED", clock.today(), by=grant.caller)
    tell_opened(session, facts_of(placement))
    return placement


async def complete_step(
    session: AsyncSession,
    placement_id: UUID,
    completion: StepCompletion,
    *,
    grant: Grant,
    version: int,
) -> Placement:
    """Take a step; refuses what `rules.check_step` refuses, and a stale version."""
    placement = await _lock_for(session, placement_id, grant=grant, version=version)
    scheme = get_scheme(placement.scheme)
    done = await list_done(session, placement, scheme)
    reservation = await _reservation_of(
        session, placement, completion.reservation_id or placement.reservation_id
    )
    attempt = Attempt(
        completion.step,
        completion.completed_on,
        grant.caller.roles,
        reservation.expires_at if reservation else None,
        completion.contract_ends_on or placement.contract_ends_on,
    )
    step = rules.check_step(scheme, done, attempt, at=clock.now())
    _apply(placement, step, completion, reservation)
    await _record(session, placement, step.code, completion.completed_on, by=grant.caller)
    tell_step(
        session,
        facts_of(placement),
        step.code,
        completion.completed_on,
        job_order_id=reservation.job_order_id if reservation else None,
    )
    if step.code in {"DEPARTED", "ARRIVED", "EXTENDED"} or step.ends:
        await tell_ledger(session, placement)
    return placement


async def withdraw_placement(
    session: AsyncSession, placement_id: UUID, *, reason: str, grant: Grant, version: int
) -> Placement:
    """The candidate withdraws; refuses after the departure, and a stale version."""
    placement = await _lock_for(session, placement_id, grant=grant, version=version)
    scheme = get_scheme(placement.scheme)
    done = await list_done(session, placement, scheme)
    attempt = Attempt("WITHDRAWN", clock.today(), grant.caller.roles)
    step = rules.check_step(scheme, done, attempt, at=clock.now())
    placement.status = step.code
    await _record(session, placement, step.code, clock.today(), by=grant.caller, reason=reason)
    tell_step(session, facts_of(placement), step.code, clock.today(), reason=reason)
    return placement


async def hold_seat(session: AsyncSession, reservation: SlotReservation) -> None:
    """Copy a seat that job-orders holds for a placement."""
    known = await queries.find_reservation(session, reservation.reservation_id)
    if known is None:
        session.add(reservation)
    else:
        known.expires_at = reservation.expires_at


async def settle_seat(session: AsyncSession, reservation_id: UUID, state: ReservationState) -> None:
    """Job-orders freed or filled a seat; a placement without it must find another one."""
    seen = await session.get(SlotReservation, reservation_id)
    if seen is None:
        return
    placement = await queries.find_and_lock_placement(session, seen.placement_id)
    await session.refresh(seen, with_for_update=True)
    seen.state = state
    if state is not ReservationState.RELEASED or placement is None:
        return
    if placement.reservation_id == reservation_id:
        placement.reservation_id = None
        placement.version += 1


async def note_refused_seat(session: AsyncSession, placement_id: UUID, *, reason: str) -> None:
    """Keep in the journey that job-orders had no seat for it, and tell whoever follows it."""
    placement = await queries.find_and_lock_placement(session, placement_id)
    if placement is None:
        return
    steps = await queries.list_steps(session, placement.id)
    session.add(
        PlacementStep(
            placement_id=placement.id,
            number=len(steps) + 1,
            step=SEAT_REFUSED,
            completed_on=clock.today(),
            reason=reason,
            subject="job-orders",
            organisation="job-orders",
            recorded_at=clock.now(),
        )
    )
    placement.version += 1
    outbox.add(
        session,
        PlacementRefused(
            placement_id=placement.id,
            person_id=placement.person_id,
            step=placement.status,
            reason=reason,
        ),
    )


async def lapse_seats(session: AsyncSession) -> bool:
    """Let seats past their expiry lapse unless a contract was signed under them; says if any.

    The placement is locked first, so CONTRACTED and lapse exclude each other.
    """
    expired = await queries.list_expired_reservations(session, at=clock.now(), limit=100)
    for reservation in sorted(expired, key=lambda one: str(one.placement_id)):
        await _lapse(session, reservation)
    return bool(expired)


async def _lapse(session: AsyncSession, reservation: SlotReservation) -> None:
    placement = await queries.find_and_lock_placement(session, reservation.placement_id)
    await session.refresh(reservation, with_for_update=True)
    if reservation.state is not ReservationState.HELD or reservation.expires_at > clock.now():
        return
    reservation.state = ReservationState.LAPSED
    if placement is not None and placement.reservation_id == reservation.reservation_id:
        placement.reservation_id = None
        placement.version += 1
    outbox.add(
        session,
        PlacementReservationLapsed(
            placement_id=reservation.placement_id,
            reservation_id=reservation.reservation_id,
            job_order_id=reservation.job_order_id,
            lapsed_at=clock.now(),
        ),
    )


def get_scheme(code: str | None) -> Scheme:
    """Raises SchemeUnknown for one whose steps are not declared."""
    scheme = SCHEMES.get(code or "")
    if scheme is None:
        raise rules.SchemeUnknown(known=", ".join(sorted(SCHEMES)))
    return scheme


async def list_done(session: AsyncSession, placement: Placement, scheme: Scheme) -> list[Done]:
    """The steps a placement has behind it, those included that nobody recorded."""
    steps = await queries.list_steps(session, placement.id)
    done = [Done(step.step, step.completed_on) for step in rules.standing_steps(steps)]
    recorded = {step.code for step in done}
    return done + [Done(code, None) for code in sorted(rules.implied(scheme, recorded) - recorded)]


async def view_placement(session: AsyncSession, placement: Placement) -> PlacementView:
    """A placement with what may follow and what is due; nothing for a scheme without steps."""
    await session.flush()
    job_order_id = await queries.find_job_order_id(session, placement.job_order_number)
    scheme = SCHEMES.get(placement.scheme or "")
    if scheme is None:
        return PlacementView.of(placement, job_order_id=job_order_id, allowed_steps=[], dues=[])
    done = await list_done(session, placement, scheme)
    return PlacementView.of(
        placement,
        job_order_id=job_order_id,
        allowed_steps=rules.allowed_steps(scheme, done),
        dues=rules.dues(scheme, done),
    )


async def tell_ledger(session: AsyncSession, placement: Placement) -> None:
    """Let a placement that no source record tells of count in the population."""
    if placement.source_record_id is not None:
        return
    ends = placement.status if placement.status not in _STAYS_ABROAD else None
    evidence = placement_evidence(
        reading_today(),
        country=placement.country,
        subdivision=placement.subdivision,
        departed_on=placement.departed_on,
        arrived_on=placement.arrived_on,
        contract_ends_on=placement.contract_ends_on,
        ended_on=placement.ended_on if ends else None,
        ended_by=_EXITS.get(placement.status, ExitKind.RETURN),
    )
    await hear(
        session, [Said(placement.id, placement.person_id, is_from_case=False, evidence=evidence)]
    )
    await recount(session, [placement.person_id], change=Change.NEWS, definition=PRESENCE_1)


def reading_today() -> Reading:
    return Reading(PRESENCE_1, clock.today(), district_of)


def district_of(country: str, subdivision: str | None) -> str | None:
    """The mission competent for a place today."""
    return _district_on(country, subdivision, clock.today())


@lru_cache(maxsize=10_000)
def _district_on(country: str, subdivision: str | None, day: date) -> str | None:
    mission = reference.mission_for(country, subdivision, on=day)
    return mission.code if mission else None


def remember(
    session: AsyncSession,
    placement: Placement,
    number: int,
    step: str,
    completed_on: date | None,
    *,
    by: Caller,
    reason: str | None = None,
) -> None:
    session.add(
        PlacementStep(
            placement_id=placement.id,
            number=number,
            step=step,
            completed_on=completed_on,
            reason=reason,
            subject=by.subject,
            organisation=by.organisation,
            recorded_at=clock.now(),
        )
    )


async def _record(
    session: AsyncSession,
    placement: Placement,
    step: str,
    completed_on: date,
    *,
    by: Caller,
    reason: str | None = None,
) -> None:
    steps = await queries.list_steps(session, placement.id)
    remember(session, placement, len(steps) + 1, step, completed_on, by=by, reason=reason)
    placement.version += 1


async def _lock_for(
    session: AsyncSession, placement_id: UUID, *, grant: Grant, version: int
) -> Placement:
    """The person first, for the ledger behind it; then the placement. Refuses a stale version."""
    seen = await queries.get_placement(session, placement_id, within=grant)
    await lock_person(session, seen.person_id)
    placement = await queries.lock_placement(session, placement_id)
    await session.refresh(placement)
    if placement.version != version:
        raise VersionStale
    return placement


async def _reservation_of(
    session: AsyncSession, placement: Placement, reservation_id: UUID | None
) -> SlotReservation | None:
    """The seat behind a step, if it is this placement's and still held or bound."""
    if reservation_id is None:
        return None
    reservation = await queries.find_reservation(session, reservation_id)
    if reservation is None or reservation.placement_id != placement.id:
        return None
    usable = {ReservationState.HELD, ReservationState.BOUND}
    return reservation if reservation.state in usable else None


def _apply(
    placement: Placement,
    step: Step,
    completion: StepCompletion,
    reservation: SlotReservation | None,
) -> None:
    """What a step changes in the placement beside its status."""
    placement.status = step.code
    if step.code == "DEPARTED":
        placement.departed_on = completion.completed_on
    elif step.code == "ARRIVED":
        placement.arrived_on = completion.completed_on
    elif step.ends and placement.departed_on is not None:
        placement.ended_on = completion.completed_on
    if step.code in {"CONTRACTED", "EXTENDED"}:
        placement.contract_ends_on = completion.contract_ends_on or placement.contract_ends_on
    if step.code == "CONTRACTED":
        placement.contract_starts_on = completion.contract_starts_on or completion.completed_on
    if reservation is not None and step.code in {"PLACEMENT_AGREED", "CONTRACTED"}:
        placement.reservation_id = reservation.reservation_id
        if step.code == "CONTRACTED":
            reservation.state = ReservationState.BOUND
