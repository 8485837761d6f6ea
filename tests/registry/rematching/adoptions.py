"""Adoptions of models, step by step, and what must be as it was once one is withdrawn."""

from typing import Any

import asyncpg
import httpx2 as httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.rematching.adopting import adopt_share
from registry.settings import keyring
from shared.db import Database
from shared.sensitivity import Purpose
from tests.registry.rematching.rehearsals import rehearsed
from tests.registry.senders import Sender
from tests.registry.steps import exhaust, stamp
from tests.stands import fresh_key

ADOPTIONS = "/v1/link-model-adoptions"
_PROJECTION = {
    "persons": "SELECT id, merged_into, is_provisional FROM persons",
    "links": "SELECT id, person_id FROM source_records",
    "placements": "SELECT id, person_id, status, departed_on, ended_on FROM placements",
    "evidence": "SELECT origin_id, person_id, facts FROM person_evidence",
    "timelines": "SELECT person_id, stays, country, source_cell FROM person_timelines"
    " WHERE stays <> '[]'",
    "counts": "SELECT valid_on, country, district, category, source_cell, sum(delta) AS persons"
    " FROM ledger_postings GROUP BY 1, 2, 3, 4, 5 HAVING sum(delta) <> 0",
    "sums": "SELECT valid_month, country, district, category, source_cell, sum(delta) AS persons"
    " FROM population_sums GROUP BY 1, 2, 3, 4, 5 HAVING sum(delta) <> 0",
    "questions": "SELECT id, source_record_id, candidate_person_ids, state FROM link_reviews"
    " WHERE state <> 'SUPERSEDED'",
    "cases": "SELECT source_record_id, person_id, outcome FROM identifications",
}


async def projection(database: asyncpg.Connection) -> dict[str, set[tuple[Any, ...]]]:
    """What the registry says of persons, by the tables that say it; versions aside."""
    return {
        name: {tuple(map(str, row)) for row in await database.fetch(question)}
        for name, question in _PROJECTION.items()
    }


async def post(
    sender: Sender, path: str, body: dict[str, Any] | None, *, officer: str
) -> httpx.Response:
    headers = (
        sender.callers.headers("kemlu-desk", purpose=Purpose.SYSTEM_OPERATION, sub=officer)
        | fresh_key()
    )
    if body is None:
        return await sender.api.post(path, headers=headers)
    return await sender.api.post(path, json=body, headers=headers)


async def asked(sender: Sender, sessions: Database, model: str) -> str:
    """An adoption that the first officer has asked for: where it is."""
    rehearsal = await rehearsed(sender, sessions, model)
    body = {"rehearsal_id": rehearsal["id"], "reason": "Fewer doubts"}
    answer = await post(sender, ADOPTIONS, body, officer="first")
    assert answer.status_code == 202, answer.text
    where: str = answer.headers["location"]
    return where


async def confirmed(sender: Sender, sessions: Database, model: str) -> str:
    where = await asked(sender, sessions, model)
    answer = await post(sender, f"{where}/confirmations", None, officer="second")
    assert answer.status_code == 202, answer.text
    return where


async def adopted(sender: Sender, sessions: Database, model: str) -> str:
    """An adoption at its end."""
    where = await confirmed(sender, sessions, model)
    await exhaust(sessions, adopt, stamp)
    return where


async def withdrawn(sender: Sender, sessions: Database, where: str) -> None:
    """A withdrawal at its end."""
    body = {"reason": "Too many links"}
    answer = await post(sender, f"{where}/withdrawals", body, officer="third")
    assert answer.status_code == 202, answer.text
    await exhaust(sessions, adopt, stamp)


async def adopt(session: AsyncSession) -> bool:
    return await adopt_share(session, keyring=keyring(), limit=2)


def counted(told: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(one["kind"], one["state"]): one["records"] for one in told["changes"]}
