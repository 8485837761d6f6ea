"""Reviews: the most urgent first, both sides shown, two officers where something hangs on it."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from registry.handlers import on_case_closed, on_slot_reserved
from shared import clock
from shared.db import Database
from shared.ids import new_id
from shared.messages.cases import CaseClosed
from shared.messages.job_orders import SlotReserved
from shared.sensitivity import Purpose
from tests.registry.links.doubts import (
    DEPARTED,
    answer,
    doubt,
    person_of,
    queue,
    report,
    told,
)
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import take
from tests.stands import fresh_key


async def test_what_moves_a_count_comes_before_what_moves_none(sender: Sender) -> None:
    quiet = await doubt(sender)
    moving = await doubt(sender, **DEPARTED)
    places = [one["id"] for one in await queue(sender)]
    assert (quiet.review["urgency"], moving.review["urgency"]) == (0, 1)
    assert places.index(moving.review["id"]) < places.index(quiet.review["id"])


async def test_an_open_case_puts_a_review_first_and_its_end_puts_it_back(
    sender: Sender, sessions: Database
) -> None:
    concerned, other = await doubt(sender), await doubt(sender, **DEPARTED)
    case_id = new_id()
    await report(sessions, case_id, concerned.known["person_id"])
    first, *_ = await queue(sender)
    assert (first["id"], first["urgency"]) == (concerned.review["id"], 1000)
    closed = CaseClosed(case_id=case_id, closure_reason="RESOLVED", closed_at=clock.now())
    await take(sessions, lambda session: told(session, on_case_closed, closed))
    places = [one["id"] for one in await queue(sender)]
    assert places.index(other.review["id"]) < places.index(concerned.review["id"])


async def test_a_review_shows_both_sides_and_marks_what_differs(sender: Sender) -> None:
    found = await doubt(sender)
    answered = await sender.api.get(f"/v1/link-reviews/{found.review['id']}", headers=sender.desk())
    assert answered.status_code == 200, answered.text
    shown = answered.json()
    names = next(one for one in shown["fields"] if one["field"] == "full_name")
    numbers = next(one for one in shown["restricted_fields"] if one["field"] == "nik")
    assert names["candidates"][0]["person_id"] == found.known["person_id"]
    assert names["candidates"][0]["is_different"] is True
    assert numbers["candidates"][0]["is_different"] is False
    weights = shown["comparisons"][0]
    assert sum(one["weight"] for one in weights["fields"]) == pytest.approx(weights["score"])
    lines = {one["field"]: one["level"] for one in weights["fields"]}
    assert next(iter(lines)) == "PRIOR"
    assert {"NAME": "OTHER", "HOUSEHOLD": ""}.items() <= lines.items()
    assert "NAME_CONFLICT" in weights["conflicts"]


async def test_a_review_and_the_decision_tell_the_guards_that_held_the_link(
    sender: Sender,
) -> None:
    name, nik = make_name(), make_nik()
    known = {"full_name": name, "birth_date": "1990-05-12", "nik": nik}
    await sender.stored(SISKO, known)
    twin = await sender.stored(PEDULI, known | {"nik": make_nik()})
    assert twin["decision"]["outcome"] == "REVIEW"
    assert "TWIN_NUMBERS" in twin["decision"]["reasons"]
    (review,) = [one for one in await queue(sender) if one["source_record_id"] == twin["id"]]
    assert "TWIN_NUMBERS" in review["reasons"]
    decided = await sender.api.get(
        f"/v1/source-records/{twin['id']}/decisions", headers=sender.desk()
    )
    comparison, *_ = decided.json()["items"][-1]["comparisons"]
    assert {"TWIN_NUMBERS", "NIK_CONFLICT"} <= set(comparison["conflicts"])
    assert comparison["fields"][0]["field"] == "PRIOR"
    assert sum(one["weight"] for one in comparison["fields"]) == comparison["score"]


async def test_an_officer_of_a_mission_sees_names_and_no_numbers(sender: Sender) -> None:
    found = await doubt(sender)
    officer = sender.callers.headers(
        "mission-officer", purpose=Purpose.PROTECTION_CASE, mission="KBRI-KUALA-LUMPUR"
    )
    shown = await sender.api.get(f"/v1/link-reviews/{found.review['id']}", headers=officer)
    assert shown.json()["restricted_fields"] is None
    assert "restricted_fields" in shown.json()["withheld"]
    assert {one["field"] for one in shown.json()["fields"]} == {"full_name"}


async def test_one_officer_decides_where_nothing_hangs_on_it(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await doubt(sender)
    closed = await answer(sender, found.review["id"], found.known["person_id"], officer="one")
    assert (closed.status_code, closed.json()["state"]) == (201, "SAME")
    assert await person_of(database, found.doubted) == found.known["person_id"]


async def test_two_officers_decide_where_a_live_placement_hangs_on_it(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await doubt(sender, **DEPARTED)
    review_id, person_id = found.review["id"], found.known["person_id"]
    first = await answer(sender, review_id, person_id, officer="one")
    assert (first.status_code, first.json()["state"]) == (201, "AWAITING_SECOND")
    assert await person_of(database, found.doubted) != person_id
    again = await answer(sender, review_id, person_id, officer="one")
    assert (again.status_code, again.json()["code"]) == (409, "opinion-already-given")
    against = await answer(sender, review_id, None, officer="two")
    assert against.json()["state"] == "AWAITING_SECOND"
    third = await answer(sender, review_id, person_id, officer="three")
    assert third.json()["state"] == "SAME"
    assert await person_of(database, found.doubted) == person_id
    late = await answer(sender, review_id, person_id, officer="four")
    assert (late.status_code, late.json()["code"]) == (409, "review-closed")


async def test_two_officers_decide_where_an_open_case_hangs_on_it(
    sender: Sender, sessions: Database
) -> None:
    found = await doubt(sender)
    await report(sessions, new_id(), found.known["person_id"])
    first = await answer(sender, found.review["id"], None, officer="one")
    assert first.json()["state"] == "AWAITING_SECOND"
    second = await answer(sender, found.review["id"], None, officer="two")
    assert second.json()["state"] == "DIFFERENT"


async def test_who_awaits_a_second_officer_does_so_also_when_nothing_hangs_on_it_any_more(
    sender: Sender, sessions: Database
) -> None:
    found, case_id = await doubt(sender), new_id()
    await report(sessions, case_id, found.known["person_id"])
    await answer(sender, found.review["id"], found.known["person_id"], officer="one")
    closed = CaseClosed(case_id=case_id, closure_reason="RESOLVED", closed_at=clock.now())
    await take(sessions, lambda session: told(session, on_case_closed, closed))
    against = await answer(sender, found.review["id"], None, officer="two")
    assert against.json()["state"] == "AWAITING_SECOND"


async def test_two_officers_decide_while_a_seat_is_held(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    """Also when the placement is withdrawn already: the seat is not given back yet."""
    found = await doubt(sender, **DEPARTED)
    placement_id = await database.fetchval(
        "UPDATE placements SET status = 'WITHDRAWN' WHERE person_id = $1 RETURNING id",
        found.known["person_id"],
    )
    seat = SlotReserved(
        job_order_id=new_id(),
        reservation_id=new_id(),
        placement_id=placement_id,
        line_id=new_id(),
        expires_at=clock.now() + timedelta(days=1),
    )
    await take(sessions, lambda session: told(session, on_slot_reserved, seat))
    first = await answer(sender, found.review["id"], None, officer="one")
    assert first.json()["state"] == "AWAITING_SECOND"


async def test_one_officer_decides_where_the_placement_never_came_to_be(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await doubt(sender, **DEPARTED)
    await database.execute(
        "UPDATE placements SET status = 'WITHDRAWN' WHERE person_id = $1",
        found.known["person_id"],
    )
    only = await answer(sender, found.review["id"], None, officer="one")
    assert only.json()["state"] == "DIFFERENT"


async def test_a_wish_to_merge_joins_the_review_that_waits_already(sender: Sender) -> None:
    """Its reason is kept with the others, and the officer's answer counts there."""
    found = await doubt(sender)
    person = await sender.stored(SISKO, {"full_name": make_name(), **DEPARTED})
    caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE, sub="one")
    wished = await sender.api.post(
        f"/v1/persons/{person['person_id']}/merges",
        json={"merged_person_id": found.doubted["person_id"], "reason": "SAME_FACE"},
        headers=caller | fresh_key() | {"If-Match": '"v1"'},
    )
    assert wished.status_code == 202, wished.text
    told_of = wished.json()
    assert told_of["id"] == found.review["id"]
    assert {*found.review["reasons"], "PROPOSED_BY_OFFICER", "SAME_FACE"} == {*told_of["reasons"]}
    assert person["person_id"] in told_of["candidate_person_ids"]
    other = await answer(sender, told_of["id"], person["person_id"], officer="two")
    assert other.json()["state"] == "SAME"


async def test_a_merge_that_much_hangs_on_waits_for_a_second_officer(
    sender: Sender, database: asyncpg.Connection
) -> None:
    person_id = (await sender.stored(SISKO, {"full_name": make_name(), **DEPARTED}))["person_id"]
    other = await sender.stored(PEDULI, {"full_name": make_name(), "country": "MY"})

    async def wish(officer: str) -> httpx.Response:
        caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE, sub=officer)
        return await sender.api.post(
            f"/v1/persons/{person_id}/merges",
            json={"merged_person_id": other["person_id"], "reason": "SAME_FACE"},
            headers=caller | fresh_key() | {"If-Match": '"v1"'},
        )

    first = await wish("one")
    assert (first.status_code, first.json()["state"]) == (202, "AWAITING_SECOND"), first.text
    assert first.headers["location"] == f"/v1/link-reviews/{first.json()['id']}"
    assert first.json()["reasons"] == ["PROPOSED_BY_OFFICER", "SAME_FACE"]
    assert await person_of(database, other) == other["person_id"]
    assert (await wish("one")).json()["code"] == "opinion-already-given"
    second = await wish("two")
    assert (second.status_code, second.json()["version"]) == (201, 2), second.text
    assert await person_of(database, other) == person_id


async def test_what_hangs_on_a_review_is_weighed_again_when_persons_merge_and_part(
    sender: Sender, sessions: Database
) -> None:
    found = await doubt(sender)
    person_id = found.known["person_id"]
    placed = await sender.stored(SISKO, {"full_name": make_name(), **DEPARTED})

    async def urgency() -> int:
        (one,) = [one for one in await queue(sender) if one["id"] == found.review["id"]]
        told: int = one["urgency"]
        return told

    async def command(name: str, body: dict[str, Any], officer: str) -> int:
        version = (await sender.person(person_id))["version"]
        caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE, sub=officer)
        answered = await sender.api.post(
            f"/v1/persons/{person_id}/{name}",
            json=body,
            headers=caller | fresh_key() | {"If-Match": f'"v{version}"'},
        )
        return answered.status_code

    assert await urgency() == 0
    wish = {"merged_person_id": placed["person_id"], "reason": "SAME_FACE"}
    assert [await command("merges", wish, one) for one in ("one", "two")] == [202, 201]
    assert await urgency() == 1
    assert await command("splits", {"source_record_ids": [placed["id"]]}, "one") == 201
    assert await urgency() == 0
