"""A withdrawn record counts to nobody, and whoever follows the events knows it each time."""

from datetime import timedelta

import asyncpg

from shared import clock
from tests.registry.links.doubts import person_of
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.stands import fresh_key


async def test_each_withdrawal_and_each_return_is_told_once(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content, began = {"nik": make_nik(), "full_name": make_name()}, clock.now() - timedelta(hours=1)
    versions = [(content, False), ({}, True), ({"note": "x"}, True), (content, False), ({}, True)]
    for minute, (said, is_withdrawn) in enumerate(versions):
        told = await sender.stored(
            SISKO,
            said,
            key=content["nik"],
            updated_at=began + timedelta(minutes=minute),
            is_withdrawn=is_withdrawn,
        )
    assert told["decision"]["reasons"] == ["RECORD_WITHDRAWN"]
    events = await database.fetch(
        "SELECT type FROM outbox WHERE key = $1 AND type LIKE '%linked.v1' ORDER BY sequence",
        told["person_id"],
    )
    assert [one["type"].split(".")[5] for one in events] == [
        *("source-record-linked", "source-record-unlinked") * 2
    ]


async def test_an_officers_link_stands_also_after_a_withdrawal_that_was_taken_back(
    sender: Sender, database: asyncpg.Connection
) -> None:
    nik, name = make_nik(), make_name()
    one = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    other = await sender.stored(PEDULI, {"nik": nik, "full_name": name}, key=f"taken-back-{nik}")
    assert other["person_id"] == one["person_id"]
    version = (await sender.person(one["person_id"]))["version"]
    split = await sender.api.post(
        f"/v1/persons/{one['person_id']}/splits",
        json={"source_record_ids": [other["id"]]},
        headers=sender.desk() | fresh_key() | {"If-Match": f'"v{version}"'},
    )
    apart = split.json()["split_person_id"]
    for minute, is_withdrawn in enumerate((True, False), start=1):
        again = await sender.stored(
            PEDULI,
            {"nik": nik, "full_name": name},
            key=f"taken-back-{nik}",
            updated_at=clock.now() + timedelta(minutes=minute),
            is_withdrawn=is_withdrawn,
        )
    assert again["person_id"] == apart
    assert again["decision"]["reasons"] == ["DECIDED_BY_OFFICER"]
    assert await person_of(database, one) == one["person_id"]
