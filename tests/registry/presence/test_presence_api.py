"""Presence over HTTP: who says so, since when, and an officer's word as evidence."""

from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.senders import SISKO, Sender, make_name, make_nik
from tests.stands import fresh_key


def officer(sender: Sender) -> dict[str, str]:
    return sender.callers.headers(
        "mission-officer", purpose=Purpose.PROTECTION_CASE, mission="KBRI-KUALA-LUMPUR"
    )


async def abroad(sender: Sender) -> str:
    told = await sender.stored(
        SISKO,
        {"nik": make_nik(), "full_name": make_name(), "country": "MY"}
        | {"departed_on": "2025-02-01", "contract_ends_on": "2035-02-01"},
    )
    person_id: str = told["person_id"]
    return person_id


async def report(sender: Sender, person_id: str, **body: Any) -> httpx.Response:
    return await sender.api.post(
        f"/v1/persons/{person_id}/presence-reports",
        json={"country": "MY", "seen_on": clock.today().isoformat()} | body,
        headers=officer(sender) | fresh_key(),
    )


async def test_presence_names_its_signs(sender: Sender) -> None:
    person_id = await abroad(sender)
    answer = await sender.api.get(f"/v1/persons/{person_id}/presence", headers=officer(sender))
    told = answer.json()
    assert told["is_abroad"] is True
    assert (told["current"]["country"], told["current"]["source_cell"]) == ("MY", "KP2MI_ONLY")
    assert told["current"]["starts_on"] == "2025-02-01"
    assert [one["live_until"] for one in told["signs"]] == ["2035-05-02"]


async def test_an_officers_report_is_kemlus_evidence(
    sender: Sender, database: asyncpg.Connection
) -> None:
    person_id = await abroad(sender)
    answer = await report(sender, person_id)
    assert answer.status_code == 201, answer.text
    current = answer.json()["current"]
    assert current["source_cell"] == "BOTH"
    assert current["district"] == "KBRI-KUALA-LUMPUR"
    last = await database.fetchval(
        "SELECT convert_from(data, 'UTF8') FROM outbox WHERE key = $1 ORDER BY sequence DESC",
        person_id,
    )
    assert '"source_cell":"BOTH"' in last


@pytest.mark.parametrize(("kind", "movement"), [("LEFT", "RETURN"), ("DIED", "DEATH")])
async def test_leaving_and_dying_end_presence(sender: Sender, kind: str, movement: str) -> None:
    person_id = await abroad(sender)
    answer = await report(sender, person_id, kind=kind)
    assert answer.json()["is_abroad"] is False
    assert answer.json()["stays"][-1]["ends_by"] == movement


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"seen_on": "2999-01-01"}, "presence-in-the-future"),
        ({"seen_on": "0001-01-01"}, "malformed-request"),
        ({"country": "QQ"}, "country-unknown"),
    ],
)
async def test_an_impossible_report_is_refused(
    sender: Sender, body: dict[str, Any], code: str
) -> None:
    answer = await report(sender, await abroad(sender), **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
