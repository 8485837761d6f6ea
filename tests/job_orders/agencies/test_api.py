"""Placement agencies over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared import clock
from tests.job_orders.factories import World, in_days


async def test_an_agency_is_read_back_with_its_standing(world: World) -> None:
    page = await world.api.get("/v1/placement-agencies", headers=world.agency(purpose=None))
    assert page.status_code == 200
    mine = next(one for one in page.json()["items"] if one["code"] == world.agency_code)
    assert mine["standing"]["status"] == "ACTIVE"
    path = f"/v1/placement-agencies/{mine['id']}"
    read = await world.api.get(path, headers=world.agency(purpose=None))
    assert read.headers["etag"] == '"v1"'
    assert read.json() == mine


async def test_registering_leaves_one_event_and_one_history_row(
    world: World, admin: asyncpg.Connection
) -> None:
    agency = await World(world.api, world.callers, world.database).make_agency()
    events = await admin.fetch("SELECT type FROM outbox WHERE key = $1", agency["id"])
    assert [event["type"] for event in events] == [
        "id.go.sinergi.job-orders.placement-agency.licensed.v1"
    ]
    path = f"/v1/placement-agencies/{agency['id']}/history"
    told = (await world.api.get(path, headers=world.regulator())).json()["items"]
    assert [(one["action"], one["effective_on"], one["organisation"]) for one in told] == [
        ("LICENSE", "2024-01-15", "KP2MI")
    ]
    masked = (await world.api.get(path, headers=world.agency())).json()["items"]
    assert (masked[0]["organisation"], masked[0]["subject"]) == (None, None)


async def test_a_known_code_is_refused_even_at_the_same_moment(
    world: World, admin: asyncpg.Connection
) -> None:
    other = World(world.api, world.callers, world.database)
    body: dict[str, Any] = {
        "code": other.agency_code,
        "name": "PT KEMBAR SINTESIS",
        "sip3mi_number": f"SIP3MI.99/{other.agency_code}",
        "licence_valid_from": "2024-01-15",
        "licence_valid_to": in_days(700),
    }
    answers = await asyncio.gather(
        *(other.post("/v1/placement-agencies", body, other.regulator()) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    made = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    told = {answer.json()["placement_agency_id"] for answer in answers if answer.status_code == 409}
    assert told == {made}
    count = "SELECT count(*) FROM placement_agencies WHERE code = $1"
    assert await admin.fetchval(count, other.agency_code) == 1


async def test_only_the_regulator_registers_and_sanctions(world: World) -> None:
    for who in (world.agency(), world.officer(), world.callers.headers("kp2mi-analyst")):
        answer = await world.post("/v1/placement-agencies", {}, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "action-not-allowed")


async def test_the_standing_of_any_past_day_stays_what_it_was(world: World) -> None:
    agency = await World(world.api, world.callers, world.database).make_agency()
    today = clock.today()
    stopped = await world.sanction(
        agency, "FULL_STOP", effective_on=str(today - timedelta(days=20)), ground="NO_SIP2MI"
    )
    assert stopped["standing"]["status"] == "STOPPED"
    path = f"/v1/placement-agencies/{agency['id']}"
    restored = await world.post(
        f"{path}/restorations",
        {"effective_on": str(today - timedelta(days=5))},
        world.regulator(),
        version=2,
    )
    assert restored.json()["standing"]["status"] == "ACTIVE"
    expected = {0: "ACTIVE", 5: "ACTIVE", 6: "STOPPED", 20: "STOPPED", 21: "ACTIVE"}
    for days, status in expected.items():
        on = str(today - timedelta(days=days))
        read = await world.api.get(
            f"{path}/standing", params={"on": on}, headers=world.callers.headers("dinas")
        )
        assert (read.json()["on"], read.json()["status"]) == (on, status)
    before = {"on": "2024-01-14"}
    read = await world.api.get(f"{path}/standing", params=before, headers=world.officer())
    assert read.json()["status"] == "NOT_LICENSED"


async def test_a_revoked_agency_returns_by_a_new_licence_alone(world: World) -> None:
    agency = await World(world.api, world.callers, world.database).make_agency()
    await world.sanction(agency, "REVOCATION")
    path = f"/v1/placement-agencies/{agency['id']}"
    body = {"effective_on": str(clock.today())}
    refused = await world.post(f"{path}/restorations", body, world.regulator(), version=2)
    assert refused.status_code == 409
    assert refused.json()["current_status"] == "REVOKED"
    assert refused.json()["allowed_actions"] == ["LICENSE"]
    licence = {
        "sip3mi_number": f"{agency['sip3mi_number']}-B",
        "valid_from": str(clock.today()),
        "valid_to": in_days(900),
    }
    again = await world.post(f"{path}/licences", licence, world.regulator(), version=2)
    assert again.status_code == 201, again.text
    assert again.json()["standing"]["status"] == "ACTIVE"


async def test_a_licence_number_of_another_agency_is_refused(world: World) -> None:
    other = await World(world.api, world.callers, world.database).make_agency()
    agency = await World(world.api, world.callers, world.database).make_agency()
    licence = {
        "sip3mi_number": other["sip3mi_number"],
        "valid_from": str(clock.today()),
        "valid_to": in_days(900),
    }
    path = f"/v1/placement-agencies/{agency['id']}/licences"
    refused = await world.post(path, licence, world.regulator(), version=1)
    assert (refused.status_code, refused.json()["placement_agency_id"]) == (409, other["id"])


async def test_of_two_who_take_a_licence_number_at_once_the_second_is_told(
    world: World, admin: asyncpg.Connection
) -> None:
    """The first has it, uncommitted, when the second looks; the index alone sees both."""
    first = await World(world.api, world.callers, world.database).make_agency()
    second = await World(world.api, world.callers, world.database).make_agency()
    number = f"{first['sip3mi_number']}-NEW"
    body = {"sip3mi_number": number, "valid_from": in_days(0), "valid_to": in_days(900)}
    path = f"/v1/placement-agencies/{second['id']}/licences"
    async with admin.transaction():
        await admin.execute(
            "UPDATE placement_agencies SET sip3mi_number = $1 WHERE id = $2", number, first["id"]
        )
        posting = asyncio.create_task(world.post(path, body, world.regulator(), version=1))
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'"
        while await admin.fetchval(waiting) == 0 and not posting.done():
            await asyncio.sleep(0.02)
    refused = await posting
    assert (refused.status_code, refused.json()["placement_agency_id"]) == (409, first["id"])


async def test_a_stale_version_is_refused(world: World) -> None:
    agency = await World(world.api, world.callers, world.database).make_agency()
    await world.sanction(agency, "WARNING")
    body = {"sanction": "FULL_STOP", "effective_on": str(clock.today())}
    path = f"/v1/placement-agencies/{agency['id']}/sanctions"
    assert (await world.post(path, body, world.regulator(), version=1)).status_code == 412


async def test_history_cannot_be_rewritten_by_the_running_role(world: World) -> None:
    async with world.database.engine.connect() as connection:
        for statement in (
            "UPDATE placement_agency_history SET effective_on = current_date",
            "DELETE FROM placement_agency_history",
            "TRUNCATE placement_agency_history",
        ):
            with pytest.raises(Exception, match="permission denied"):
                await connection.exec_driver_sql(statement)
            await connection.rollback()
