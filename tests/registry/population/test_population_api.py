"""Counts over HTTP: as of any day, as known at any instant, by who knows, with causes."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from registry.population.operations import turn_to_today
from registry.population.recounting import recount_all
from shared import clock
from shared.db import Database
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import exhaust, stamp, take, work_off


async def count(sender: Sender, **asked: Any) -> dict[str, Any]:
    answer = await sender.api.get("/v1/population", params=asked, headers=sender.analyst())
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def departed(country: str, **more: Any) -> dict[str, Any]:
    return {
        "nik": make_nik(),
        "full_name": make_name(),
        "country": country,
        "departed_on": "2025-03-01",
        "contract_ends_on": "2035-03-01",
    } | more


async def test_the_venn_cells_sum_to_the_total(sender: Sender, sessions: Database) -> None:
    both = departed("TW")
    await sender.stored(SISKO, both)
    await sender.stored(PEDULI, {**both, "reported_on": "2026-02-01"})
    await sender.stored(SISKO, departed("TW"))
    await sender.stored(
        PEDULI, {"full_name": make_name(), "country": "TW", "arrived_on": "2025-06-01"}
    )
    await exhaust(sessions, stamp)
    told = await count(sender, country="TW")
    assert told["stock"] == {"kp2mi_only": 1, "kemlu_only": 1, "both": 1, "total": 3}
    assert told["definition_id"] == "presence-1"
    assert told["unit"] == "persons"


async def test_a_count_as_of_a_day(sender: Sender, sessions: Database) -> None:
    await sender.stored(SISKO, departed("SG", departed_on="2024-01-10", returned_on="2025-04-20"))
    await exhaust(sessions, stamp)
    totals = {
        day: (await count(sender, country="SG", as_of=day))["stock"]["total"]
        for day in ("2024-01-09", "2024-01-10", "2025-04-19", "2025-04-20", "2030-01-01")
    }
    assert list(totals.values()) == [0, 1, 1, 0, 0]


async def test_a_count_as_known_then_is_the_same_for_ever(
    sender: Sender, sessions: Database
) -> None:
    await sender.stored(SISKO, departed("HK"))
    await exhaust(sessions, stamp)
    first = await count(sender, country="HK", as_of="2026-01-01")
    await sender.stored(SISKO, departed("HK"))
    await exhaust(sessions, stamp)
    later = await count(sender, country="HK", as_of="2026-01-01")
    assert (first["stock"]["total"], later["stock"]["total"]) == (1, 2)
    again = await count(sender, country="HK", as_of="2026-01-01", known_at=first["data_cut"])
    assert again["stock"] == first["stock"]
    assert again["known_at"] == first["data_cut"]
    assert again["is_known_at_cut"] is False


async def test_a_known_at_beyond_the_cut_is_answered_as_the_cut(
    sender: Sender, sessions: Database
) -> None:
    await exhaust(sessions, stamp)
    told = await count(sender, known_at="2999-01-01T00:00:00Z")
    assert told["known_at"] == told["data_cut"]
    assert told["is_known_at_cut"] is True


async def test_what_is_not_stamped_does_not_count(sender: Sender, sessions: Database) -> None:
    await exhaust(sessions, stamp)
    before = (await count(sender, country="JP"))["stock"]["total"]
    await sender.stored(SISKO, departed("JP"))
    assert (await count(sender, country="JP"))["stock"]["total"] == before
    await exhaust(sessions, stamp)
    assert (await count(sender, country="JP"))["stock"]["total"] == before + 1


async def test_flow_bridges_to_the_stock(sender: Sender, sessions: Database) -> None:
    for content in (
        departed("KR", departed_on="2025-09-01"),
        departed("KR", departed_on="2025-10-01", returned_on="2026-01-15"),
        departed("KR", departed_on="2025-10-02", returned_on="2026-01-16", return_reason="DIED"),
        departed("KR", departed_on="2020-01-01", contract_ends_on="2025-07-01"),
    ):
        await sender.stored(SISKO, content)
    await exhaust(sessions, stamp)
    told = await count(sender, country="KR", as_of="2026-03-01")
    flow = told["flow"]
    assert flow["from_on"] == "2025-03-01"
    start = (await count(sender, country="KR", as_of=flow["from_on"]))["stock"]["total"]
    gained = flow["arrivals"] + flow["discoveries"] + flow["moves"]
    lost = flow["returns"] + flow["deaths"] + flow["decayed"]
    assert (flow["departures"], flow["arrivals"]) == (3, 3)
    assert (flow["returns"], flow["deaths"], flow["decayed"]) == (1, 1, 1)
    assert start + gained - lost == told["stock"]["total"] == 1


async def test_sums_and_postings_agree_with_a_recount_on_any_day(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    await work_off(sessions)
    for months in range(0, 40, 3):
        day = clock.today() - timedelta(days=30 * months)
        told = await count(sender, as_of=day.isoformat())
        recounted = await database.fetchval(
            "SELECT coalesce(sum(delta), 0) FROM ledger_postings WHERE valid_on <= $1", day
        )
        assert told["stock"]["total"] == recounted
        by_country = sum(one["stock"]["total"] for one in told["by_country"])
        assert by_country == recounted


async def test_time_alone_moves_presence(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    told = await sender.stored(
        PEDULI,
        {"full_name": make_name(), "country": "QA", "reported_on": clock.today().isoformat()},
    )
    where = "SELECT country FROM person_timelines WHERE person_id = $1"
    assert await database.fetchval(where, told["person_id"]) == "QA"
    with clock.standing_at(clock.now() + timedelta(days=800)):
        await take(sessions, turn_to_today)
    assert await database.fetchval(where, told["person_id"]) is None
    changes = await database.fetchval(
        "SELECT count(*) FROM outbox WHERE key = $1 AND type LIKE '%presence-changed%'",
        told["person_id"],
    )
    assert changes == 2


@pytest.mark.parametrize(
    ("role", "purpose", "status"),
    [
        ("kp2mi-analyst", Purpose.STATISTICS, 200),
        ("kemlu-desk", Purpose.EMERGENCY_RESCUE, 200),
        ("mission-head", Purpose.STATISTICS, 200),
        ("kp2mi-analyst", None, 400),
        ("placement-agency", Purpose.STATISTICS, 403),
        ("system-siskop2mi", Purpose.STATISTICS, 403),
    ],
)
async def test_exact_counts_are_for_officials_with_a_purpose(
    sender: Sender, role: str, purpose: Purpose | None, status: int
) -> None:
    headers = sender.callers.headers(role, purpose=purpose)
    answer = await sender.api.get("/v1/population", headers=headers)
    assert answer.status_code == status


async def change(sender: Sender, **asked: Any) -> dict[str, Any]:
    answer = await sender.api.get("/v1/population/changes", params=asked, headers=sender.analyst())
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_causes_add_up_to_the_difference_of_two_counts(
    sender: Sender, sessions: Database
) -> None:
    first = departed("BN")
    await sender.stored(SISKO, first, key=first["nik"])
    await exhaust(sessions, stamp)
    cut = (await count(sender, country="BN"))["data_cut"]
    await sender.stored(
        SISKO,
        first | {"returned_on": "2026-02-01"},
        key=first["nik"],
        updated_at=clock.now(),
    )
    await sender.stored(SISKO, departed("BN"))
    recent = clock.today() - timedelta(days=3)
    await sender.stored(
        PEDULI, {"full_name": make_name(), "country": "BN", "reported_on": str(recent)}
    )
    await exhaust(sessions, stamp)
    told = await change(sender, country="BN", from_on="2026-01-01", known_from=cut)
    assert sum(one["persons"] for one in told["causes"]) == told["difference"] == 1
    assert {one["cause"]: (one["gained"], one["lost"]) for one in told["causes"]} == {
        "DISCOVERY": (1, 0),
        "LATE_RECORD": (1, 1),
    }
    restated = await change(
        sender, country="BN", from_on="2026-01-01", to_on="2026-01-01", known_from=cut
    )
    late = {"cause": "LATE_RECORD", "gained": 1, "lost": 0, "persons": 1}
    assert restated["causes"] == [late]
    assert restated["difference"] == 1


async def test_a_change_does_not_run_backwards(sender: Sender) -> None:
    answer = await sender.api.get(
        "/v1/population/changes",
        params={
            "from_on": "2026-01-01",
            "to_on": "2025-01-01",
            "known_from": "2026-01-01T00:00:00Z",
        },
        headers=sender.analyst(),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "change-runs-backwards")


async def test_a_recount_agrees_and_names_what_does_not(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    told = await sender.stored(SISKO, departed("OM"))
    await exhaust(sessions, stamp)
    await take(sessions, recount_all)
    assert await database.fetch("SELECT * FROM discrepancies") == []
    await database.execute(
        "UPDATE ledger_postings SET delta = 2 WHERE person_id = $1 AND delta = 1",
        told["person_id"],
    )
    await take(sessions, recount_all)
    found = await database.fetch("SELECT kind, subject, counted, recounted FROM discrepancies")
    await database.execute(
        "UPDATE ledger_postings SET delta = 1 WHERE person_id = $1 AND delta = 2",
        told["person_id"],
    )
    by_kind = {row["kind"]: row for row in found}
    assert by_kind["LEDGER"]["subject"] == f"{told['person_id']} 2025-03-01"
    assert (by_kind["LEDGER"]["counted"], by_kind["LEDGER"]["recounted"]) == (2, 1)
    assert "OM" in by_kind["SUMS"]["subject"]


@pytest.mark.parametrize(
    "query",
    ["as_of=0001-01-01", "known_at=0001-01-01T00:00:00%2B14:00", "as_of=2026-02-30"],
)
async def test_a_day_off_the_calendar_is_refused(sender: Sender, query: str) -> None:
    answer = await sender.api.get(f"/v1/population?{query}", headers=sender.analyst())
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")


async def test_workers_in_neither_list_are_estimated(sender: Sender, sessions: Database) -> None:
    both = [departed("QA") for _ in range(12)]
    for content in both:
        await sender.stored(SISKO, content)
        await sender.stored(PEDULI, {**content, "purpose": "WORK", "reported_on": "2026-02-01"})
    for _ in range(8):
        await sender.stored(SISKO, departed("QA"))
    for _ in range(6):
        alone = {"full_name": make_name(), "country": "QA", "arrived_on": "2025-06-01"}
        await sender.stored(PEDULI, alone | {"purpose": "WORK"})
    await sender.stored(
        PEDULI,
        {"full_name": make_name(), "country": "QA", "arrived_on": "2025-06-01", "purpose": "STUDY"},
    )
    await exhaust(sessions, stamp)
    answer = await sender.api.get(
        "/v1/population/estimates",
        params={"country": "QA", "as_of": "2026-03-01"},
        headers=sender.analyst(),
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    figures = told["estimate"]
    # Chapman by hand: 19 of 18 registered and 21 of 20 placed, 12 in both.
    assert figures["estimate"] == round(19 * 21 / 13 - 1)
    assert (figures["known"], figures["in_both"]) == (26, 12)
    assert figures["low"] <= figures["estimate"] <= figures["high"]
    assert figures["known"] <= figures["band_low"] < figures["estimate"] < figures["band_high"]
    codes = {one["code"] for one in told["cautions"]}
    assert {"WORKERS_ONLY", "LISTS_INDEPENDENT", "FEW_LINKS"} <= codes
    assert all(one["text_id"] and one["text_en"] for one in told["cautions"])
    assert (told["definition_id"], told["estimate_definition_id"]) == (
        "presence-1",
        "ledger-estimate-1",
    )
    assert told["data_cut"]


async def test_no_estimate_where_next_to_nobody_is_in_both_lists(
    sender: Sender, sessions: Database
) -> None:
    await exhaust(sessions, stamp)
    answer = await sender.api.get(
        "/v1/population/estimates", params={"as_of": "1990-01-01"}, headers=sender.analyst()
    )
    assert answer.json()["estimate"] is None
    assert [one["code"] for one in answer.json()["cautions"]] == ["FEW_LINKS"]


async def test_an_estimate_needs_a_purpose_that_counts(sender: Sender) -> None:
    refused = await sender.api.get(
        "/v1/population/estimates", headers=sender.analyst(Purpose.PLACEMENT_SERVICE)
    )
    assert refused.status_code == 403
