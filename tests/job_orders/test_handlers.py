"""What job-orders does when told: once, in order, and with refusals as events."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI

from job_orders.handlers import HANDLERS
from shared import clock
from shared.cloudevents import Event
from shared.ids import new_id
from shared.inbox import Inbox
from shared.messages.base import Message
from shared.messages.registry import (
    PlacementAmended,
    PlacementDeparted,
    PlacementEnded,
    PlacementOpened,
    PlacementReservationLapsed,
    PlacementWithdrawn,
)
from tests.job_orders.factories import (
    Json,
    World,
    make_event,
    merged,
    placement_opened,
    split,
    tell,
)
from tests.job_orders.slots.ledger import check_ledger
from tests.shared.spine_parts import Log


@pytest.fixture
def inbox(app: FastAPI) -> Inbox:
    return Inbox(app.state.database, HANDLERS, keyring=app.state.keyring)


def events(*messages: Message) -> list[Event]:
    """Events of one key in order."""
    return [make_event(message, number) for number, message in enumerate(messages, start=1)]


def departed(placement_id: UUID, **changes: Any) -> PlacementDeparted:
    fields: Json = {
        "placement_id": placement_id,
        "person_id": new_id(),
        "country": "MY",
        "departed_on": clock.today(),
    }
    return PlacementDeparted(**fields | changes)


def amended(opening: PlacementOpened, **changes: Any) -> PlacementAmended:
    dates = dict.fromkeys(("departed_on", "arrived_on", "ended_on"))
    told = opening.model_dump(exclude={"opened_at"}) | dates | {"phase": "OPEN"}
    return PlacementAmended.model_validate(told | changes)


def lapsed(placement_id: UUID, reservation: Json) -> PlacementReservationLapsed:
    return PlacementReservationLapsed(
        placement_id=placement_id,
        reservation_id=reservation["id"],
        job_order_id=reservation["job_order_id"],
        lapsed_at=clock.now(),
    )


def withdrawn(placement_id: UUID) -> PlacementWithdrawn:
    return PlacementWithdrawn(placement_id=placement_id, person_id=new_id(), reason="X")


async def told(admin: asyncpg.Connection, order: Json) -> list[Json]:
    """What the order's key said of its seats since the issuance: type and payload."""
    rows = await admin.fetch(
        "SELECT type, data FROM outbox WHERE key = $1 AND type LIKE '%slot-%' ORDER BY position",
        order["id"],
    )
    return [{"type": row["type"].split(".")[-2]} | json.loads(bytes(row["data"])) for row in rows]


async def types_told(admin: asyncpg.Connection, order: Json) -> list[str]:
    return [one["type"] for one in await told(admin, order)]


async def test_a_departure_fills_the_seat_once_however_often_and_in_whatever_order_it_comes(
    world: World, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    order = await world.make_issued(3)
    opening = placement_opened(world.agency_code)
    placement_id = opening.placement_id
    first, second = events(opening, departed(placement_id))
    log = Log()
    await inbox.apply(log.records([first, first]))
    reservation = (await world.reserve(order, placement_id)).json()
    assert reservation["status"] == "HELD"
    await inbox.apply(log.records([second, first, second]))
    await inbox.apply(log.records([second]))
    slots = await world.slots(order)
    assert (slots["reserved"], slots["filled"], slots["free"]) == (0, 1, 2)
    assert await types_told(admin, order) == ["slot-reserved", "slot-consumed"]
    await check_ledger(admin)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("REGISTERED", "OPEN"),
        ("CONTRACTED", "OPEN"),
        ("DEPARTED", "DEPARTED"),
        ("ARRIVED", "DEPARTED"),
    ],
)
async def test_a_placement_that_opens_abroad_needs_no_seat(
    world: World, admin: asyncpg.Connection, inbox: Inbox, status: str, phase: str
) -> None:
    order = await world.make_issued(3)
    opening = placement_opened(world.agency_code).model_copy(update={"status": status})
    await inbox.apply(Log().records(events(opening)))
    answer = await world.reserve(order, opening.placement_id)
    assert answer.status_code == (201 if phase == "OPEN" else 409)
    kept = "SELECT phase FROM placements WHERE id = $1"
    assert await admin.fetchval(kept, opening.placement_id) == phase


async def test_a_placement_that_is_amended_looks_for_seats_as_what_it_is_now(
    world: World, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    order = await world.make_issued(3)
    opening = placement_opened("P3MI-ANOTHER")
    said = amended(opening, placement_agency_code=world.agency_code)
    away = said.model_copy(update={"phase": "DEPARTED", "departed_on": clock.today()})
    story = events(opening, said, away)
    log = Log()
    await inbox.apply(log.records(story[:1]))
    assert (await world.reserve(order, opening.placement_id)).status_code != 201
    await inbox.apply(log.records(story[1:2]))
    assert (await world.reserve(order, opening.placement_id)).status_code == 201
    await inbox.apply(log.records(story[2:]))
    kept = await admin.fetchrow("SELECT * FROM placements WHERE id = $1", opening.placement_id)
    assert (kept["phase"], kept["placement_agency_code"]) == ("DEPARTED", world.agency_code)
    await check_ledger(admin)


async def test_a_withdrawal_that_is_taken_back_opens_the_placement_again(
    world: World, inbox: Inbox
) -> None:
    order = await world.make_issued(3)
    opening = placement_opened(world.agency_code)
    story = events(opening, withdrawn(opening.placement_id), opening)
    await inbox.apply(Log().records(story[:2]))
    assert (await world.reserve(order, opening.placement_id)).status_code == 409
    await inbox.apply(Log().records(story[2:]))
    assert (await world.reserve(order, opening.placement_id)).status_code == 201


async def test_a_departure_that_overtakes_the_opening_waits_for_it(
    world: World, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    opening = placement_opened(world.agency_code)
    first, second = events(opening, departed(opening.placement_id))
    log = Log()
    phase = "SELECT phase FROM placements WHERE id = $1"
    await inbox.apply(log.records([second]))
    assert await admin.fetchval(phase, opening.placement_id) is None
    await inbox.apply(log.records([first]))
    assert await admin.fetchval(phase, opening.placement_id) == "DEPARTED"


async def test_an_event_of_a_seat_names_the_event_that_caused_it(
    world: World, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    order = await world.make_issued(3)
    opening = placement_opened(world.agency_code)
    first, second = events(opening, departed(opening.placement_id))
    await inbox.apply(Log().records([first]))
    await world.reserve(order, opening.placement_id)
    await inbox.apply(Log(offset=1).records([second]))
    cause = await admin.fetchval(
        "SELECT causation_id FROM outbox WHERE key = $1 AND type LIKE '%slot-consumed%'",
        order["id"],
    )
    assert cause == str(second.id)
    actor = await admin.fetchrow(
        "SELECT subject, organisation FROM slot_entries WHERE job_order_id = $1 "
        "AND cause = 'CONSUME'",
        UUID(order["id"]),
    )
    assert tuple(actor) == (f"event {second.id}", "registry")


@pytest.mark.parametrize("how", ["withdrawn", "lapsed", "ended"])
async def test_a_seat_is_freed_once_by_what_the_registry_tells(
    world: World, admin: asyncpg.Connection, how: str
) -> None:
    order = await world.make_issued(3)
    placement_id = await world.make_placement()
    reservation = (await world.reserve(order, placement_id)).json()
    messages: dict[str, Message] = {
        "withdrawn": withdrawn(placement_id),
        "lapsed": lapsed(placement_id, reservation),
        "ended": PlacementEnded(
            placement_id=placement_id, person_id=new_id(), ended_on=clock.today(), reason="DIED"
        ),
    }
    await tell(world.database, messages[how], messages[how])
    assert (await world.slots(order))["free"] == 3
    assert await types_told(admin, order) == ["slot-reserved", "slot-released"]
    reasons = {
        "withdrawn": "PLACEMENT_WITHDRAWN",
        "lapsed": "RESERVATION_LAPSED",
        "ended": "PLACEMENT_ENDED",
    }
    assert (await told(admin, order))[-1]["reason"] == reasons[how]
    again = await world.reserve(order, placement_id)
    assert again.status_code == (201 if how == "lapsed" else 409)
    await check_ledger(admin)


async def test_a_reservation_past_its_expiry_stays_until_the_registry_says_so(
    world: World,
) -> None:
    order = await world.make_issued(1)
    soon = (clock.now() + timedelta(seconds=1)).isoformat()
    placement_id = await world.make_placement()
    assert (await world.reserve(order, placement_id, expires_at=soon)).status_code == 201
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert (await world.slots(order))["reserved"] == 1
        await tell(world.database, departed(placement_id))
    assert (await world.slots(order))["filled"] == 1


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("released", "RESERVATION_RELEASED"),
        ("unknown", "RESERVATION_UNKNOWN"),
        ("another's", "RESERVATION_OF_ANOTHER_PLACEMENT"),
        ("none", "NOT_RESERVED"),
    ],
)
async def test_a_departure_without_a_seat_is_an_event_that_a_person_sees(
    world: World, admin: asyncpg.Connection, case: str, reason: str
) -> None:
    order = await world.make_issued(3)
    placement_id, other_id = [await world.make_placement() for _ in range(2)]
    reservation = (await world.reserve(order, placement_id)).json()
    if case == "released":
        await tell(world.database, lapsed(placement_id, reservation))
    named = {"released": reservation["id"], "another's": reservation["id"], "unknown": new_id()}
    going = other_id if case in {"another's", "none", "unknown"} else placement_id
    message = departed(going, job_order_id=order["id"], reservation_id=named.get(case))
    await tell(world.database, message)
    refused = (await told(admin, order))[-1]
    assert (refused["type"], refused["reason"]) == ("slot-refused", reason)
    assert refused["placement_id"] == str(going)
    assert (await world.slots(order))["filled"] == 0
    await check_ledger(admin)


async def test_a_departure_that_names_no_order_asks_nothing(
    world: World, admin: asyncpg.Connection
) -> None:
    before = await admin.fetchval("SELECT count(*) FROM outbox")
    await tell(world.database, departed(await world.make_placement()))
    assert await admin.fetchval("SELECT count(*) FROM outbox") == before


@pytest.mark.parametrize("how", ["withdrawn", "lapsed"])
async def test_a_filled_seat_is_not_emptied_by_an_event(
    world: World, admin: asyncpg.Connection, how: str
) -> None:
    order = await world.make_issued(3)
    placement_id = await world.make_placement()
    reservation = (await world.reserve(order, placement_id)).json()
    await tell(world.database, departed(placement_id, reservation_id=reservation["id"]))
    late = withdrawn(placement_id) if how == "withdrawn" else lapsed(placement_id, reservation)
    await tell(world.database, late)
    assert (await world.slots(order))["filled"] == 1
    refused = (await told(admin, order))[-1]
    assert (refused["type"], refused["reason"]) == ("slot-refused", "SEAT_FILLED")


async def test_every_handled_message_has_a_handler_that_swallows_its_like_twice(
    world: World,
) -> None:
    opening = placement_opened(None, country=None)
    reservation = {"id": str(new_id()), "job_order_id": str(new_id())}
    ended = PlacementEnded(
        placement_id=opening.placement_id,
        person_id=new_id(),
        ended_on=clock.today(),
        reason="RETURNED",
    )
    messages: list[Message] = [
        opening,
        amended(opening),
        departed(opening.placement_id),
        ended,
        withdrawn(opening.placement_id),
        lapsed(opening.placement_id, reservation),
        merged(new_id(), new_id(), 1),
        split(new_id(), new_id(), 1, []),
    ]
    assert {type(message) for message in messages} == HANDLERS.models
    for message in messages:
        await tell(world.database, message, message)
