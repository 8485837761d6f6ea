"""Seats under pressure: whatever comes at once, no line is ever overdrawn."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import asyncpg

from job_orders.placements.queries import add_placements
from job_orders.placements.rules import PlacementPhase
from job_orders.placements.tables import Placement
from shared.db import Database
from shared.ids import new_id
from shared.messages.registry import PlacementDeparted, PlacementWithdrawn
from tests.job_orders.factories import Json, World, in_days, tell
from tests.job_orders.slots.ledger import check_ledger

AT_ONCE = 50


async def make_placements(database: Database, agency_code: str, number: int) -> list[UUID]:
    """Copies of many placements, put there directly."""
    made = [
        Placement(
            id=new_id(),
            person_id=new_id(),
            placement_agency_code=agency_code,
            country="MY",
            phase=PlacementPhase.OPEN,
        )
        for _ in range(number)
    ]
    async with database.session() as session:
        await add_placements(session, made)
        await session.commit()
    return [placement.id for placement in made]


async def test_a_thousand_reservations_on_a_hundred_seats_give_exactly_a_hundred(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_issued(100)
    version = (await world.read(order)).headers["etag"]
    placements = await make_placements(world.database, world.agency_code, 1000)
    gate = asyncio.Semaphore(AT_ONCE)

    async def reserve(placement_id: UUID) -> tuple[int, str | None]:
        async with gate:
            answer = await world.reserve(order, placement_id)
            return answer.status_code, answer.json().get("code")

    outcomes = Counter(await asyncio.gather(*(reserve(one) for one in placements)))
    assert outcomes == {(201, None): 100, (409, "no-free-slot"): 900}
    slots = await world.slots(order)
    assert (slots["reserved"], slots["free"]) == (100, 0)
    events = "SELECT count(*) FROM outbox WHERE key = $1 AND type LIKE '%slot-reserved.v1'"
    assert await admin.fetchval(events, order["id"]) == 100
    assert (await world.read(order)).headers["etag"] == version
    await check_ledger(admin)


async def test_one_placement_reserving_many_times_at_once_gets_one_seat(
    world: World, admin: asyncpg.Connection
) -> None:
    orders = [await world.make_issued(20) for _ in range(2)]
    (placement_id,) = await make_placements(world.database, world.agency_code, 1)
    answers = await asyncio.gather(
        *(world.reserve(order, placement_id) for order in orders for _ in range(10))
    )
    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(201, None): 1, (409, "already-reserved"): 19}
    await check_ledger(admin)


async def test_requests_and_events_mixed_leave_every_balance_right(
    world: World, admin: asyncpg.Connection
) -> None:
    permit = {"permit_number": "KDN-R", "positions_approved": 40, "valid_to": in_days(300)}
    order = await world.make_issued(15, 15, host_quota_permit=permit)
    placements = await make_placements(world.database, world.agency_code, 80)
    chance = random.Random(7)
    gate = asyncio.Semaphore(AT_ONCE)

    async def live(placement_id: UUID, line: int, choice: str) -> int:
        async with gate:
            answer = await world.reserve(order, placement_id, line=line)
            if answer.status_code == 201:
                await settle(world, answer.json(), placement_id, choice)
            return answer.status_code

    async def cancel() -> int:
        await asyncio.sleep(0.4)
        return (await world.command(order, "cancellations", None, world.agency())).status_code

    choices = ["HOLD", "RELEASE", "DEPART", "WITHDRAW", "RELEASE AND DEPART"]
    lives = [live(one, chance.randrange(2), chance.choice(choices)) for one in placements]
    statuses = Counter(await asyncio.gather(*lives, cancel()))
    assert set(statuses) <= {201, 409}
    await check_ledger(admin)
    line = (await world.read(order)).json()
    assert line["status"] == "CANCELLED"
    used = "SELECT sum(reserved + filled) FROM slot_accounts WHERE job_order_id = $1"
    committed = "SELECT positions_committed FROM host_permits WHERE permit_number = 'KDN-R'"
    assert await admin.fetchval(committed) == await admin.fetchval(used, UUID(order["id"]))


async def settle(world: World, reservation: Json, placement_id: UUID, choice: str) -> None:
    """What becomes of a seat; a request and an event may meet on it."""
    path = f"/v1/job-orders/{reservation['job_order_id']}/reservations/{reservation['id']}"
    departed = PlacementDeparted(
        placement_id=placement_id,
        person_id=new_id(),
        country="MY",
        departed_on=reservation["reserved_at"][:10],
        reservation_id=reservation["id"],
    )
    withdrawn = PlacementWithdrawn(placement_id=placement_id, person_id=new_id(), reason="X")
    doings: list[Coroutine[Any, Any, object]] = []
    if "RELEASE" in choice:
        body = {"reason": "AGENCY_DECIDED"}
        doings.append(world.post(f"{path}/releases", body, world.agency()))
    if "DEPART" in choice:
        doings.append(tell(world.database, departed))
    if choice == "WITHDRAW":
        doings.append(tell(world.database, withdrawn))
    await asyncio.gather(*doings)
