"""Reference data as callers get it."""

import json
from typing import Any

import pytest

from tests.gateway.conftest import System

TABLES = ["countries", "missions", "occupations", "sectors", "schemes", "currencies"]


async def _table(system: System, path: str) -> dict[str, Any]:
    answer = await system.ask(f"/v1/reference/{path}")
    assert answer.status == 200
    table: dict[str, Any] = json.loads(await answer.read())
    return table


@pytest.mark.parametrize("table", TABLES)
async def test_each_row_tells_its_source_and_validity(system: System, table: str) -> None:
    rows = (await _table(system, table))["items"]
    assert rows
    for row in rows:
        assert row["source"]
        assert {"valid_from", "valid_to"} <= row.keys()


@pytest.mark.parametrize("table", [*TABLES, "competent-mission?country=MY"])
async def test_reference_data_needs_a_token(system: System, table: str) -> None:
    answer = await system.ask(f"/v1/reference/{table}", headers={"Authorization": ""})
    assert answer.status == 401


@pytest.mark.parametrize("table", TABLES)
async def test_an_unchanged_table_is_not_sent_again(system: System, table: str) -> None:
    first = await system.ask(f"/v1/reference/{table}")
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    assert first.headers["Cache-Control"] == "max-age=3600"
    again = await system.ask(f"/v1/reference/{table}", headers={"If-None-Match": f'"x", {etag}'})
    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == etag


async def test_a_table_is_given_as_it_stood_on_a_day(system: System) -> None:
    old = await _table(system, "currencies?on=2024-01-01")
    new = await _table(system, "currencies?on=2026-01-01")
    assert old["on"] == "2024-01-01"
    assert "ANG" in {row["code"] for row in old["items"]}
    assert "ANG" not in {row["code"] for row in new["items"]}


async def test_a_mission_tells_whom_it_serves(system: System) -> None:
    missions = {row["code"]: row for row in (await _table(system, "missions"))["items"]}
    served = missions["KJRI-JOHOR-BAHRU"]
    assert {row["country"] for row in served["districts"]} == {"MY"}
    assert "MY" in {row["country"] for row in missions["KBRI-KUALA-LUMPUR"]["countries"]}


async def test_the_competent_mission_depends_on_the_district(system: System) -> None:
    path = "competent-mission?country=MY"
    assert (await _table(system, path))["code"] == "KBRI-KUALA-LUMPUR"
    assert (await _table(system, f"{path}&subdivision=MY-01"))["code"] == "KJRI-JOHOR-BAHRU"


async def test_where_no_mission_is_competent_there_is_none(system: System) -> None:
    answer = await system.ask("/v1/reference/competent-mission?country=ID")
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (404, "no-competent-mission")


async def test_a_day_that_is_none_is_malformed(system: System) -> None:
    answer = await system.ask("/v1/reference/countries?on=yesterday")
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (422, "malformed-request")
    assert "yesterday" not in json.dumps(problem)
    assert answer.headers["Request-Id"] == problem["trace_id"]


async def test_an_unknown_table_is_not_found(system: System) -> None:
    answer = await system.ask("/v1/reference/persons")
    assert answer.status == 404
