"""Journeys over HTTP: legal steps only, one history, a seat before the signature."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2 as httpx
import pytest

from registry.handlers import on_slot_consumed, on_slot_refused, on_slot_released, on_slot_reserved
from registry.placements.operations import lapse_seats
from shared import clock
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.messages.job_orders import SlotConsumed, SlotRefused, SlotReleased, SlotReserved
from shared.sensitivity import Purpose
from tests.registry.senders import SISKO, Sender, make_name, make_nik
from tests.registry.steps import take
from tests.stands import fresh_key

AGENCY = "P3MI-0007"
TODAY = clock.today().isoformat()
LATER = (clock.today() + timedelta(days=730)).isoformat()
ORDER = new_id()
EVENT: Any = Event


def agency(sender: Sender, organisation: str = AGENCY) -> dict[str, str]:
    return sender.callers.headers(
        "placement-agency", purpose=Purpose.PLACEMENT_SERVICE, organisation=organisation
    )


def bp3mi(sender: Sender) -> dict[str, str]:
    return sender.callers.headers("bp3mi", purpose=Purpose.PLACEMENT_SERVICE)


def officer(sender: Sender) -> dict[str, str]:
    return sender.callers.headers(
        "mission-officer", purpose=Purpose.PLACEMENT_SERVICE, mission="KBRI-KUALA-LUMPUR"
    )


async def open_placement(sender: Sender, **changes: Any) -> dict[str, Any]:
    person = await sender.stored(SISKO, {"nik": make_nik(), "full_name": make_name()})
    body = {
        "person_id": person["person_id"],
        "scheme": "P_TO_P",
        "country": "MY",
        "subdivision": "MY-01",
        "occupation_code": "9111",
        "placement_agency_code": AGENCY,
    }
    answer = await sender.api.post(
        "/v1/placements", json=body | changes, headers=agency(sender) | fresh_key()
    )
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def step(
    sender: Sender,
    placement: dict[str, Any],
    code: str,
    *,
    by: dict[str, str] | None = None,
    version: int | None = None,
    **facts: Any,
) -> httpx.Response:
    version = version or placement["version"]
    answer = await sender.api.post(
        f"/v1/placements/{placement['id']}/steps",
        json={"step": code, "completed_on": TODAY} | facts,
        headers=(by or agency(sender)) | fresh_key() | {"If-Match": f'"v{version}"'},
    )
    if answer.status_code == 201:
        placement.update(answer.json())
    return answer


async def reserve(
    sessions: Database, placement: dict[str, Any], *, lasts: timedelta = timedelta(days=14)
) -> UUID:
    """Job-orders holds a seat; its message is delivered twice."""
    message = SlotReserved(
        job_order_id=ORDER,
        line_id=new_id(),
        reservation_id=new_id(),
        placement_id=UUID(placement["id"]),
        expires_at=clock.now() + lasts,
    )
    for _ in range(2):
        await take(sessions, lambda session: _done(on_slot_reserved(session, message, EVENT)))
    return message.reservation_id


async def _done(handling: Any) -> bool:
    await handling
    return False


async def up_to_contract(sender: Sender, sessions: Database) -> tuple[dict[str, Any], UUID]:
    placement = await open_placement(sender)
    seat = await reserve(sessions, placement)
    for code in ("SELECTED", "PLACEMENT_AGREED", "MEDICAL_FIT", "COMPETENT"):
        answer = await step(sender, placement, code, reservation_id=str(seat))
        assert answer.status_code == 201, answer.text
    return placement, seat


async def test_a_journey_from_registration_to_return(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    placement, seat = await up_to_contract(sender, sessions)
    for code, by in (
        ("CONTRACTED", agency(sender)),
        ("VISA_ISSUED", agency(sender)),
        ("INSURED", agency(sender)),
        ("OPP_DONE", bp3mi(sender)),
        ("EPMI_ISSUED", bp3mi(sender)),
        ("DEPARTED", agency(sender)),
        ("ARRIVED", officer(sender)),
        ("RETURNED", bp3mi(sender)),
    ):
        answer = await step(sender, placement, code, by=by, contract_ends_on=LATER)
        assert answer.status_code == 201, (code, answer.text)
    assert placement["status"] == "RETURNED"
    assert placement["allowed_steps"] == ["REINTEGRATED"]
    history = await sender.api.get(
        f"/v1/placements/{placement['id']}/history", headers=agency(sender)
    )
    assert [one["step"] for one in history.json()["items"]][:3] == [
        "REGISTERED",
        "SELECTED",
        "PLACEMENT_AGREED",
    ]
    events = await database.fetch(
        "SELECT type, convert_from(data, 'UTF8') AS data FROM outbox WHERE key = $1"
        " ORDER BY sequence",
        placement["id"],
    )
    kinds = [event["type"].split(".")[5] for event in events]
    assert kinds[0] == "opened"
    assert kinds[-3:] == ["departed", "arrived", "ended"]
    departed = next(event for event in events if ".departed." in event["type"])
    assert str(seat) in departed["data"]
    assert str(ORDER) in departed["data"]


async def test_a_departure_counts_in_the_ledger(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    placement, _ = await up_to_contract(sender, sessions)
    steps = ("CONTRACTED", "VISA_ISSUED", "INSURED", "OPP_DONE", "EPMI_ISSUED", "DEPARTED")
    kp2mi = sender.system(SISKO, Purpose.PLACEMENT_SERVICE)
    for code in steps:
        counted = await database.fetchval(
            "SELECT count(*) FROM ledger_postings WHERE person_id = $1", placement["person_id"]
        )
        assert counted == 0, code
        answer = await step(sender, placement, code, by=kp2mi, contract_ends_on=LATER)
        assert answer.status_code == 201, answer.text
    rows = await database.fetch(
        "SELECT country, district, source_cell, delta, cause FROM ledger_postings"
        " WHERE person_id = $1 ORDER BY valid_on",
        placement["person_id"],
    )
    assert [tuple(row) for row in rows] == [
        ("MY", "KJRI-JOHOR-BAHRU", "KP2MI_ONLY", 1, "ARRIVAL"),
        ("MY", "KJRI-JOHOR-BAHRU", "KP2MI_ONLY", -1, "DECAY"),
    ]


async def test_an_illegal_step_names_the_allowed_ones(sender: Sender) -> None:
    placement = await open_placement(sender)
    answer = await step(sender, placement, "DEPARTED")
    assert (answer.status_code, answer.json()["code"]) == (409, "step-not-allowed")
    assert answer.json()["allowed_actions"] == placement["allowed_steps"]
    assert "SELECTED" in placement["allowed_steps"]


@pytest.mark.parametrize(
    ("code", "facts", "status", "problem"),
    [
        ("SELECTED", {"completed_on": "2999-01-01"}, 422, "step-in-the-future"),
        ("SELECTED", {"completed_on": "2020-01-01"}, 422, "step-before-its-ground"),
        ("DANCED", {}, 422, "step-unknown"),
        ("SELECTED", {"surprise": 1}, 422, "malformed-request"),
    ],
)
async def test_a_step_that_cannot_be_is_refused(
    sender: Sender, code: str, facts: dict[str, Any], status: int, problem: str
) -> None:
    placement = await open_placement(sender)
    answer = await step(sender, placement, code, **facts)
    assert (answer.status_code, answer.json()["code"]) == (status, problem)


async def test_agreement_needs_a_seat_whose_expiry_lies_ahead(
    sender: Sender, sessions: Database
) -> None:
    placement = await open_placement(sender)
    await step(sender, placement, "SELECTED")
    other = await open_placement(sender)
    expired = await reserve(sessions, placement, lasts=timedelta(seconds=-1))
    foreign = await reserve(sessions, other)
    for seat in (None, str(new_id()), str(expired), str(foreign)):
        answer = await step(sender, placement, "PLACEMENT_AGREED", reservation_id=seat)
        assert (answer.status_code, answer.json()["code"]) == (409, "reservation-missing")
    held = await reserve(sessions, placement)
    answer = await step(sender, placement, "PLACEMENT_AGREED", reservation_id=str(held))
    assert answer.status_code == 201


async def test_a_seat_lapses_past_its_expiry_and_says_so_once(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    placement, seat = await up_to_contract(sender, sessions)
    with clock.standing_at(clock.now() + timedelta(days=15)):
        await take(sessions, lapse_seats)
        await take(sessions, lapse_seats)
    lapsed = await database.fetch(
        "SELECT data FROM outbox WHERE key = $1 AND type LIKE '%reservation-lapsed%'",
        placement["id"],
    )
    assert len(lapsed) == 1
    assert str(seat).encode() in lapsed[0]["data"]
    read = await sender.api.get(f"/v1/placements/{placement['id']}", headers=agency(sender))
    assert read.json()["reservation_id"] is None
    placement.update(read.json())
    answer = await step(sender, placement, "CONTRACTED", contract_ends_on=LATER)
    assert answer.json()["code"] == "reservation-missing"


async def test_a_signed_contract_keeps_its_seat(sender: Sender, sessions: Database) -> None:
    placement, _ = await up_to_contract(sender, sessions)
    answer = await step(sender, placement, "CONTRACTED", contract_ends_on=LATER)
    assert answer.status_code == 201
    with clock.standing_at(clock.now() + timedelta(days=15)):
        await take(sessions, lapse_seats)
    read = await sender.api.get(f"/v1/placements/{placement['id']}", headers=agency(sender))
    assert read.json()["reservation_id"] == placement["reservation_id"]


async def test_signature_and_lapse_exclude_each_other(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    outcomes = set()
    for _ in range(6):
        placement, seat = await up_to_contract(sender, sessions)
        await database.execute(
            "UPDATE slot_reservations SET expires_at = clock_timestamp() + interval '60 ms'"
            " WHERE reservation_id = $1",
            seat,
        )
        await asyncio.sleep(0.05)

        async def lapse() -> None:
            for _ in range(8):
                await take(sessions, lapse_seats)

        answer, _ = await asyncio.gather(
            step(sender, placement, "CONTRACTED", contract_ends_on=LATER), lapse()
        )
        await asyncio.sleep(0.1)
        await take(sessions, lapse_seats)
        state = await database.fetchval(
            "SELECT state FROM slot_reservations WHERE reservation_id = $1", seat
        )
        lapsed = await database.fetchval(
            "SELECT count(*) FROM outbox WHERE key = $1 AND type LIKE '%lapsed%'", placement["id"]
        )
        outcomes.add((answer.status_code == 201, state, lapsed))
    assert outcomes <= {(True, "BOUND", 0), (False, "LAPSED", 1)}


async def test_a_released_seat_leaves_the_placement(sender: Sender, sessions: Database) -> None:
    placement, seat = await up_to_contract(sender, sessions)
    message = SlotReleased(
        job_order_id=ORDER,
        line_id=new_id(),
        reservation_id=seat,
        placement_id=UUID(placement["id"]),
        reason="CANCELLED",
    )
    for _ in range(2):
        await take(sessions, lambda session: _done(on_slot_released(session, message, EVENT)))
    read = await sender.api.get(f"/v1/placements/{placement['id']}", headers=agency(sender))
    assert read.json()["reservation_id"] is None


async def test_a_consumed_and_a_refused_seat_are_noted(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    placement, seat = await up_to_contract(sender, sessions)
    consumed = SlotConsumed(
        job_order_id=ORDER,
        line_id=new_id(),
        reservation_id=seat,
        placement_id=UUID(placement["id"]),
    )
    refused = SlotRefused(
        job_order_id=ORDER,
        reservation_id=new_id(),
        placement_id=UUID(placement["id"]),
        reason="NO_RESERVATION",
    )
    await take(sessions, lambda session: _done(on_slot_consumed(session, consumed, EVENT)))
    await take(sessions, lambda session: _done(on_slot_refused(session, refused, EVENT)))
    state = await database.fetchval(
        "SELECT state FROM slot_reservations WHERE reservation_id = $1", seat
    )
    assert state == "CONSUMED"
    last = await database.fetchval(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY sequence DESC LIMIT 1", placement["id"]
    )
    assert last == "id.go.sinergi.registry.placement.refused.v1"


async def test_a_candidate_withdraws_and_the_seat_is_told(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    placement, seat = await up_to_contract(sender, sessions)
    answer = await sender.api.post(
        f"/v1/placements/{placement['id']}/withdrawals",
        json={"reason": "FAMILY"},
        headers=agency(sender) | fresh_key() | {"If-Match": f'"v{placement["version"]}"'},
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "WITHDRAWN")
    event = await database.fetchval(
        "SELECT data FROM outbox WHERE key = $1 ORDER BY sequence DESC LIMIT 1", placement["id"]
    )
    assert str(seat).encode() in event
    assert answer.json()["allowed_steps"] == []


async def test_an_agency_sees_and_moves_its_own_placements_alone(sender: Sender) -> None:
    placement = await open_placement(sender)
    other = agency(sender, "P3MI-0099")
    read = await sender.api.get(f"/v1/placements/{placement['id']}", headers=other)
    assert read.status_code == 404
    assert (await step(sender, placement, "SELECTED", by=other)).status_code == 404
    opened = await sender.api.post(
        "/v1/placements",
        json={
            "person_id": placement["person_id"],
            "scheme": "P_TO_P",
            "country": "MY",
            "occupation_code": "9111",
            "placement_agency_code": AGENCY,
        },
        headers=other | fresh_key(),
    )
    assert opened.status_code == 403


async def test_a_step_of_another_body_is_refused(sender: Sender) -> None:
    placement = await open_placement(sender)
    insurer = sender.callers.headers("insurer", purpose=Purpose.INSURANCE_CLAIM)
    answer = await step(sender, placement, "SELECTED", by=insurer)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-not-yours")


async def test_a_stale_version_is_refused(sender: Sender) -> None:
    placement = await open_placement(sender)
    assert (await step(sender, placement, "SELECTED", version=9)).status_code == 412


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"country": "QQ", "subdivision": None}, "placement-country-unknown"),
        ({"country": "ID", "subdivision": None}, "placement-country-unknown"),
        ({"occupation_code": "0000"}, "occupation-unknown"),
        ({"scheme": "NONE"}, "scheme-unknown"),
    ],
)
async def test_a_placement_that_leads_nowhere_known_is_not_opened(
    sender: Sender, changes: dict[str, Any], code: str
) -> None:
    person = await sender.stored(SISKO, {"nik": make_nik(), "full_name": make_name()})
    body = {
        "person_id": person["person_id"],
        "scheme": "P_TO_P",
        "country": "MY",
        "occupation_code": "9111",
        "placement_agency_code": AGENCY,
    }
    headers = agency(sender) | fresh_key()
    answer = await sender.api.post("/v1/placements", json=body | changes, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
