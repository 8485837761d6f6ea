"""Placements that source records tell of: they open, go on and are withdrawn with the record."""

from datetime import timedelta
from typing import Any

import asyncpg

from shared import clock
from shared.sensitivity import Purpose
from tests.registry.senders import SISKO, Sender, make_name, make_nik

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
    assert [row["type"].split(".")[5] for row in kinds] == ["opened", "departed"]


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
