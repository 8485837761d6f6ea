"""One review in fifty is asked again blind, without effect; how far officers agree is measured."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from registry.links.queries import identifications_of, told_apart
from registry.links.rules import is_repeated, wilson_interval
from shared import clock
from shared.db import Database
from shared.ids import new_id
from tests.registry.links.doubts import Doubt, answer, doubt, person_of, queue, report
from tests.registry.senders import PEDULI, Sender, make_name


async def drawn_doubt(sender: Sender, database: asyncpg.Connection) -> Doubt:
    """One that is put to another officer once more after its answer."""
    found = await doubt(sender)
    drawn = next(one for one in iter(new_id, None) if is_repeated(one))
    await database.execute(
        "UPDATE link_reviews SET id = $2 WHERE id = $1", found.review["id"], drawn
    )
    return Doubt(found.known, found.doubted, found.review | {"id": str(drawn)})


async def repeat_of(sender: Sender, found: Doubt) -> dict[str, Any]:
    (repeat,) = [
        one for one in await queue(sender) if one["source_record_id"] == found.doubted["id"]
    ]
    return repeat


async def test_one_in_fifty_is_asked_again_blind_and_the_answers_are_compared(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await drawn_doubt(sender, database)
    before = await agreement(sender)
    await answer(sender, found.review["id"], None, officer="one")
    stands_with = await person_of(database, found.doubted)
    repeat = await repeat_of(sender, found)
    assert "repeat_of" not in repeat
    own = await answer(sender, repeat["id"], None, officer="one")
    assert own.json()["code"] == "opinion-already-given"
    blind = await answer(sender, repeat["id"], found.known["person_id"], officer="two")
    assert (blind.status_code, blind.json()["state"]) == (201, "SAME")
    assert await person_of(database, found.doubted) == stands_with
    after = await agreement(sender)
    assert after["BLIND_REPEAT"] == (before["BLIND_REPEAT"][0] + 1, before["BLIND_REPEAT"][1])
    assert after["SECOND_OFFICER"] == before["SECOND_OFFICER"]


async def agreement(sender: Sender) -> dict[str, tuple[int, int]]:
    """Pairs of answers of each kind, and how many agree."""
    measured = await sender.api.get("/v1/link-reviews/agreement", headers=sender.desk())
    assert measured.status_code == 200, measured.text
    return {one["kind"]: (one["pairs"], one["agreed"]) for one in measured.json()["items"]}


async def test_two_officers_who_say_the_same_agree(sender: Sender, sessions: Database) -> None:
    found = await doubt(sender)
    await report(sessions, new_id(), found.known["person_id"])
    before = (await agreement(sender))["SECOND_OFFICER"]
    for officer in ("one", "two"):
        await answer(sender, found.review["id"], None, officer=officer)
    assert (await agreement(sender))["SECOND_OFFICER"] == (before[0] + 1, before[1] + 1)


async def test_a_blind_repeat_is_no_review_to_the_matcher_or_to_cases(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    found = await drawn_doubt(sender, database)
    record_id = UUID(found.doubted["id"])
    await answer(sender, found.review["id"], found.known["person_id"], officer="one")
    repeat = await repeat_of(sender, found)
    await database.execute(
        "INSERT INTO identifications (source_record_id, case_id, participant_id)"
        " VALUES ($1, $2, $3)",
        record_id,
        new_id(),
        new_id(),
    )
    async with sessions.session() as session:
        (asked,) = await identifications_of(session, person_ids=(), record_ids=[record_id])
    assert not asked.is_in_review
    await answer(sender, repeat["id"], None, officer="two")
    async with sessions.session() as session:
        assert not await told_apart(session, [record_id])


async def test_a_new_version_of_the_record_leaves_its_blind_repeat_to_be_answered(
    sender: Sender, database: asyncpg.Connection
) -> None:
    found = await drawn_doubt(sender, database)
    await answer(sender, found.review["id"], None, officer="one")
    repeat = await repeat_of(sender, found)
    key = await database.fetchval(
        "SELECT record_key FROM source_records WHERE id = $1", found.doubted["id"]
    )
    renewed = await sender.stored(
        PEDULI, {"full_name": make_name(), "country": "MY"}, key=key, updated_at=clock.now()
    )
    assert renewed["id"] == found.doubted["id"]
    assert (await repeat_of(sender, found))["id"] == repeat["id"]


def test_about_one_review_in_fifty_is_repeated() -> None:
    drawn = sum(is_repeated(new_id()) for _ in range(20_000))
    assert 300 < drawn < 500


def test_the_interval_of_a_share() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(45, 50) == pytest.approx((0.7864, 0.9565), abs=1e-4)
