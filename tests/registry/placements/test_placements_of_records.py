"""Placements that source records tell of: they open, go on and are withdrawn with the record."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.senders import SISKO, Sender, make_name, make_nik
from tests.stands import fresh_key

AGENCY = "P3MI-0007"


def agency(sender: Sender, organisation: str = AGENCY) -> dict[str, str]:
    return sender.callers.headers(
        "placement-agency", purpose=Purpose.PLACEMENT_SERVICE, organisation=organisation
    )


async def test_a_record_tells_of_a_journey_and_goes_on_with_it(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = {
        "nik": make_nik(),
        "full_name": make_name(),
        "scheme": "P_TO_P",
        "country": "MY",
        "placement_agency_code": AGENCY,
        "occupation_code": "9111",
    }
    key = content["nik"]
    told = await sender.stored(SISKO, content, key=key)

    async def listed() -> list[dict[str, Any]]:
        answer = await sender.api.get(
            f"/v1/persons/{told['person_id']}/placements", headers=agency(sender)
        )
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    (placement,) = await listed()
    assert placement["status"] == "REGISTERED"
    assert "SELECTED" in placement["allowed_steps"]
    content |= {"departed_on": "2026-01-10", "contract_ends_on": "2035-01-10"}
    await sender.stored(SISKO, content, key=key, updated_at=clock.now())
    (placement,) = await listed()
    assert (placement["status"], placement["departed_on"]) == ("DEPARTED", "2026-01-10")
    assert "ARRIVED" in placement["allowed_steps"]
    assert placement["due_steps"][0]["due_on"] == "2026-02-09"
    kinds = await database.fetch(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY sequence", placement["id"]
    )
    # The end of the contract is no step, and is told beside.
    assert [row["type"].split(".")[5] for row in kinds] == ["opened", "departed", "amended"]


async def test_a_withdrawn_record_withdraws_its_placement(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = {"nik": make_nik(), "full_name": make_name(), "scheme": "P_TO_P", "country": "MY"}
    told = await sender.stored(SISKO, content, key=content["nik"])
    await sender.stored(
        SISKO, content, key=content["nik"], updated_at=clock.now(), is_withdrawn=True
    )
    row = await database.fetchrow(
        "SELECT id, status FROM placements WHERE source_record_id = $1", told["id"]
    )
    assert row["status"] == "CANCELLED"
    last = await database.fetchval(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY sequence DESC LIMIT 1", str(row["id"])
    )
    assert last == "id.go.sinergi.registry.placement.withdrawn.v1"


async def test_a_withdrawal_taken_back_opens_the_placement_again_and_may_come_once_more(
    sender: Sender, database: asyncpg.Connection
) -> None:
    content = {"nik": make_nik(), "full_name": make_name(), "scheme": "P_TO_P", "country": "MY"}
    key, began = content["nik"], clock.now() - timedelta(hours=1)
    told = await sender.stored(SISKO, content, key=key, updated_at=began)
    signed = {"contract_starts_on": "2026-01-10", "contract_ends_on": "2035-01-10"}
    later = [(content, True), (content | signed, False), (content | signed, True)]
    statuses = []
    for minute, (said, is_withdrawn) in enumerate(later, start=1):
        at = began + timedelta(minutes=minute)
        await sender.stored(SISKO, said, key=key, updated_at=at, is_withdrawn=is_withdrawn)
        row = await database.fetchrow(
            "SELECT id, status FROM placements WHERE source_record_id = $1", told["id"]
        )
        statuses.append(row["status"])
    assert statuses == ["CANCELLED", "CONTRACTED", "CANCELLED"]
    kinds = await database.fetch(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY sequence", str(row["id"])
    )
    assert [one["type"].split(".")[5] for one in kinds] == [
        *("opened", "withdrawn", "opened", "step-completed", "withdrawn")
    ]


class History:
    """A record that is sent again and again, and what comes of it."""

    def __init__(self, sender: Sender, database: asyncpg.Connection) -> None:
        self._sender = sender
        self._database = database
        self._key = make_nik()
        self._at = clock.now() - timedelta(hours=1)
        self._who = {"nik": self._key, "full_name": make_name(), "scheme": "P_TO_P"}
        self.placement: asyncpg.Record

    async def say(self, **journey: Any) -> list[tuple[str, dict[str, Any]]]:
        """What is told of the placement when its record says this now."""
        self._at += timedelta(minutes=1)
        content = self._who | {"country": "MY", "placement_agency_code": AGENCY} | journey
        told = await self._sender.stored(SISKO, content, key=self._key, updated_at=self._at)
        before = getattr(self, "_sequence", 0)
        self.placement = await self._database.fetchrow(
            "SELECT * FROM placements WHERE source_record_id = $1", told["id"]
        )
        rows = await self._database.fetch(
            "SELECT type, data, sequence FROM outbox WHERE key = $1 AND sequence > $2"
            " ORDER BY sequence",
            str(self.placement["id"]),
            before,
        )
        self._sequence = before + len(rows)
        return [(row["type"].split(".")[5], json.loads(row["data"])) for row in rows]

    async def steps(self) -> list[tuple[str, str | None]]:
        rows = await self._database.fetch(
            "SELECT step, reason FROM placement_steps WHERE placement_id = $1 ORDER BY number",
            self.placement["id"],
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def history(sender: Sender, database: asyncpg.Connection) -> History:
    return History(sender, database)


async def test_another_country_agency_or_day_is_told_as_what_the_placement_is_now(
    history: History,
) -> None:
    await history.say(departed_on="2026-01-10", employer_code="E-1")
    [(kind, told)] = await history.say(
        departed_on="2026-01-12", country="SG", placement_agency_code="P3MI-0008"
    )
    assert kind == "amended"
    assert (told["country"], told["placement_agency_code"]) == ("SG", "P3MI-0008")
    assert (told["departed_on"], told["employer_code"]) == ("2026-01-12", None)
    assert (told["status"], told["phase"]) == ("DEPARTED", "DEPARTED")
    assert (await history.steps())[-1] == ("AMENDED", None)


async def test_an_opening_tells_when_the_worker_had_left(history: History) -> None:
    """By that day a case is given the job it is about; the opening is the day of the record."""
    [(kind, told)] = await history.say(departed_on="2019-01-10", arrived_on="2019-01-11")
    assert (kind, told["departed_on"], told["arrived_on"]) == ("opened", "2019-01-10", "2019-01-11")


async def test_the_same_word_again_tells_nothing(history: History) -> None:
    await history.say(departed_on="2026-01-10")
    assert await history.say(departed_on="2026-01-10", occupation_name="Perawat") == []


async def test_a_return_that_is_taken_back_stands_no_longer_and_may_come_again(
    history: History, sender: Sender
) -> None:
    abroad = {"departed_on": "2026-01-10", "arrived_on": "2026-01-11"}
    await history.say(**abroad)
    assert [kind for kind, _ in await history.say(**abroad, returned_on="2026-03-01")] == ["ended"]
    [(kind, told)] = await history.say(**abroad)
    assert (kind, told["status"], told["phase"]) == ("amended", "ARRIVED", "DEPARTED")
    assert told["ended_on"] is None
    assert (await history.steps())[-1] == ("AMENDED", "RETURNED")
    shown = await sender.api.get(
        f"/v1/placements/{history.placement['id']}", headers=agency(sender)
    )
    assert shown.json()["status"] == "ARRIVED"
    assert "EXTENDED" in shown.json()["allowed_steps"]
    [(kind, told)] = await history.say(**abroad, returned_on="2026-04-01")
    assert (kind, told["ended_on"]) == ("ended", "2026-04-01")


async def test_a_step_that_lies_behind_moves_a_placement_nowhere(history: History) -> None:
    await history.say(departed_on="2026-01-10")
    told = await history.say(departed_on="2026-01-10", contract_starts_on="2026-01-09")
    assert [kind for kind, _ in told] == ["step-completed", "amended"]
    assert told[-1][1]["status"] == history.placement["status"] == "DEPARTED"


async def test_a_day_that_somebody_else_recorded_is_not_the_records_to_take_back(
    history: History, sender: Sender
) -> None:
    await history.say(departed_on="2026-01-10")
    path = f"/v1/placements/{history.placement['id']}"
    taken = await sender.api.post(
        f"{path}/steps",
        json={"step": "ARRIVED", "completed_on": "2026-01-11"},
        headers=agency(sender) | fresh_key() | {"If-Match": f'"v{history.placement["version"]}"'},
    )
    assert taken.status_code == 201, taken.text
    told = await history.say(departed_on="2026-01-10", country="SG")
    assert [kind for kind, _ in told] == ["arrived", "amended"]
    assert (told[-1][1]["arrived_on"], told[-1][1]["status"]) == ("2026-01-11", "ARRIVED")
    assert str(history.placement["arrived_on"]) == "2026-01-11"
