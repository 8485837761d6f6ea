"""Pairs of records of which models think differently, and rehearsals of them."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.rematching.rehearsing import rehearse_share
from registry.settings import keyring
from shared.db import Database
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import exhaust
from tests.stands import fresh_key


@dataclass
class Pair:
    """One record of each ministry."""

    said: dict[str, Any]
    ours: dict[str, Any]
    theirs: dict[str, Any]

    @property
    def ids(self) -> set[str]:
        return {self.ours["id"], self.theirs["id"]}

    @property
    def is_one(self) -> bool:
        return bool(self.ours["person_id"] == self.theirs["person_id"])


def somebody(**content: Any) -> dict[str, Any]:
    """A name and a birth date that hardly anybody else has: namesakes would make doubts."""
    month, day = 2 + secrets.randbelow(10), 2 + secrets.randbelow(25)
    born_on = date(1986 + secrets.randbelow(8), month, day)
    return {"full_name": make_name(), "birth_date": born_on.isoformat()} | content


async def pair(sender: Sender, *, country: str = "MY", **content: Any) -> Pair:
    """Two records alike; each says for itself that its person is abroad."""
    said = somebody(country=country) | content
    departed = {"departed_on": "2025-02-01", "contract_ends_on": "2035-02-01"}
    ours = await sender.stored(SISKO, said | departed)
    return Pair(said, ours, await sender.stored(PEDULI, said | {"reported_on": "2026-01-05"}))


async def doubtful_pair(sender: Sender, **content: Any) -> Pair:
    """A name and a birth date: the model in use asks an officer, a lax one links."""
    found = await pair(sender, **content)
    assert found.theirs["decision"]["outcome"] == "REVIEW"
    return found


async def linked_pair(sender: Sender, **content: Any) -> Pair:
    """Sex and place beside: linked by the model in use; a strict one sees strangers."""
    found = await pair(sender, sex="F", birth_place="Cirebon", **content)
    assert found.is_one
    return found


async def numbered_pair(sender: Sender, **content: Any) -> Pair:
    """A NIK beside: linked by the model in use; a strict one asks an officer."""
    found = await pair(sender, sex="F", birth_date="1990-05-12", nik=make_nik(), **content)
    assert found.is_one
    return found


async def ask(sender: Sender, model: str) -> str:
    answer = await sender.api.post(
        "/v1/link-model-rehearsals",
        json={"model": model},
        headers=sender.desk(Purpose.SYSTEM_OPERATION) | fresh_key(),
    )
    assert answer.status_code == 202, answer.text
    where: str = answer.headers["location"]
    return where


async def look(sender: Sender, where: str) -> dict[str, Any]:
    answer = await sender.api.get(where, headers=sender.desk(Purpose.SYSTEM_OPERATION))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def rehearse(session: AsyncSession) -> bool:
    return await rehearse_share(session, keyring=keyring(), limit=3)


async def rehearsed(sender: Sender, sessions: Database, model: str) -> dict[str, Any]:
    """A rehearsal at its end."""
    where = await ask(sender, model)
    await exhaust(sessions, rehearse)
    told = await look(sender, where)
    assert told["state"] == "DONE"
    return told


def changed(told: dict[str, Any], change: str) -> set[str]:
    """The records that a rehearsal names for a kind of change; there must be no more of them."""
    for one in told["result"]["changes"]:
        if one["change"] == change:
            assert one["records"] == len(one["sample_record_ids"])
            return set(one["sample_record_ids"])
    return set()


def effect(told: dict[str, Any], country: str) -> dict[str, int]:
    return {
        one["source_cell"]: one["difference"]
        for one in told["result"]["effect"]
        if one["country"] == country
    }
