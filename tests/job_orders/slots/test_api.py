"""Seats and reservations over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from job_orders.orders.operations import expire_due_orders
from shared import clock, outbox
from shared.ids import new_id
from shared.messages.registry import PlacementWithdrawn
from tests.job_orders.factories import World, in_days, tell
from tests.job_orders.slots.ledger import check_ledger


async def release(
    world: World, reservation: dict[str, Any], reason: str = "CANDIDATE_WITHDREW"
) -> Any:
    path = f"/v1/job-orders/{reservation['job_order_id']}/reservations/{reservation['id']}"
    return await world.post(f"{path}/releases", {"reason": reason}, world.agency())


async def test_a_reserved_seat_is_counted_and_the_orders_etag_stands(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_issued(2, 1)
    before = await world.read(order)
    placement_id = await world.make_placement()
    answer = await world.reserve(order, placement_id)
    assert answer.status_code == 201, answer.text
    reservation = answer.json()
    assert (reservation["status"], reservation["placement_id"]) == ("HELD", str(placement_id))
    slots = await world.slots(order)
    assert [slots[name] for name in ("endorsed", "reserved", "filled", "free")] == [2, 1, 0, 1]
    assert (await world.slots(order, line=1))["free"] == 1
    after = await world.read(order)
    assert after.headers["etag"] == before.headers["etag"]
    assert after.content == before.content
    read = await world.api.get(answer.headers["location"], headers=world.agency())
    assert read.json()["id"] == reservation["id"]
    events = await admin.fetch(
        "SELECT type, data FROM outbox WHERE key = $1 ORDER BY position DESC LIMIT 1", order["id"]
    )
    assert events[0]["type"].endswith("slot-reserved.v1")


async def test_a_line_without_a_free_seat_names_the_lines_that_have_one(world: World) -> None:
    order = await world.make_issued(1, 1)
    assert (await world.reserve(order, await world.make_placement())).status_code == 201
    refused = await world.reserve(order, await world.make_placement())
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "no-free-slot"
    assert (problem["endorsed"], problem["reserved"], problem["filled"]) == (1, 1, 0)
    assert problem["lines_with_free_slots"] == [order["lines"][1]["id"]]


async def test_a_placement_has_one_seat(world: World) -> None:
    order = await world.make_issued(5)
    placement_id = await world.make_placement()
    first = (await world.reserve(order, placement_id)).json()
    again = await world.reserve(order, placement_id)
    assert (again.status_code, again.json()["code"]) == (409, "already-reserved")
    assert again.json()["reservation_id"] == first["id"]
    assert (await release(world, first)).status_code == 201
    assert (await world.reserve(order, placement_id)).status_code == 201


async def test_a_placement_that_has_not_arrived_yet_is_told_to_come_back(world: World) -> None:
    order = await world.make_issued(5)
    answer = await world.reserve(order, new_id())
    assert (answer.status_code, answer.json()["code"]) == (409, "placement-unknown")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("changes", "mismatch"),
    [
        ({"country": "SA"}, ["country"]),
        ({"country": None}, None),
        ({"placement_agency_code": "P3MI-OTHER"}, ["placement_agency_code"]),
        ({"placement_agency_code": None}, ["placement_agency_code"]),
    ],
)
async def test_a_placement_fits_agency_and_country(
    world: World, changes: dict[str, Any], mismatch: list[str] | None
) -> None:
    order = await world.make_issued(5)
    answer = await world.reserve(order, await world.make_placement(**changes))
    assert answer.json().get("mismatch") == mismatch
    assert answer.status_code == (409 if mismatch else 201)


async def test_a_withdrawn_placement_gets_no_seat(world: World) -> None:
    order = await world.make_issued(5)
    placement_id = await world.make_placement()
    gone = PlacementWithdrawn(placement_id=placement_id, person_id=new_id(), reason="X")
    await tell(world.database, gone)
    answer = await world.reserve(order, placement_id)
    assert (answer.status_code, answer.json()["current_status"]) == (409, "WITHDRAWN")


async def test_a_released_seat_is_free_again_and_released_once(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_issued(1)
    reservation = (await world.reserve(order, await world.make_placement())).json()
    released = await release(world, reservation, "MEDICALLY_UNFIT")
    assert (released.status_code, released.json()["status"]) == (201, "RELEASED")
    assert (await world.slots(order))["free"] == 1
    again = await release(world, reservation)
    assert (again.status_code, again.json()["current_status"]) == (409, "RELEASED")
    path = f"/v1/job-orders/{order['id']}/slot-entries"
    entries = (await world.api.get(path, headers=world.agency())).json()["items"]
    assert [(one["cause"], one["positions"]) for one in entries] == [
        ("OPEN", 1),
        ("RESERVE", 1),
        ("RELEASE", 1),
    ]
    assert all(one["subject"] is None for one in entries)
    assert await check_ledger(admin) > 0


async def test_a_reason_that_only_an_event_may_give_is_refused(world: World) -> None:
    order = await world.make_issued(1)
    reservation = (await world.reserve(order, await world.make_placement())).json()
    assert (await release(world, reservation, "RESERVATION_LAPSED")).status_code == 422


async def test_another_agency_neither_sees_nor_takes_seats(world: World) -> None:
    order = await world.make_issued(5)
    reservation = (await world.reserve(order, await world.make_placement())).json()
    other = World(world.api, world.callers, world.database)
    await other.make_agency()
    taken = await other.reserve(order, await other.make_placement())
    assert (taken.status_code, taken.json()["code"]) == (403, "action-not-allowed")
    assert (await release(other, reservation)).status_code == 403
    base = f"/v1/job-orders/{order['id']}"
    for path in ("/slots", "/slot-entries", f"/reservations/{reservation['id']}"):
        assert (await world.api.get(base + path, headers=other.agency())).status_code == 404
    listed = await world.api.get(f"{base}/reservations", headers=other.agency())
    assert listed.json()["items"] == []


async def test_reservations_are_listed_by_page_and_status(world: World) -> None:
    order = await world.make_issued(5)
    made = [
        (await world.reserve(order, await world.make_placement())).json()["id"] for _ in range(3)
    ]
    path = f"/v1/job-orders/{order['id']}/reservations"
    await world.post(f"{path}/{made[1]}/releases", {"reason": "AGENCY_DECIDED"}, world.agency())
    first = await world.api.get(path, params={"limit": "2"}, headers=world.officer())
    cursor = first.json()["next"]
    second = await world.api.get(
        path, params={"limit": "2", "cursor": cursor}, headers=world.officer()
    )
    seen = [one["id"] for one in [*first.json()["items"], *second.json()["items"]]]
    assert seen == made
    held = await world.api.get(path, params={"status": "HELD"}, headers=world.officer())
    assert [one["id"] for one in held.json()["items"]] == [made[0], made[2]]


async def test_an_order_that_is_not_issued_has_no_seats(world: World) -> None:
    order = await world.endorse(await world.make_submitted(5))
    answer = await world.reserve(order, await world.make_placement())
    assert (answer.status_code, answer.json()["code"]) == (404, "slots-not-found")


async def test_a_line_that_was_not_endorsed_has_no_seats(world: World) -> None:
    order = await world.issue(await world.endorse(await world.make_submitted(5, 5), line2=0))
    answer = await world.reserve(order, await world.make_placement(), line=1)
    assert (answer.status_code, answer.json()["code"]) == (404, "slots-not-found")


async def test_trouble_after_the_issuance_stops_further_reservations(world: World) -> None:
    world = World(world.api, world.callers, world.database)
    agency = await world.make_agency()
    employer = await world.make_employer()
    order = await world.make_issued(5, employer=employer)
    stopped = await world.sanction(agency, "FULL_STOP")
    answer = await world.reserve(order, await world.make_placement())
    assert (answer.status_code, answer.json()["code"]) == (409, "placement-agency-stopped")
    body = {"effective_on": str(clock.today())}
    path = f"/v1/placement-agencies/{agency['id']}/restorations"
    await world.post(path, body, world.regulator(), version=stopped["version"])
    assert (await world.reserve(order, await world.make_placement())).status_code == 201
    await world.change_employer(employer, "listings", {"reason": "UNPAID_WAGES"})
    answer = await world.reserve(order, await world.make_placement())
    assert (answer.status_code, answer.json()["code"]) == (409, "employer-on-problem-list")


async def test_a_cancelled_order_keeps_held_seats_and_gives_the_others_to_its_permit(
    world: World, admin: asyncpg.Connection
) -> None:
    permit = {"permit_number": "KDN-S", "positions_approved": 10, "valid_to": in_days(300)}
    order = await world.make_issued(10, host_quota_permit=permit)
    reservation = (await world.reserve(order, await world.make_placement())).json()
    cancelled = await world.command(order, "cancellations", None, world.agency())
    assert (cancelled.status_code, cancelled.json()["status"]) == (201, "CANCELLED")
    slots = await world.slots(order)
    assert [slots[name] for name in ("reserved", "returned", "free")] == [1, 9, 0]
    committed = "SELECT positions_committed FROM host_permits WHERE permit_number = 'KDN-S'"
    assert await admin.fetchval(committed) == 1
    refused = await world.reserve(order, await world.make_placement())
    assert (refused.status_code, refused.json()["code"]) == (409, "recruitment-closed")
    assert (await release(world, reservation)).status_code == 201
    slots = await world.slots(order)
    assert [slots[name] for name in ("reserved", "returned", "free")] == [0, 10, 0]
    assert await admin.fetchval(committed) == 0
    await check_ledger(admin)


async def test_an_order_past_its_last_day_expires_by_the_timer(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_issued(3)
    endorsed = await world.endorse(await world.make_submitted(3))
    standing = await world.make_issued(3)
    await world.reserve(order, await world.make_placement())
    await admin.execute(
        "UPDATE job_orders SET valid_to = current_date - 1 WHERE id = ANY($1::uuid[])",
        [UUID(order["id"]), UUID(endorsed["id"])],
    )
    async with world.database.session() as session:
        assert await expire_due_orders(session) is False
        await session.flush()
        await outbox.flush(session)
        await session.commit()
    statuses = [(await world.read(one)).json()["status"] for one in (order, endorsed, standing)]
    assert statuses == ["EXPIRED", "EXPIRED", "ISSUED"]
    assert (await world.slots(order))["reserved"] == 1
    event = await admin.fetchval(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY position DESC LIMIT 1", order["id"]
    )
    assert event.endswith("job-order.expired.v1")


async def test_an_expiry_that_does_not_lie_ahead_is_refused(world: World) -> None:
    order = await world.make_issued(1)
    placement_id = await world.make_placement()
    for expires_at in (clock.now(), clock.now() + timedelta(days=200)):
        answer = await world.reserve(order, placement_id, expires_at=expires_at.isoformat())
        assert (answer.status_code, answer.json()["code"]) == (422, "reservation-expiry-invalid")


async def test_the_database_itself_refuses_an_overdrawn_line(
    world: World, admin: asyncpg.Connection
) -> None:
    await world.make_issued(2)
    for change in ("reserved = endorsed + 1", "filled = -1", "reserved = 1, filled = endorsed"):
        with pytest.raises(asyncpg.CheckViolationError, match="never_overdrawn"):
            await admin.execute(f"UPDATE slot_accounts SET {change}")  # noqa: S608 - constants.
