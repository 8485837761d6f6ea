"""A rehearsal tells what another model would change, and changes nothing."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.served_model import served_model
from registry.rematching.rules import Change, Standing, change_of
from shared.db import Database
from shared.sensitivity import Purpose
from tests.registry.intake.test_batches import accepted, line, ndjson, person
from tests.registry.links.doubts import answer, queue
from tests.registry.rematching.models import LAX, Models
from tests.registry.rematching.rehearsals import (
    ask,
    changed,
    doubtful_pair,
    effect,
    linked_pair,
    look,
    numbered_pair,
    pair,
    rehearse,
    rehearsed,
)
from tests.registry.senders import PEDULI, Sender
from tests.registry.steps import exhaust, store, take, work_off
from tests.stands import fresh_key

_EVERYTHING = (
    *("persons", "source_records", "match_features", "link_decisions", "link_reviews"),
    *("person_evidence", "person_timelines", "ledger_postings", "placements", "placement_steps"),
    *("identifications", "outbox", "person_merges"),
)


async def everything(database: asyncpg.Connection) -> dict[str, Any]:
    return {
        table: await database.fetchval(
            f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"  # noqa: S608 - constants.
        )
        for table in _EVERYTHING
    }


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (Standing.STAYS, Standing.STAYS, None),
        (Standing.DOUBTFUL, Standing.DOUBTFUL, None),
        (Standing.STAYS, Standing.JOINS, Change.WOULD_LINK),
        (Standing.DOUBTFUL, Standing.JOINS, Change.WOULD_LINK),
        (Standing.STAYS, Standing.PARTS, Change.WOULD_PART),
        (Standing.DOUBTFUL, Standing.PARTS, Change.WOULD_PART),
        (Standing.JOINS, Standing.DOUBTFUL, Change.WOULD_GO_TO_REVIEW),
        (Standing.STAYS, Standing.DOUBTFUL, Change.WOULD_GO_TO_REVIEW),
        (Standing.DOUBTFUL, Standing.STAYS, Change.WOULD_LEAVE_REVIEW),
        (Standing.JOINS, Standing.STAYS, Change.WOULD_STAY),
        (Standing.PARTS, Standing.STAYS, Change.WOULD_STAY),
    ],
)
def test_how_two_models_see_a_record_is_one_change(
    before: Standing, after: Standing, change: Change | None
) -> None:
    assert change_of(before, after) is change


async def test_a_laxer_model_would_link_and_count_persons_once(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    doubtful = await doubtful_pair(sender, country="TW")
    linked = await linked_pair(sender, country="TW")
    await work_off(sessions)
    before = await everything(database)
    told = await rehearsed(sender, sessions, models.lax)
    assert await everything(database) == before
    assert doubtful.ids <= changed(told, "WOULD_LINK")
    assert effect(told, "TW") == {"BOTH": 1, "KP2MI_ONLY": -1, "KEMLU_ONLY": -1}
    named = {one for some in told["result"]["changes"] for one in some["sample_record_ids"]}
    assert not linked.ids & named
    assert told["records_seen"] == told["records_total"] > 3
    (links,) = [one for one in told["result"]["changes"] if one["change"] == "WOULD_LINK"]
    # A journey abroad hangs on the person of each.
    assert links["records_with_stakes"] >= 2


async def test_a_stricter_model_would_part_ask_and_drop_doubts(
    sender: Sender, sessions: Database, models: Models
) -> None:
    linked = await linked_pair(sender, country="HK")
    numbered = await numbered_pair(sender, country="SA")
    doubtful = await doubtful_pair(sender, country="SG")
    told = await rehearsed(sender, sessions, models.strict)
    assert linked.ids <= changed(told, "WOULD_PART")
    assert numbered.ids <= changed(told, "WOULD_GO_TO_REVIEW")
    assert doubtful.theirs["id"] in changed(told, "WOULD_LEAVE_REVIEW")
    assert effect(told, "HK") == {"BOTH": -1, "KP2MI_ONLY": 1, "KEMLU_ONLY": 1}
    assert effect(told, "SA") == effect(told, "SG") == {}


async def test_three_records_that_would_be_one_person_are_counted_as_one(
    sender: Sender, sessions: Database, models: Models
) -> None:
    doubtful = await doubtful_pair(sender, country="BN")
    third = doubtful.said | {"reported_on": "2026-02-01"}
    assert (await sender.stored(PEDULI, third))["decision"]["outcome"] == "REVIEW"
    told = await rehearsed(sender, sessions, models.lax)
    # Each of the three would join one of two others: that is for an officer, and joins nobody.
    assert effect(told, "BN") == {}
    assert not doubtful.ids & changed(told, "WOULD_LINK")


async def test_the_model_in_use_would_change_nothing(
    sender: Sender, sessions: Database, models: Models
) -> None:
    await doubtful_pair(sender)
    told = await rehearsed(sender, sessions, models.in_use)
    assert told["result"] == {"changes": [], "effect": []}


async def test_what_an_officer_decided_no_model_decides(
    sender: Sender, sessions: Database, models: Models
) -> None:
    different = await doubtful_pair(sender)
    (review,) = [
        one for one in await queue(sender) if one["source_record_id"] == different.theirs["id"]
    ]
    for officer in ("first", "second"):
        assert (await answer(sender, review["id"], None, officer=officer)).status_code == 201
    same = await pair(sender)
    (review,) = [one for one in await queue(sender) if one["source_record_id"] == same.theirs["id"]]
    for officer in ("first", "second"):
        person_id = same.ours["person_id"]
        assert (await answer(sender, review["id"], person_id, officer=officer)).status_code == 201
    told = await rehearsed(sender, sessions, models.lax)
    assert not different.ids & changed(told, "WOULD_LINK")
    told = await rehearsed(sender, sessions, models.strict)
    assert same.theirs["id"] not in changed(told, "WOULD_PART")
    assert told["records_of_officers"] >= 1


async def test_a_rehearsal_that_breaks_in_any_share_tells_the_same(
    sender: Sender, sessions: Database, models: Models
) -> None:
    await doubtful_pair(sender)
    whole = await rehearsed(sender, sessions, models.lax)
    where = await ask(sender, models.lax)

    async def break_off(session: AsyncSession) -> bool:
        await rehearse(session)
        raise ConnectionError

    more = True
    while more:
        with pytest.raises(ConnectionError):
            await take(sessions, break_off)
        more = await take(sessions, rehearse)
    told = await look(sender, where)
    for part in ("result", "records_total", "records_seen", "records_of_officers"):
        assert told[part] == whole[part]


async def test_only_models_that_are_signed_can_be_rehearsed_and_only_by_who_keeps_the_links(
    sender: Sender, models: Models
) -> None:
    (models.directory / "unsigned.json").write_bytes(
        (models.directory / "lax.json").read_bytes().replace(b'"lax"', b'"unsigned"')
    )
    listed = await sender.api.get("/v1/link-models", headers=sender.desk(Purpose.SYSTEM_OPERATION))
    assert listed.status_code == 200, listed.text
    found = {one["label"]: one for one in listed.json()["items"]}
    assert set(found) == {models.in_use, models.lax, models.strict}
    assert [one["label"] for one in found.values() if one["is_in_use"]] == [models.in_use]
    assert found[models.strict]["auto_link_from"] > found[models.lax]["auto_link_from"]
    path, body = "/v1/link-model-rehearsals", {"model": "nobodys-0123456789ab"}
    headers = sender.desk(Purpose.SYSTEM_OPERATION) | fresh_key()
    refused = await sender.api.post(path, json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "link-model-not-found")
    for role in ("mission-officer", "system-siskop2mi", "kp2mi-regulator"):
        caller = sender.callers.headers(role, purpose=Purpose.SYSTEM_OPERATION)
        answered = await sender.api.post(
            path, json={"model": models.lax}, headers=caller | fresh_key()
        )
        assert answered.status_code == 403, role


async def test_a_rehearsal_whose_model_went_away_fails_and_says_why(
    sender: Sender, sessions: Database, models: Models
) -> None:
    label = models.sign("passing", LAX)
    where = await ask(sender, label)
    models.remove("passing")
    await exhaust(sessions, rehearse)
    told = await look(sender, where)
    assert (told["state"], told["failed_because"]) == ("FAILED", "MODEL_GONE")
    assert (await rehearsed(sender, sessions, models.lax))["state"] == "DONE"


async def test_records_that_wait_to_be_remembered_hold_a_rehearsal(
    sender: Sender, sessions: Database, database: asyncpg.Connection, models: Models
) -> None:
    found = await numbered_pair(sender)
    forgotten = "UPDATE match_features SET features = $2 WHERE source_record_id = $1"
    record_id = UUID(found.ours["id"])
    features = await database.fetchval(
        "SELECT features FROM match_features WHERE source_record_id = $1", record_id
    )
    await database.execute(forgotten, record_id, None)
    where = await ask(sender, models.lax)
    await exhaust(sessions, rehearse)
    assert (await look(sender, where))["records_seen"] == 0
    await database.execute(forgotten, record_id, features)
    await exhaust(sessions, rehearse)
    assert (await look(sender, where))["state"] == "DONE"


async def test_a_rehearsal_against_a_model_that_no_longer_decides_fails(
    sender: Sender, sessions: Database, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await ask(sender, models.strict)
    with monkeypatch.context() as patch:
        patch.setenv("REGISTRY_MATCHING_MODEL_FILE", str(models.directory / "lax.json"))
        served_model.cache_clear()
        await exhaust(sessions, rehearse)
    served_model.cache_clear()
    told = await look(sender, where)
    assert (told["state"], told["failed_because"]) == ("FAILED", "MODEL_IN_USE_CHANGED")


async def test_records_that_are_to_be_linked_go_before_a_rehearsal(
    sender: Sender, sessions: Database, models: Models
) -> None:
    await accepted(sender, ndjson([line(person())]))
    await take(sessions, store)
    where = await ask(sender, models.lax)
    await exhaust(sessions, rehearse)
    assert (await look(sender, where))["records_seen"] == 0
    await work_off(sessions)
    await exhaust(sessions, rehearse)
    assert (await look(sender, where))["state"] == "DONE"
