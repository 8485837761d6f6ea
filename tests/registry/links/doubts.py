"""Doubtful records, and officers who answer to their reviews."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx2 as httpx

from registry.handlers import on_case_participant_added, on_case_reported
from shared import clock
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.messages.cases import CaseParticipantAdded, CaseReported
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


async def told(session: Any, handler: Any, message: Any) -> bool:
    await handler(session, message, EVENT)
    return False


async def report(sessions: Database, case_id: UUID, person_id: str) -> None:
    """A case is opened about somebody."""
    now = clock.now()
    reported = CaseReported(
        case_id=case_id,
        category="LABOUR",
        country="MY",
        mission="KBRI-KUALA-LUMPUR",
        channel="HOTLINE",
        reported_at=now,
    )
    named = CaseParticipantAdded(
        case_id=case_id, participant_id=new_id(), role="VICTIM", person_id=UUID(person_id)
    )
    await take(sessions, lambda session: told(session, on_case_reported, reported))
    await take(sessions, lambda session: told(session, on_case_participant_added, named))
