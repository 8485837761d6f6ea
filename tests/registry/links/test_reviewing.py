"""Reviews: the most urgent first, both sides shown, two officers where something hangs on it."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from registry.handlers import on_case_closed, on_case_participant_added, on_case_reported
from registry.links.rules import is_repeated, wilson_interval
from shared import clock
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.messages.cases import CaseClosed, CaseParticipantAdded, CaseReported
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import take
from tests.stands import fresh_key

EVENT: Any = Event
DEPARTED = {"departed_on": "2025-02-01", "contract_ends_on": "2035-02-01", "country": "MY"}


@dataclass
class Doubt:
    """A record of Kemlu's that shares a NIK with one of KP2MI's and contradicts its name."""

    known: dict[str, Any]
    doubted: dict[str, Any]
    review: dict[str, Any]


async def queue(sender: Sender, **filters: str) -> list[dict[str, Any]]:
    """The whole queue, page by page."""
    found: list[dict[str, Any]] = []
    asked = {"limit": "3", **filters}
    while True:
        page = await sender.api.get("/v1/link-reviews", params=asked, headers=sender.desk())
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next"] is None:
            return found
        asked["cursor"] = page.json()["next"]


async def doubt(sender: Sender, **known: Any) -> Doubt:
    nik = make_nik()
    ours = await sender.stored(SISKO, {"nik": nik, "full_name": make_name(), **known})
    theirs = await sender.stored(
        PEDULI,
        {"nik": nik, "full_name": make_name(), "country": "MY", "reported_on": "2026-01-05"},
    )
    (review,) = [one for one in await queue(sender) if one["source_record_id"] == theirs["id"]]
    return Doubt(ours, theirs, review)


async def answer(
    sender: Sender, review_id: str, person_id: str | None, *, officer: str
) -> httpx.Response:
    caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE, sub=officer)
    return await sender.api.post(
        f"/v1/link-reviews/{review_id}/closures",
        json={"person_id": person_id},
        headers=caller | fresh_key(),
    )


async def person_of(database: asyncpg.Connection, record: dict[str, Any]) -> str:
    return str(
        await database.fetchval("SELECT person_id FROM source_records WHERE id = $1", record["id"])
    )


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
    case_id, now = new_id(), clock.now()

    async def told(session: Any, handler: Any, message: Any) -> bool:
        await handler(session, message, EVENT)
        return False

    reported = CaseReported(
        case_id=case_id,
        mission="KBRI-KUALA-LUMPUR",
        country="MY",
        channel="HOTLINE",
        category="LABOUR",
        reported_at=now,
    )
    named = CaseParticipantAdded(
        case_id=case_id,
        participant_id=new_id(),
        role="VICTIM",
        person_id=concerned.known["person_id"],
        added_at=now,
    )
    closed = CaseClosed(case_id=case_id, closure_reason="RESOLVED", closed_at=now)
    await take(sessions, lambda session: told(session, on_case_reported, reported))
    await take(sessions, lambda session: told(session, on_case_participant_added, named))
    first, *_ = await queue(sender)
    assert (first["id"], first["urgency"]) == (concerned.review["id"], 1000)
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


async def test_one_in_fifty_is_asked_again_blind_and_the_answers_are_compared(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await doubt(sender)
    drawn = next(one for one in iter(new_id, None) if is_repeated(one))
    await database.execute(
        "UPDATE link_reviews SET id = $2 WHERE id = $1", found.review["id"], drawn
    )
    await answer(sender, str(drawn), None, officer="one")
    stands_with = await person_of(database, found.doubted)
    (repeat,) = [
        one for one in await queue(sender) if one["source_record_id"] == found.doubted["id"]
    ]
    assert "repeat_of" not in repeat
    own = await answer(sender, repeat["id"], None, officer="one")
    assert own.json()["code"] == "opinion-already-given"
    blind = await answer(sender, repeat["id"], found.known["person_id"], officer="two")
    assert (blind.status_code, blind.json()["state"]) == (201, "SAME")
    assert await person_of(database, found.doubted) == stands_with
    measured = await sender.api.get("/v1/link-reviews/agreement", headers=sender.desk())
    kinds = {one["kind"]: one for one in measured.json()["items"]}
    assert (kinds["BLIND_REPEAT"]["pairs"], kinds["BLIND_REPEAT"]["agreed"]) == (1, 0)
    assert kinds["SECOND_OFFICER"]["pairs"] >= 1


def test_about_one_review_in_fifty_is_repeated() -> None:
    drawn = sum(is_repeated(new_id()) for _ in range(20_000))
    assert 300 < drawn < 500


def test_the_interval_of_a_share() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(45, 50) == pytest.approx((0.7864, 0.9565), abs=1e-4)
