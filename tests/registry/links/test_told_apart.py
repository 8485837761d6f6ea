"""What an officer told apart the matcher never joins, whichever side changes, under whatever id."""

from datetime import timedelta
from typing import Any

import asyncpg

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.links.doubts import answer, person_of, queue
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.stands import fresh_key


async def told_apart(sender: Sender, *, key: str, nik: str) -> tuple[dict[str, Any], ...]:
    """Two lonely records with a NIK in common, of which an officer said: not the same."""
    one = await sender.stored(SISKO, {"nik": nik, "full_name": make_name()}, key=f"one-{key}")
    other = await sender.stored(PEDULI, {"nik": nik, "full_name": make_name()}, key=f"other-{key}")
    (review,) = [found for found in await queue(sender) if found["source_record_id"] == other["id"]]
    closed = await answer(sender, review["id"], None, officer="one")
    assert closed.json()["state"] == "DIFFERENT"
    return one, other


async def command(sender: Sender, person_id: str, name: str, body: dict[str, Any]) -> None:
    version = (await sender.person(person_id))["version"]
    caller = sender.callers.headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE)
    answered = await sender.api.post(
        f"/v1/persons/{person_id}/{name}",
        json=body,
        headers=caller | fresh_key() | {"If-Match": f'"v{version}"'},
    )
    assert answered.status_code == 201, answered.text


async def changed(sender: Sender, system: str, key: str, content: dict[str, Any]) -> dict[str, Any]:
    at = clock.now() + timedelta(minutes=1)
    return await sender.stored(system, content, key=key, updated_at=at)


async def test_neither_side_moves_to_the_other_when_it_comes_to_look_the_same(
    sender: Sender,
) -> None:
    for system, prefix in ((SISKO, "one"), (PEDULI, "other")):
        nik = make_nik()
        one, other = await told_apart(sender, key=nik, nik=nik)
        name = (await sender.person((other if prefix == "one" else one)["person_id"]))["full_name"]
        told = await changed(
            sender, system, f"{prefix}-{nik}", {"nik": nik, "full_name": name["value"]}
        )
        assert told["person_id"] == (one if prefix == "one" else other)["person_id"]


async def test_the_word_holds_also_when_the_other_goes_by_another_id(sender: Sender) -> None:
    nik = make_nik()
    one, other = await told_apart(sender, key=nik, nik=nik)
    name = (await sender.person(one["person_id"]))["full_name"]["value"]
    survivor = await sender.stored(SISKO, {"full_name": make_name()})
    merge = {"merged_person_id": one["person_id"], "reason": "SAME_FACE"}
    await command(sender, survivor["person_id"], "merges", merge)
    told = await changed(sender, PEDULI, f"other-{nik}", {"nik": nik, "full_name": name})
    assert told["person_id"] == other["person_id"]


async def test_what_was_split_is_not_joined_by_a_change_of_the_record_that_stayed(
    sender: Sender, database: asyncpg.Connection
) -> None:
    nik, name = make_nik(), make_name()
    stayed = await sender.stored(SISKO, {"nik": nik, "full_name": name}, key=f"stayed-{nik}")
    moved = await sender.stored(PEDULI, {"nik": nik, "full_name": name})
    await command(sender, stayed["person_id"], "splits", {"source_record_ids": [moved["id"]]})
    told = await changed(
        sender, SISKO, f"stayed-{nik}", {"nik": nik, "full_name": name, "birth_date": "1990-05-12"}
    )
    assert told["person_id"] == stayed["person_id"]
    assert await person_of(database, moved) != stayed["person_id"]


async def test_whoever_merges_later_has_the_last_word(
    sender: Sender, database: asyncpg.Connection
) -> None:
    nik = make_nik()
    one, other = await told_apart(sender, key=nik, nik=nik)
    merge = {"merged_person_id": other["person_id"], "reason": "SAME_FACE"}
    await command(sender, one["person_id"], "merges", merge)
    await changed(sender, PEDULI, f"other-{nik}", {"nik": nik, "full_name": make_name()})
    assert await person_of(database, other) == one["person_id"]
