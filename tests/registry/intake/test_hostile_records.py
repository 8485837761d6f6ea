"""Records that are damaged, contradictory or hostile: kept, answered, and linked to nobody else."""

import json
import secrets
from typing import Any

import asyncpg
import pytest

from shared.db import Database
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik, make_passport
from tests.registry.steps import work_off
from tests.stands import fresh_key

CROWD = 1_000
_HOSTILE = {
    "control characters": "\x00\x01\x1b[2J\x7f\r\nDROP",
    "right to left": "\u202eRATILB\u202c \u200fITIS",
    "ten thousand letters": "A" * 10_000,
    "ten thousand words": "A " * 5_000,
    "arabic": "\u0633\u064a\u062a\u064a \u0628\u062d\u0631",
    "javanese": "\ua9b1\ua9b6\ua9a0\ua9b6",
    "chinese": "\u674e\u5c0f\u9f8d",
    "signs beyond the first plane": "\U0001f600\U0001d54f",
    "marks alone": "\u0301\u0301\u0301",
    "halves of a pair": "\ud800",
    "quotes": "'; DROP TABLE persons; -- \\",
    "a bar, which parts names in the tables": "SITI|BAHAR|",
}


@pytest.mark.parametrize("name", _HOSTILE.values(), ids=_HOSTILE)
async def test_any_text_in_a_name_is_kept_and_answered(sender: Sender, name: str) -> None:
    """The person is found by their NIK, and what their system said stands as it was said."""
    nik = make_nik()
    body = {
        "source_system": SISKO,
        "record_key": secrets.token_hex(8),
        "source_updated_at": "2026-01-01T00:00:00Z",
        "content": {"nik": nik, "full_name": name, "birth_place": name},
    }
    headers = sender.system(SISKO) | fresh_key() | {"Content-Type": "application/json"}
    answer = await sender.api.post("/v1/source-records", content=json.dumps(body), headers=headers)
    if "\ud800" in name:
        assert answer.status_code == 422, "half a character is no text"
        return
    assert answer.status_code == 201, answer.text
    told = answer.json()
    again = await sender.stored(PEDULI, {"nik": nik})
    assert again["person_id"] == told["person_id"]
    read = await sender.api.get(f"/v1/source-records/{told['id']}", headers=sender.desk())
    assert read.json()["content"]["full_name"] == name
    assert (await sender.person(told["person_id"]))["nik"]["value"] == nik


async def test_what_is_no_name_joins_nobody(sender: Sender) -> None:
    """Two who have nothing but the same hostile name and birth date in common."""
    for name in (_HOSTILE["marks alone"], _HOSTILE["signs beyond the first plane"], "-", "\x00"):
        told = [
            await sender.stored(SISKO, {"full_name": name, "birth_date": "1990-05-12"})
            for _ in range(2)
        ]
        assert told[0]["person_id"] != told[1]["person_id"]


async def test_a_nik_that_contradicts_the_birth_date_warns_and_links_all_the_same(
    sender: Sender,
) -> None:
    nik, name = make_nik(), make_name()
    known = await sender.stored(SISKO, {"nik": nik, "full_name": name})
    told = await sender.stored(PEDULI, {"nik": nik, "full_name": name, "birth_date": "1971-11-30"})
    assert {"code": "NIK_BIRTH_DATE_MISMATCH", "field": "nik"} in told["warnings"]
    assert told["person_id"] == known["person_id"]


async def test_a_number_that_a_thousand_share_links_nobody_and_holds_up_nobody(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    """An agency typed its own passport and telephone number into each of its records."""
    passport, phone = make_passport(), "+62 811 0000 4242"
    keys = [secrets.token_hex(8) for _ in range(CROWD)]

    def content() -> dict[str, Any]:
        return {
            "full_name": make_name(),
            "birth_date": "1990-05-12",
            "passport_number": passport,
            "phone": phone,
        }

    lines = (
        {"record_key": key, "source_updated_at": "2026-01-01T00:00:00Z", "content": content()}
        for key in keys
    )
    headers = sender.system(SISKO) | fresh_key() | {"Content-Type": "application/x-ndjson"}
    accepted = await sender.api.post(
        f"/v1/source-record-batches?source_system={SISKO}",
        content="".join(json.dumps(one) + "\n" for one in lines),
        headers=headers,
    )
    assert accepted.status_code == 202, accepted.text
    await work_off(sessions)
    persons = "SELECT count(DISTINCT person_id) FROM source_records WHERE record_key = ANY($1)"
    assert await database.fetchval(persons, keys) == CROWD
    one_more = await sender.stored(PEDULI, content())
    assert one_more["decision"]["outcome"] != "AUTO_LINK"
    listed = await database.fetchval(
        "SELECT max(jsonb_array_length(comparisons)) FROM link_decisions d"
        " JOIN source_records r ON r.id = d.source_record_id WHERE r.record_key = ANY($1)",
        keys,
    )
    assert listed <= 10, "an officer is shown a crowd"
    stranger = await sender.stored(SISKO, {"nik": make_nik(), "full_name": make_name()})
    assert stranger["decision"]["outcome"] == "NO_LINK"
