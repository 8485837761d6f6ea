"""Any sequence of requests and events leaves the seats as a small model says."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.handlers import HANDLERS
from job_orders.placements.rules import PlacementPhase
from job_orders.policy import POLICY
from job_orders.slots import operations
from job_orders.slots.operations import PermitTerms, SeatsToOpen
from job_orders.slots.rules import (
    Actor,
    AlreadyReserved,
    NoFreeSlot,
    PlacementNotOpen,
    RecruitmentClosed,
    ReleaseReason,
    ReservationSettled,
)
from job_orders.slots.schemas import ReservationRequest
from job_orders.slots.tables import HostPermit, SlotAccount
from shared import clock, outbox
from shared.auth import Caller
from shared.db import Database
from shared.errors import Refusal
from shared.ids import new_id
from shared.inbox import Told
from shared.messages.base import Message
from shared.messages.registry import (
    PlacementDeparted,
    PlacementEnded,
    PlacementReservationLapsed,
    PlacementWithdrawn,
)
from shared.sensitivity import Purpose
from shared.telemetry import new_trace
from tests.job_orders.factories import World, make_event, placement_opened

ACTOR = Actor("machine", "TEST")
LINES, PLACEMENTS = 2, 7
NUMBERS = st.integers(0, PLACEMENTS - 1)
Answer = TypeVar("Answer")


@dataclass
class Stand:
    """A database and a loop of its own, shared by all examples, and the parties of the orders."""

    database_url: str
    agency_code: str
    agency_id: UUID
    employer_id: UUID
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.database_url, application="machine", pool_size=2)

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(work)

    def close(self) -> None:
        self.run(self.database.close())
        self.runner.close()

    def grant(self, action: str) -> Any:
        caller = Caller(
            "agency-1",
            "portal",
            self.agency_code,
            None,
            frozenset({"placement-agency"}),
            Purpose.PLACEMENT_SERVICE,
            "t",
        )
        return POLICY.grant(caller, action)

    async def commit(self, session: AsyncSession) -> None:
        await session.flush()
        await outbox.flush(session)
        await session.commit()

    async def tell(self, message: Message) -> None:
        async with self.database.session() as session:
            await HANDLERS.give(session, Told(message, make_event(message), new_trace()))
            await self.commit(session)


@dataclass
class Seat:
    """What the model knows of a placement."""

    placement_id: UUID
    phase: PlacementPhase = PlacementPhase.OPEN
    line: int | None = None
    reservation_id: UUID | None = None
    status: str | None = None


def pick(seats: list[Seat], number: int) -> Seat:
    return seats[number % len(seats)]


class Machine(RuleBasedStateMachine):
    """The model: numbers in dictionaries. The system: operations and handlers on PostgreSQL."""

    stand: ClassVar[Stand]

    def __init__(self) -> None:
        super().__init__()
        self.job_order_id = new_id()
        self.line_ids = [new_id() for _ in range(LINES)]
        self.is_open = True
        self.seats: list[Seat] = []

    @initialize(endorsed=st.lists(st.integers(1, 3), min_size=LINES, max_size=LINES))
    def issue(self, endorsed: list[int]) -> None:
        self.endorsed = endorsed
        self.returned = [0] * LINES
        self.stand.run(self._open())

    @rule(number=NUMBERS, line=st.integers(0, LINES - 1))
    def reserve(self, number: int, line: int) -> None:
        self._reserve_for(self.seats[number], line)

    @precondition(lambda self: self._with(None, "RELEASED"))
    @rule(number=NUMBERS, line=st.integers(0, LINES - 1))
    def reserve_for_one_without_a_seat(self, number: int, line: int) -> None:
        self._reserve_for(pick(self._with(None, "RELEASED"), number), line)

    @precondition(lambda self: self._with("HELD", "CONSUMED", "RELEASED"))
    @rule(number=NUMBERS)
    def release(self, number: int) -> None:
        seat = pick(self._with("HELD", "CONSUMED", "RELEASED"), number)
        assert seat.reservation_id is not None
        outcome = self.stand.run(self._release(seat.reservation_id))
        if seat.status == "HELD":
            assert outcome is None
            self._free(seat)
        else:
            assert isinstance(outcome, ReservationSettled)

    @rule(number=NUMBERS)
    def depart(self, number: int) -> None:
        self._depart(self.seats[number])

    @precondition(lambda self: self._with("HELD"))
    @rule(number=NUMBERS)
    def depart_on_a_held_seat(self, number: int) -> None:
        self._depart(pick(self._with("HELD"), number))

    @rule(number=NUMBERS, has_ended=st.booleans())
    def withdraw_or_end(self, number: int, *, has_ended: bool) -> None:
        seat = self.seats[number]
        ids = {"placement_id": seat.placement_id, "person_id": seat.placement_id}
        if has_ended:
            self._tell(PlacementEnded(**ids, ended_on=clock.today(), reason="RETURNED"))
            seat.phase = PlacementPhase.ENDED
        else:
            self._tell(PlacementWithdrawn(**ids, reason="CANDIDATE_WITHDREW"))
            seat.phase = PlacementPhase.WITHDRAWN
        self._free(seat)

    @precondition(lambda self: self._with("HELD", "CONSUMED", "RELEASED"))
    @rule(number=NUMBERS)
    def lapse(self, number: int) -> None:
        seat = pick(self._with("HELD", "CONSUMED", "RELEASED"), number)
        assert seat.reservation_id is not None
        lapsed = PlacementReservationLapsed(
            placement_id=seat.placement_id,
            reservation_id=seat.reservation_id,
            job_order_id=self.job_order_id,
            lapsed_at=clock.now(),
        )
        self._tell(lapsed)
        self._free(seat)
        self._tell(lapsed)  # The inbox would skip the second one; it moves no seat anyhow.

    @precondition(lambda self: self.is_open and len(self._with("HELD", "CONSUMED")) > 1)
    @rule()
    def close(self) -> None:
        self.stand.run(self._close())
        self.is_open = False
        for line in range(LINES):
            self.returned[line] = self.endorsed[line] - self._count(line, "HELD", "CONSUMED")

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        if not self.seats:
            return
        accounts, committed = self.stand.run(self._read())
        for line, line_id in enumerate(self.line_ids):
            account = accounts[line_id]
            assert account.reserved == self._count(line, "HELD")
            assert account.filled == self._count(line, "CONSUMED")
            assert account.returned == self.returned[line]
            assert account.is_open is self.is_open
        assert committed == sum(self.endorsed) - sum(self.returned)

    def _with(self, *statuses: str | None) -> list[Seat]:
        return [seat for seat in self.seats if seat.status in statuses]

    def _reserve_for(self, seat: Seat, line: int) -> None:
        expected = self._expected(seat, line)
        outcome = self.stand.run(self._reserve(seat, line))
        if expected is not None:
            assert isinstance(outcome, expected)
            return
        assert isinstance(outcome, UUID)
        seat.line, seat.reservation_id, seat.status = line, outcome, "HELD"

    def _depart(self, seat: Seat) -> None:
        self._tell(
            PlacementDeparted(
                placement_id=seat.placement_id,
                person_id=seat.placement_id,
                country="MY",
                departed_on=clock.today(),
                reservation_id=seat.reservation_id,
            )
        )
        seat.phase = PlacementPhase.DEPARTED
        if seat.status == "HELD":
            seat.status = "CONSUMED"

    def _expected(self, seat: Seat, line: int) -> type[Refusal] | None:
        if not self.is_open:
            return RecruitmentClosed
        if seat.phase is not PlacementPhase.OPEN:
            return PlacementNotOpen
        if seat.status in {"HELD", "CONSUMED"}:
            return AlreadyReserved
        if self._count(line, "HELD", "CONSUMED") == self.endorsed[line]:
            return NoFreeSlot
        return None

    def _count(self, line: int, *statuses: str) -> int:
        return sum(seat.line == line and seat.status in statuses for seat in self.seats)

    def _free(self, seat: Seat) -> None:
        if seat.status == "HELD" and seat.line is not None:
            seat.status = "RELEASED"
            self.returned[seat.line] += not self.is_open

    def _tell(self, message: Message) -> None:
        self.stand.run(self.stand.tell(message))

    async def _open(self) -> None:
        async with self.stand.database.session() as session:
            self.permit_id = await operations.commit_to_permit(
                session,
                PermitTerms("MY", str(new_id()), self.stand.employer_id, 100, clock.today()),
                positions=sum(self.endorsed),
            )
            lines = [
                SeatsToOpen(
                    line_id=line_id,
                    job_order_id=self.job_order_id,
                    employer_id=self.stand.employer_id,
                    placement_agency_id=self.stand.agency_id,
                    placement_agency_code=self.stand.agency_code,
                    mission="KBRI-KUALA-LUMPUR",
                    country="MY",
                    occupation_code="6221",
                    host_permit_id=self.permit_id,
                    endorsed=endorsed,
                    valid_to=clock.today(),
                )
                for line_id, endorsed in zip(self.line_ids, self.endorsed, strict=True)
            ]
            await operations.open_slots(session, lines, actor=ACTOR)
            await self.stand.commit(session)
        opened = [placement_opened(self.stand.agency_code) for _ in range(PLACEMENTS)]
        for message in opened:
            await self.stand.tell(message)
        self.seats = [Seat(message.placement_id) for message in opened]

    async def _reserve(self, seat: Seat, line: int) -> UUID | Refusal:
        request = ReservationRequest(line_id=self.line_ids[line], placement_id=seat.placement_id)
        async with self.stand.database.session() as session:
            try:
                reservation = await operations.reserve_slot(
                    session,
                    self.job_order_id,
                    request,
                    grant=self.stand.grant("reservations:make"),
                )
            except Refusal as refusal:
                return refusal
            await self.stand.commit(session)
            return reservation.id

    async def _release(self, reservation_id: UUID) -> Refusal | None:
        async with self.stand.database.session() as session:
            try:
                await operations.release_slot(
                    session,
                    self.job_order_id,
                    reservation_id,
                    reason=ReleaseReason.AGENCY_DECIDED,
                    grant=self.stand.grant("reservations:release"),
                )
            except Refusal as refusal:
                return refusal
            await self.stand.commit(session)
            return None

    async def _close(self) -> None:
        async with self.stand.database.session() as session:
            await operations.close_slots(session, self.job_order_id, actor=ACTOR)
            await self.stand.commit(session)

    async def _read(self) -> tuple[dict[UUID, SlotAccount], int]:
        async with self.stand.database.session() as session:
            found = await session.exec(
                select(SlotAccount).where(col(SlotAccount.job_order_id) == self.job_order_id)
            )
            permit = await session.get(HostPermit, self.permit_id)
            assert permit is not None
            return {one.line_id: one for one in found.all()}, permit.positions_committed


@pytest.fixture
async def parties(world: World, settings: dict[str, str]) -> dict[str, Any]:
    employer = await world.make_employer()
    agencies = await world.api.get(
        "/v1/placement-agencies", params={"limit": "200"}, headers=world.agency()
    )
    agency = next(one for one in agencies.json()["items"] if one["code"] == world.agency_code)
    return {
        "database_url": settings["JOB_ORDERS_DATABASE_URL"],
        "agency_code": world.agency_code,
        "agency_id": UUID(agency["id"]),
        "employer_id": UUID(employer["id"]),
    }


def test_seats_follow_the_model_under_any_sequence(parties: dict[str, Any]) -> None:
    Machine.stand = Stand(**parties)
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # Shrinking on a real database takes minutes.
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        Machine.stand.close()
