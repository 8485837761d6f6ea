"""Merging and splitting: ids live on, everything follows, and a split undoes a merge exactly."""

from typing import Any

import asyncpg
import httpx2 as httpx

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.stands import fresh_key


async def two_persons(sender: Sender) -> tuple[dict[str, Any], dict[str, Any]]:
    """Known to one ministry each, with nothing that would link them."""
    ours = await sender.stored(
        SISKO,
        {"full_name": make_name(), "nik": make_nik(), "country": "MY"}
        | {"departed_on": "2025-02-01", "contract_ends_on": "2035-02-01"},
    )
    theirs = await sender.stored(
        PEDULI, {"full_name": make_name(), "country": "MY", "reported_on": "2026-01-05"}
    )
    return ours, theirs


async def merge(
    sender: Sender, person_id: str, merged_id: str, version: int | None = None
) -> httpx.Response:
    """By two officers where one is not enough."""
    known = (await sender.person(person_id))["version"] if version is None else version
    for officer in ("one", "two"):
        caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE, sub=officer)
        answer = await sender.api.post(
            f"/v1/persons/{person_id}/merges",
            json={"merged_person_id": merged_id, "reason": "SAME_FACE"},
            headers=caller | fresh_key() | {"If-Match": f'"v{known}"'},
        )
        if answer.status_code != 202:
            break
    return answer


async def split(sender: Sender, person_id: str, record_ids: list[str]) -> httpx.Response:
    known = (await sender.person(person_id))["version"]
    return await sender.api.post(
        f"/v1/persons/{person_id}/splits",
        json={"source_record_ids": record_ids},
        headers=sender.desk() | fresh_key() | {"If-Match": f'"v{known}"'},
    )


async def cells(database: asyncpg.Connection, *person_ids: str) -> dict[str, int]:
    rows = await database.fetch(
        """
        SELECT source_cell, sum(delta) AS persons FROM ledger_postings
        WHERE person_id = ANY($1::uuid[]) AND valid_on <= current_date GROUP BY source_cell
        """,
        list(person_ids),
    )
    return {row["source_cell"]: row["persons"] for row in rows if row["persons"]}


async def test_a_merge_makes_one_person_and_the_old_id_leads_there(
    sender: Sender, database: asyncpg.Connection
) -> None:
    ours, theirs = await two_persons(sender)
    one, other = ours["person_id"], theirs["person_id"]
    assert await cells(database, one, other) == {"KP2MI_ONLY": 1, "KEMLU_ONLY": 1}
    answer = await merge(sender, one, other)
    assert answer.status_code == 201, answer.text
    assert await cells(database, one, other) == {"BOTH": 1}
    person = await sender.person(one)
    assert {record["id"] for record in person["source_records"]} == {ours["id"], theirs["id"]}
    old = await sender.api.get(f"/v1/persons/{other}", headers=sender.desk())
    assert (old.status_code, old.headers["location"]) == (308, f"/v1/persons/{one}")
    told = await database.fetchval(
        "SELECT count(*) FROM outbox WHERE key = $1 AND type LIKE '%persons-merged%'", one
    )
    assert told == 1


async def test_a_command_on_a_merged_id_names_the_survivor(sender: Sender) -> None:
    ours, theirs = await two_persons(sender)
    await merge(sender, ours["person_id"], theirs["person_id"])
    answer = await merge(sender, theirs["person_id"], ours["person_id"], version=1)
    assert answer.status_code == 409
    assert answer.json()["code"] == "person-merged"
    assert answer.json()["person_id"] == ours["person_id"]


async def test_redirects_follow_a_chain_of_merges(sender: Sender) -> None:
    first, second = await two_persons(sender)
    third, _ = await two_persons(sender)
    await merge(sender, second["person_id"], first["person_id"])
    await merge(sender, third["person_id"], second["person_id"])
    for old in (first, second):
        answer = await sender.api.get(f"/v1/persons/{old['person_id']}", headers=sender.desk())
        assert answer.headers["location"] == f"/v1/persons/{third['person_id']}"


async def test_a_split_undoes_a_merge(sender: Sender, database: asyncpg.Connection) -> None:
    ours, theirs = await two_persons(sender)
    one, other = ours["person_id"], theirs["person_id"]
    tables = {
        "persons": "SELECT id, is_provisional, merged_into FROM persons",
        "records": "SELECT id, person_id FROM source_records",
        "placements": "SELECT id, person_id, status FROM placements",
        "evidence": "SELECT * FROM person_evidence",
        "timelines": "SELECT * FROM person_timelines",
    }

    async def state() -> dict[str, set[str]]:
        return {
            name: {str(tuple(row)) for row in await database.fetch(query)}
            for name, query in tables.items()
        }

    before, counted = await state(), await cells(database, one, other)
    await merge(sender, one, other)
    answer = await split(sender, one, [theirs["id"]])
    assert answer.status_code == 201, answer.text
    assert answer.json()["split_person_id"] == other
    assert await state() == before
    assert await cells(database, one, other) == counted
    causes = await database.fetch(
        "SELECT cause, sum(delta) AS persons FROM ledger_postings"
        " WHERE person_id = ANY($1::uuid[]) AND cause IN ('MERGE', 'SPLIT') GROUP BY cause",
        [one, other],
    )
    assert {row["cause"] for row in causes} == {"MERGE", "SPLIT"}


async def test_records_that_never_were_apart_split_into_a_new_person(sender: Sender) -> None:
    nik, name = make_nik(), make_name()
    first = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    second = await sender.stored(PEDULI, {"nik": nik, "full_name": name})
    assert second["person_id"] == first["person_id"]
    answer = await split(sender, first["person_id"], [second["id"]])
    other = answer.json()["split_person_id"]
    assert other != first["person_id"]
    # The next version of the record stays where the officer put it.
    again = await sender.api.get(
        f"/v1/source-records/{second['id']}/decisions", headers=sender.desk()
    )
    assert again.json()["items"][-1]["model"] == "officer"


async def test_an_officers_word_outlives_the_next_version(sender: Sender) -> None:
    nik, name = make_nik(), make_name()
    first = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    second = await sender.stored(PEDULI, {"nik": nik, "full_name": name}, key=f"word-{nik}")
    other = (await split(sender, first["person_id"], [second["id"]])).json()["split_person_id"]
    changed = {"nik": nik, "full_name": name, "birth_date": "1990-05-12"}
    told = await sender.stored(PEDULI, changed, key=f"word-{nik}", updated_at=clock.now())
    assert told["version"] == 2
    assert told["person_id"] == other


async def test_a_split_must_leave_something_and_take_its_own(sender: Sender) -> None:
    ours, theirs = await two_persons(sender)
    answer = await split(sender, ours["person_id"], [ours["id"]])
    assert (answer.status_code, answer.json()["code"]) == (409, "split-leaves-nothing")
    answer = await split(sender, ours["person_id"], [theirs["id"]])
    assert (answer.status_code, answer.json()["code"]) == (409, "records-not-of-person")


async def test_a_stale_version_is_refused(sender: Sender) -> None:
    ours, theirs = await two_persons(sender)
    answer = await merge(sender, ours["person_id"], theirs["person_id"], version=99)
    assert answer.status_code == 412


async def test_a_late_nik_moves_a_lonely_record_to_its_person(
    sender: Sender, database: asyncpg.Connection
) -> None:
    nik, name = make_nik(), make_name()
    known = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    lonely = await sender.stored(PEDULI, {"full_name": name, "country": "MY"}, key=f"late-{nik}")
    assert lonely["person_id"] != known["person_id"]
    told = await sender.stored(
        PEDULI,
        {"full_name": name, "country": "MY", "nik": nik},
        key=f"late-{nik}",
        updated_at=clock.now(),
    )
    assert told["person_id"] == known["person_id"]
    old = await sender.api.get(f"/v1/persons/{lonely['person_id']}", headers=sender.desk())
    assert old.headers["location"] == f"/v1/persons/{known['person_id']}"
    assert await cells(database, known["person_id"], lonely["person_id"]) == {"KEMLU_ONLY": 1}


async def test_a_review_is_listed_and_closed_by_a_merge(sender: Sender) -> None:
    content = {"full_name": make_name(), "passport_number": f"X{make_nik()[-7:]}"}
    known = await sender.stored(SISKO, content)
    doubtful = await sender.stored(PEDULI, content | {"full_name": make_name()})
    assert doubtful["decision"]["outcome"] == "REVIEW"
    assert doubtful["person_id"] != known["person_id"]
    desk = sender.desk()
    listed = await sender.api.get("/v1/link-reviews?owner=KEMLU&limit=200", headers=desk)
    review = next(
        one for one in listed.json()["items"] if one["source_record_id"] == doubtful["id"]
    )
    assert review["candidate_person_ids"] == [known["person_id"]]
    closed = await sender.api.post(
        f"/v1/link-reviews/{review['id']}/closures",
        json={"person_id": known["person_id"]},
        headers=desk | fresh_key(),
    )
    assert (closed.status_code, closed.json()["state"]) == (201, "SAME"), closed.text
    old = await sender.api.get(f"/v1/persons/{doubtful['person_id']}", headers=desk)
    assert old.headers["location"] == f"/v1/persons/{known['person_id']}"
    again = await sender.api.post(
        f"/v1/link-reviews/{review['id']}/closures",
        json={"person_id": None},
        headers=desk | fresh_key(),
    )
    assert again.json()["code"] == "review-closed"


async def test_merging_is_for_stewards(sender: Sender) -> None:
    headers = sender.callers.headers("mission-officer", purpose=Purpose.PROTECTION_CASE)
    answer = await sender.api.post(
        "/v1/persons/00000000-0000-7000-8000-000000000000/merges",
        json={"merged_person_id": "00000000-0000-7000-8000-000000000001", "reason": "SAME_FACE"},
        headers=headers | fresh_key() | {"If-Match": '"v1"'},
    )
    assert answer.status_code == 403


async def test_a_merge_answers_the_review_that_asked_for_it(sender: Sender) -> None:
    content = {"full_name": make_name(), "passport_number": f"X{make_nik()[-7:]}"}
    known = await sender.stored(SISKO, content)
    doubtful = await sender.stored(PEDULI, content | {"full_name": make_name()})
    await merge(sender, known["person_id"], doubtful["person_id"])
    listed = await sender.api.get("/v1/link-reviews?state=SAME&limit=200", headers=sender.desk())
    assert doubtful["id"] in {one["source_record_id"] for one in listed.json()["items"]}


async def test_a_clear_version_supersedes_the_review_of_the_doubtful_one(sender: Sender) -> None:
    nik, name = make_nik(), make_name()
    known = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    doubtful = await sender.stored(
        PEDULI, {"nik": nik, "full_name": make_name()}, key=f"doubt-{nik}"
    )
    assert doubtful["decision"]["outcome"] == "REVIEW"
    clear = await sender.stored(
        PEDULI, {"nik": nik, "full_name": name}, key=f"doubt-{nik}", updated_at=clock.now()
    )
    assert clear["person_id"] == known["person_id"]
    listed = await sender.api.get("/v1/link-reviews?limit=200", headers=sender.desk())
    assert doubtful["id"] not in {one["source_record_id"] for one in listed.json()["items"]}
