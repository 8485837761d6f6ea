"""A model is adopted by two officers, takes effect as links always do, and can be taken back."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.handlers import on_case_closed
from registry.links.model_in_use import known_model
from shared import clock
from shared.db import Database
from shared.ids import new_id
from shared.messages.cases import CaseClosed
from shared.sensitivity import Purpose
from tests.registry.links.doubts import answer, person_of, queue, report
from tests.registry.links.doubts import told as hear
from tests.registry.rematching.adoptions import (
    ADOPTIONS,
    adopt,
    adopted,
    asked,
    confirmed,
    counted,
    post,
    projection,
    withdrawn,
)
from tests.registry.rematching.models import Models
from tests.registry.rematching.rehearsals import (
    Pair,
    ask,
    doubtful_pair,
    linked_pair,
    look,
    numbered_pair,
    pair,
    somebody,
)
from tests.registry.senders import PEDULI, Sender, make_name
from tests.registry.steps import exhaust, link, stamp, take, work_off
from tests.stands import fresh_key


async def review_of(sender: Sender, record_id: str) -> dict[str, Any] | None:
    open_ones = [one for one in await queue(sender) if one["source_record_id"] == record_id]
    return next((one for one in open_ones if one["state"] in {"OPEN", "AWAITING_SECOND"}), None)


async def quiet_pair(sender: Sender) -> Pair:
    """A doubtful pair of whom nothing is known that much would hang on."""
    said = somebody(country="MY")
    ours = await sender.stored(PEDULI, said | {"reported_on": "2026-01-05"})
    theirs = await sender.stored(PEDULI, said | {"reported_on": "2026-01-06"})
    assert theirs["decision"]["outcome"] == "REVIEW"
    return Pair(said, ours, theirs)


async def is_one(database: asyncpg.Connection, found: Pair) -> bool:
    return await person_of(database, found.ours) == await person_of(database, found.theirs)


async def test_an_adoption_links_what_its_model_links_and_a_withdrawal_restores_everything(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    quiet, linked = await quiet_pair(sender), await linked_pair(sender)
    # Where a journey abroad hangs on a person, an officer is asked and nobody moved.
    burdened = await doubtful_pair(sender)
    await work_off(sessions)
    before = await projection(database)
    where = await adopted(sender, sessions, models.lax)
    told = await look(sender, where)
    assert (told["state"], told["confirmed_by"]) == ("DONE", "second")
    assert told["records_seen"] == told["records_total"]
    assert counted(told)["JOINED", "STANDS"] >= 1
    assert await is_one(database, quiet)
    assert not await is_one(database, burdened)
    assert await is_one(database, linked)
    assert await review_of(sender, quiet.theirs["id"]) is None
    assert await review_of(sender, burdened.theirs["id"]) is not None
    during = await projection(database)
    assert during["counts"] != before["counts"]
    await withdrawn(sender, sessions, where)
    told = await look(sender, where)
    assert (told["state"], told["withdrawal_reason"]) == ("WITHDRAWN", "Too many links")
    assert {state for _, state in counted(told)} == {"TAKEN_BACK"}
    assert await projection(database) == before


async def test_a_stricter_model_asks_officers_once_and_parts_nobody(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    linked, numbered = await linked_pair(sender), await numbered_pair(sender)
    quiet = await quiet_pair(sender)
    await work_off(sessions)
    before = await projection(database)
    where = await adopted(sender, sessions, models.strict)
    for found in (linked, numbered):
        assert await is_one(database, found)
        reviews = [await review_of(sender, one) for one in found.ids]
        assert len([one for one in reviews if one is not None]) == 1
    assert await review_of(sender, quiet.theirs["id"]) is None
    await withdrawn(sender, sessions, where)
    assert await projection(database) == before


async def test_new_records_are_decided_by_the_adopted_model_from_the_confirmation_on(
    sender: Sender, sessions: Database, models: Models
) -> None:
    where = await asked(sender, sessions, models.lax)
    assert not (await pair(sender)).is_one
    assert (await post(sender, f"{where}/confirmations", None, officer="second")).status_code == 202
    found = await pair(sender)
    assert found.is_one
    assert found.theirs["decision"]["model_version"] == models.lax
    await exhaust(sessions, adopt)
    await withdrawn(sender, sessions, where)
    assert not (await pair(sender)).is_one


async def test_two_officers_are_needed(sender: Sender, sessions: Database, models: Models) -> None:
    where = await asked(sender, sessions, models.lax)
    refused = await post(sender, f"{where}/confirmations", None, officer="first")
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "link-model-needs-second-officer",
    )
    listed = await sender.api.get("/v1/link-models", headers=sender.desk(Purpose.SYSTEM_OPERATION))
    (own,) = [one["label"] for one in listed.json()["items"] if one["is_in_use"]]
    assert own == models.in_use
    rehearsal_id = (await look(sender, where))["rehearsal_id"]
    body = {"rehearsal_id": rehearsal_id, "reason": "Again"}
    refused = await post(sender, ADOPTIONS, body, officer="third")
    assert (refused.status_code, refused.json()["code"]) == (409, "link-model-adoption-under-way")
    await withdrawn(sender, sessions, where)
    refused = await post(sender, f"{where}/confirmations", None, officer="second")
    assert (refused.status_code, refused.json()["code"]) == (409, "link-model-adoption-not-waiting")


async def test_only_a_finished_rehearsal_against_the_model_in_use_can_be_adopted(
    sender: Sender, sessions: Database, models: Models
) -> None:
    rehearsal = await ask(sender, models.lax)
    body = {"rehearsal_id": rehearsal.rpartition("/")[2], "reason": "Soon"}
    refused = await post(sender, ADOPTIONS, body, officer="first")
    assert (refused.status_code, refused.json()["code"]) == (409, "link-model-rehearsal-not-done")
    where = await adopted(sender, sessions, models.lax)
    refused = await post(sender, ADOPTIONS, body, officer="first")
    assert (refused.status_code, refused.json()["code"]) == (409, "link-model-rehearsal-outdated")
    await withdrawn(sender, sessions, where)
    caller = sender.callers.headers("mission-officer", purpose=Purpose.SYSTEM_OPERATION)
    answered = await sender.api.post(ADOPTIONS, json=body, headers=caller | fresh_key())
    assert answered.status_code == 403


async def test_what_an_officer_said_outlives_an_adoption_and_its_withdrawal(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    same, untouched, merged, returned = [await quiet_pair(sender) for _ in range(4)]
    review = await review_of(sender, same.theirs["id"])
    assert review is not None
    answered = await answer(sender, review["id"], same.ours["person_id"], officer="first")
    assert answered.status_code == 201
    where = await adopted(sender, sessions, models.lax)
    other = await sender.stored(PEDULI, {"full_name": make_name()})
    for found in (merged, returned):
        body = {"merged_person_id": await person_of(database, found.ours), "reason": "KNOWN"}
        await command(sender, other["person_id"], "merges", body)
    # Taken apart from the other again, and left together by an officer's word.
    await command(sender, other["person_id"], "splits", {"source_record_ids": sorted(returned.ids)})
    assert await is_one(database, untouched)
    await withdrawn(sender, sessions, where)
    assert not await is_one(database, untouched)
    for found in (same, merged, returned):
        assert await is_one(database, found)
    assert await person_of(database, merged.ours) == other["person_id"]
    assert counted(await look(sender, where))["JOINED", "LEFT"] == 2


async def command(sender: Sender, person_id: str, name: str, body: dict[str, Any]) -> None:
    known = await sender.api.get(f"/v1/persons/{person_id}", headers=sender.desk())
    answered = await sender.api.post(
        f"/v1/persons/{person_id}/{name}",
        json=body,
        headers=sender.desk() | fresh_key() | {"If-Match": known.headers["etag"]},
    )
    assert answered.status_code == 201, answered.text


async def test_where_an_officer_has_answered_and_a_second_must_nothing_is_touched(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    waiting = await quiet_pair(sender)
    case_id = new_id()
    await report(sessions, case_id, waiting.ours["person_id"])
    review = await review_of(sender, waiting.theirs["id"])
    assert review is not None
    answered = await answer(sender, review["id"], waiting.ours["person_id"], officer="first")
    assert answered.json()["state"] == "AWAITING_SECOND"
    closed = CaseClosed(case_id=case_id, closure_reason="RESOLVED", closed_at=clock.now())
    await take(sessions, lambda session: hear(session, on_case_closed, closed))
    where = await adopted(sender, sessions, models.lax)
    assert not await is_one(database, waiting)
    review = await review_of(sender, waiting.theirs["id"])
    assert review is not None
    assert review["state"] == "AWAITING_SECOND"
    await withdrawn(sender, sessions, where)
    assert await review_of(sender, waiting.theirs["id"]) == review


async def test_an_officers_different_outlives_an_adoption(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    different = await quiet_pair(sender)
    review = await review_of(sender, different.theirs["id"])
    assert review is not None
    assert (await answer(sender, review["id"], None, officer="first")).status_code == 201
    where = await adopted(sender, sessions, models.lax)
    assert not await is_one(database, different)
    await withdrawn(sender, sessions, where)
    assert not await is_one(database, different)


async def test_an_adoption_and_a_withdrawal_that_break_in_any_share_have_their_whole_effect(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    pairs = [await quiet_pair(sender) for _ in range(3)]
    await work_off(sessions)
    before = await projection(database)

    async def break_off(session: AsyncSession) -> bool:
        await adopt(session)
        await session.flush()
        raise ConnectionError

    async def through_breaks() -> None:
        more = True
        while more:
            with pytest.raises(ConnectionError):
                await take(sessions, break_off)
            more = await take(sessions, adopt)
        await exhaust(sessions, stamp)

    where = await confirmed(sender, sessions, models.lax)
    await through_breaks()
    told = await look(sender, where)
    assert told["state"] == "DONE"
    assert told["records_seen"] == told["records_total"]
    assert all([await is_one(database, one) for one in pairs])
    body = {"reason": "Too many links"}
    assert (await post(sender, f"{where}/withdrawals", body, officer="x")).status_code == 202
    await through_breaks()
    assert (await look(sender, where))["state"] == "WITHDRAWN"
    assert await projection(database) == before


async def test_merges_and_splits_of_an_adoption_are_told_as_always(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    found = await quiet_pair(sender)
    merged = await person_of(database, found.theirs)
    where = await adopted(sender, sessions, models.lax)
    await withdrawn(sender, sessions, where)
    rows = await database.fetch(
        """
        SELECT type FROM outbox WHERE convert_from(data, 'UTF8') LIKE $1
          AND type ~ 'merged|split' ORDER BY position
        """,
        f"%{merged}%",
    )
    assert [row[0].split(".")[-2] for row in rows] == ["persons-merged", "split"]


async def test_only_the_adoption_of_the_model_in_use_can_be_withdrawn(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    found = await quiet_pair(sender)
    await work_off(sessions)
    before = await projection(database)
    first = await adopted(sender, sessions, models.lax)
    second = await adopted(sender, sessions, models.strict)
    assert (await look(sender, second))["model_before"] == models.lax
    body = {"reason": "Too early"}
    refused = await post(sender, f"{first}/withdrawals", body, officer="third")
    assert (refused.status_code, refused.json()["code"]) == (409, "link-model-adoption-not-in-use")
    await withdrawn(sender, sessions, second)
    assert await is_one(database, found)
    await withdrawn(sender, sessions, first)
    assert not await is_one(database, found)
    assert await projection(database) == before
    assert await database.fetchval("SELECT count(*) FROM link_model_in_use") == 0
    # Taking back tells nobody apart: the model may be adopted again.
    again = await adopted(sender, sessions, models.lax)
    assert await is_one(database, found)
    await withdrawn(sender, sessions, again)
    assert await projection(database) == before


async def test_a_process_without_the_model_in_use_links_nobody(
    sender: Sender,
    sessions: Database,
    models: Models,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    where = await adopted(sender, sessions, models.lax)
    with monkeypatch.context() as patch:
        patch.setenv("REGISTRY_MATCHING_MODELS_DIRECTORY", str(tmp_path))
        known_model.cache_clear()
        refused = await sender.send(PEDULI, somebody())
        assert refused.status_code == 503, refused.text
        assert refused.headers["retry-after"] == "30"
    await exhaust(sessions, link)
    await withdrawn(sender, sessions, where)
