"""One record at a time: stored, linked, answered, and safe to repeat."""

import asyncio
import random
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2 as httpx
import pytest

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik, make_passport
from tests.stands import Callers, fresh_key


def worker(**more: Any) -> dict[str, Any]:
    return {
        "nik": make_nik(),
        "full_name": make_name(),
        "birth_date": "1990-05-12",
        "sex": "F",
        "country": "MY",
        "subdivision": "MY-01",
        "scheme": "P_TO_P",
        "departed_on": "2025-01-10",
        "contract_ends_on": "2035-01-10",
        "phone": "+62 811 0000 0001",
    } | more


async def test_a_first_record_makes_a_person_known(sender: Sender) -> None:
    told = await sender.stored(SISKO, worker())
    assert told["version"] == 1
    assert told["is_current"] is True
    assert told["decision"]["outcome"] == "NO_LINK"
    assert told["decision"]["model_version"].startswith("2026-11-")
    assert told["warnings"] == [{"code": "NIK_UNKNOWN_REGION", "field": "nik"}]
    person = await sender.person(told["person_id"])
    assert person["is_provisional"] is False
    assert [one["id"] for one in person["source_records"]] == [told["id"]]


async def test_both_ministries_records_meet_in_one_person(sender: Sender) -> None:
    content = worker()
    first = await sender.stored(SISKO, content)
    second = await sender.stored(PEDULI, {"nik": content["nik"], "full_name": content["full_name"]})
    assert second["person_id"] == first["person_id"]
    decision = second["decision"]
    assert decision["outcome"] == "AUTO_LINK"
    assert decision["reasons"][0] == "SAME_NIK"
    assert sum(part["weight"] for part in decision["fields"]) == decision["score"]


async def test_the_same_content_again_is_a_no_op(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = worker()
    first = await sender.stored(SISKO, content, key="again-1")
    counts = "SELECT count(*) FROM outbox UNION ALL SELECT count(*) FROM source_record_versions"
    before = await database.fetch(counts)
    second = await sender.stored(SISKO, content, key="again-1", updated_at=clock.now())
    assert second == first
    assert await database.fetch(counts) == before


async def test_an_older_version_is_stored_but_not_current(sender: Sender) -> None:
    content = worker()
    await sender.stored(SISKO, content, key="older-1")
    told = await sender.stored(
        SISKO,
        content | {"phone": "+62 811 0000 0002"},
        key="older-1",
        updated_at=clock.now() - timedelta(days=9),
    )
    assert (told["version"], told["is_current"]) == (2, False)
    person = await sender.person(told["person_id"])
    assert person["phone"]["value"] == "+62 811 0000 0001"


async def test_a_newer_version_becomes_current(sender: Sender) -> None:
    content = worker()
    first = await sender.stored(SISKO, content, key="newer-1")
    told = await sender.stored(
        SISKO, content | {"phone": "+62 811 0000 0003"}, key="newer-1", updated_at=clock.now()
    )
    assert (told["version"], told["is_current"]) == (2, True)
    assert told["person_id"] == first["person_id"]
    read = await sender.api.get(
        f"/v1/source-records/{told['id']}", headers=sender.system(SISKO, Purpose.PLACEMENT_SERVICE)
    )
    assert read.json()["content"]["phone"] == "+62 811 0000 0003"
    assert [one["version"] for one in read.json()["versions"]] == [1, 2]


async def test_a_malformed_nik_is_kept_flagged_and_no_evidence(sender: Sender) -> None:
    broken = "9901013102900001"
    first = await sender.stored(SISKO, {"nik": broken, "full_name": make_name()})
    second = await sender.stored(SISKO, {"nik": broken, "full_name": make_name()})
    assert {"code": "NIK_IMPOSSIBLE_DATE", "field": "nik"} in first["warnings"]
    assert first["person_id"] != second["person_id"]
    person = await sender.person(first["person_id"])
    assert person["nik"]["value"] == broken


async def test_unknown_members_of_the_content_only_warn(sender: Sender) -> None:
    told = await sender.stored(SISKO, worker(favourite_colour="merah", country="QQ", wage=3))
    assert {(one["code"], one["field"]) for one in told["warnings"]} >= {
        ("UNKNOWN_FIELD", "favourite_colour"),
        ("COUNTRY_UNKNOWN", "country"),
        ("UNKNOWN_FIELD", "wage"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"surprise": 1}, 422, "malformed-request"),
        ({"record_key": ""}, 422, "malformed-request"),
        ({"record_key": "x" * 65}, 422, "malformed-request"),
        ({"source_updated_at": "2026-01-01T00:00:00"}, 422, "malformed-request"),
        ({"source_updated_at": "2999-01-01T00:00:00Z"}, 422, "updated-in-the-future"),
        ({"source_system": PEDULI}, 403, "source-system-not-yours"),
        ({"source_system": "DUKCAPIL"}, 422, "malformed-request"),
    ],
)
async def test_the_envelope_is_strict(
    sender: Sender, body: dict[str, Any], status: int, code: str
) -> None:
    envelope = {
        "source_system": SISKO,
        "record_key": "strict-1",
        "source_updated_at": "2026-01-01T00:00:00Z",
        "content": {},
    }
    headers = sender.system(SISKO) | fresh_key()
    answer = await sender.api.post("/v1/source-records", json=envelope | body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_systems_may_send(api: httpx.AsyncClient, callers: Callers) -> None:
    headers = callers.headers("kemlu-desk", purpose=Purpose.SYSTEM_OPERATION) | fresh_key()
    answer = await api.post("/v1/source-records", json={}, headers=headers)
    assert answer.status_code == 403


async def test_a_retry_gets_the_same_answer(sender: Sender) -> None:
    body = {
        "source_system": SISKO,
        "record_key": "retry-1",
        "source_updated_at": "2026-01-01T00:00:00Z",
        "content": worker(),
    }
    headers = sender.system(SISKO) | fresh_key()
    first = await sender.api.post("/v1/source-records", json=body, headers=headers)
    second = await sender.api.post("/v1/source-records", json=body, headers=headers)
    assert first.status_code == 201, first.text
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


async def test_two_at_once_give_one_person(sender: Sender) -> None:
    for _ in range(5):
        content = {"nik": make_nik(), "full_name": make_name()}
        told = await asyncio.gather(
            *(sender.stored(system, content) for system in (SISKO, PEDULI) * 4)
        )
        assert len({one["person_id"] for one in told}) == 1


async def test_two_hundred_at_once_from_both_sides_give_one_person(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = {"nik": make_nik(), "full_name": make_name(), "birth_date": "1990-05-12"}

    async def stored(system: str) -> str:
        """As a patient client: told to come again, it does, with the key of its record."""
        key = secrets.token_hex(8)
        while True:
            answer = await sender.send(system, content, key=key)
            if answer.status_code == 201:
                person_id: str = answer.json()["person_id"]
                return person_id
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(float(answer.headers["retry-after"]) * random.random())

    told = await asyncio.gather(*(stored(system) for system in (SISKO, PEDULI) * 100))
    assert len(set(told)) == 1
    linked = "SELECT count(*) FROM source_records WHERE person_id = $1"
    assert await database.fetchval(linked, UUID(told[0])) == 200
    registered = "SELECT count(*) FROM outbox WHERE key = $1 AND type LIKE '%person.registered.v1'"
    assert await database.fetchval(registered, told[0]) == 1


async def test_one_key_sent_at_once_makes_one_record(sender: Sender) -> None:
    content = worker()
    told = await asyncio.gather(*(sender.stored(SISKO, content, key="at-once-1") for _ in range(6)))
    assert len({(one["id"], one["version"], one["person_id"]) for one in told}) == 1


async def test_nothing_personal_lies_open_in_the_database(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = worker(
        passport_number="X7654321", address="Jalan Kenari 7", phone="+62 811 7777 7777"
    )
    await sender.stored(SISKO, content)
    tables = await database.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for (table,) in tables:
        for row in await database.fetch(f'SELECT * FROM "{table}"'):  # noqa: S608 - the catalogue names it.
            told = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
            for secret in (content["nik"], "X7654321", "Kenari", "7777 7777"):
                assert secret.encode() not in told, table


async def test_events_carry_nothing_personal(sender: Sender, database: asyncpg.Connection) -> None:
    content = worker(passport_number=make_passport())
    told = await sender.stored(SISKO, content)
    events = await database.fetch(
        "SELECT type, data FROM outbox WHERE key = $1 ORDER BY position", told["person_id"]
    )
    assert [event["type"].split(".", 3)[3] for event in events] == [
        "registry.person.registered.v1",
        "registry.person.source-record-linked.v1",
        "registry.person.presence-changed.v1",
    ]
    for event in events:
        for secret in (content["nik"], content["full_name"], content["passport_number"]):
            assert secret.encode() not in event["data"]


async def test_a_withdrawn_record_ends_what_it_said(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = worker()
    told = await sender.stored(SISKO, content, key="withdrawn-1")
    await sender.stored(
        SISKO, content, key="withdrawn-1", updated_at=clock.now(), is_withdrawn=True
    )
    deltas = await database.fetch(
        "SELECT sum(delta) AS left, array_agg(DISTINCT cause) AS causes FROM ledger_postings"
        " WHERE person_id = $1",
        told["person_id"],
    )
    assert deltas[0]["left"] == 0
    assert "CORRECTION" in deltas[0]["causes"]
    again = await sender.stored(PEDULI, {"nik": content["nik"], "full_name": content["full_name"]})
    assert again["person_id"] != told["person_id"]


async def test_what_was_confirmed_later_is_not_undone_by_what_lies_between(
    sender: Sender,
) -> None:
    content = worker()
    for days in (9, 3):
        await sender.stored(
            SISKO, content, key="between-1", updated_at=clock.now() - timedelta(days=days)
        )
    told = await sender.stored(
        SISKO,
        content | {"phone": "+62 811 0000 0009"},
        key="between-1",
        updated_at=clock.now() - timedelta(days=6),
    )
    assert (told["version"], told["is_current"]) == (2, False)


async def test_more_faults_than_anybody_reads_are_no_reason_to_refuse(sender: Sender) -> None:
    content = {f"unknown_{n}": "x" for n in range(1200)} | {"nik": "123", "nul\0": "x"}
    told = await sender.stored(SISKO, content)
    assert len(told["warnings"]) == 1000
    assert {"code": "NIK_LENGTH", "field": "nik"} in told["warnings"]
