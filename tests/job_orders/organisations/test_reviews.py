"""Reviews over HTTP: proposed on registration and change, and shown."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from shared import clock
from shared.sensitivity import Purpose
from tests.job_orders.factories import World
from tests.job_orders.organisations.conftest import Find
from tests.job_orders.organisations.steps import (
    PATH,
    Json,
    Owner,
    amend,
    decide,
    queue,
    read,
    two_agencies,
)


async def test_a_sanctioned_firm_under_a_new_name_is_proposed_with_its_reasons(
    world: World, find: Find
) -> None:
    owner = Owner()
    old = await world.make_agency(**owner.agency("PT Rimba Selaras", city="Jakarta"))
    day = str(clock.today() - timedelta(days=60))
    await world.sanction(old, "REVOCATION", effective_on=day)
    new = await world.make_agency(
        **owner.agency("CV Kencana Wungu", days_ago=10, city="Jakarta", phone=f"({owner.phone})")
    )
    await find()
    (review,) = await queue(world, new)
    assert (review["older_id"], review["newer_id"]) == (old["id"], new["id"])
    assert (review["state"], review["urgency"]) == ("OPEN", "AFTER_TROUBLE")
    assert set(review["reasons"]) == {"SAME_OWNER", "SAME_PHONE", "REGISTERED_AFTER_TROUBLE"}
    answer = await world.api.get(f"{PATH}/{review['id']}", headers=world.regulator())
    assert answer.headers["etag"] == '"v1"'
    shown = answer.json()
    assert sum(line["weight"] for line in shown["lines"]) == shown["score"] == review["score"]
    assert shown["older_trouble_on"] == day
    names = next(one for one in shown["fields"] if one["field"] == "name")
    assert (names["older"], names["newer"]) == (["PT Rimba Selaras"], ["CV Kencana Wungu"])
    phones = next(one for one in shown["restricted_fields"] if one["field"] == "phone")
    assert phones["level"] == "EQUAL"
    assert [entry["action"] for entry in shown["history"]] == ["OPEN"]


async def test_two_honest_firms_in_one_building_stay_apart(world: World, find: Find) -> None:
    room = "Gedung Melati Lt. 3, Jl. Anggrek 7, Jakarta"
    one = await world.make_agency(**Owner().agency("PT Harapan Lintang", address=room))
    other = await world.make_agency(**Owner().agency("PT Samudra Pelita", address=room))
    await find()
    assert await queue(world, one) == await queue(world, other) == []


async def test_an_accountants_phone_and_account_tie_nobody(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    shared: Json = {"phone": "021-8888777", "bank_account": "990-555-555"}
    made = [
        await world.make_agency(**Owner().agency(f"PT Firma{letter * 3} Uji", **shared))
        for letter in "ABCDEF"
    ]
    await find()
    assert [await queue(world, one) for one in made] == [[]] * len(made)


async def test_who_comes_back_again_and_again_is_no_accountant(world: World, find: Find) -> None:
    owner = Owner()
    made = [
        await world.make_agency(**owner.agency(f"PT Ganti{letter * 3}", bank_account=owner.account))
        for letter in "ABCDEFG"
    ]
    await find()
    assert len(await queue(world, made[-1])) == len(made) - 1


async def test_a_review_that_loses_its_ground_is_put_away_and_comes_back_with_it(
    world: World, find: Find
) -> None:
    _, new, review = await two_agencies(world, find)
    phone = (await read(world, "placement-agencies", new))["phone"]
    await amend(world, new, phone="021-9990001")
    await find()
    assert await queue(world, new) == []
    (put_away,) = await queue(world, new, state="SUPERSEDED")
    refused = await decide(world, put_away, "SAME")
    assert (refused.status_code, refused.json()["allowed_actions"]) == (409, [])
    await amend(world, new, phone=phone)
    await find()
    assert [(one["id"], one["state"]) for one in await queue(world, new)] == [
        (review["id"], "OPEN")
    ]


async def test_firms_that_register_at_the_same_moment_find_each_other(
    world: World, find: Find
) -> None:
    owner = Owner()
    bodies = [owner.agency(f"PT Serentak{letter * 3}") for letter in "AB"]
    made = await asyncio.gather(*(world.make_agency(**body) for body in bodies))
    await find()
    assert len(await queue(world, made[0])) == len(await queue(world, made[1])) == 1


async def test_an_officer_of_a_mission_does_not_see_reviews_of_agencies(
    world: World, find: Find
) -> None:
    _, _, review = await two_agencies(world, find)
    answer = await world.api.get(f"{PATH}/{review['id']}", headers=world.officer())
    assert (answer.status_code, answer.json()["code"]) == (404, "organisation-review-not-found")


async def test_analysts_and_the_desk_see_what_was_found_and_no_owner(
    world: World, find: Find
) -> None:
    old, _, review = await two_agencies(world, find)
    owner = (await read(world, "placement-agencies", old))["owner_name"]
    sees = {"kp2mi-analyst": False, "kemlu-desk": False, "kp2mi-regulator": True}
    for role, sees_owner in sees.items():
        who = world.callers.headers(role, purpose=Purpose.JOB_ORDER_VERIFICATION)
        shown = (await world.api.get(f"{PATH}/{review['id']}", headers=who)).json()
        assert shown["withheld"] == ([] if sees_owner else ["restricted_fields"])
        assert (owner in str(shown)) is sees_owner


async def test_households_of_one_person_are_found_and_a_firm_of_theirs_is_not(
    world: World, find: Find
) -> None:
    owner = Owner()
    household = owner.employer("", householder_name=owner.name, type="HOUSEHOLD") | {"name": None}
    first = await world.make_employer(**household | {"owner_name": None})
    second = await world.make_employer(**household | {"owner_name": None})
    await world.make_employer(**owner.employer("Lintang Samudra Sdn Bhd"))
    await find()
    (review,) = await queue(world, second)
    assert review["older_id"] == first["id"]


@pytest.mark.parametrize("kind", ["employers", "placement_agencies"])
async def test_nothing_that_is_compared_lies_readable(
    world: World, find: Find, admin: asyncpg.Connection, kind: str
) -> None:
    said: Json = {"owner_name": "Kanarieburung Terbang", "bank_account": "990-7777-123456"}
    if kind == "employers":
        await world.make_employer(is_accredited=False, contact_phone="03-77712345", **said)
    else:
        await world.make_agency(**Owner().agency("PT Rahasia Uji", phone="021-77712345", **said))
    await find()
    tables = (kind, "organisation_keys", "organisation_reviews", "organisation_review_history")
    rows = [row for table in tables for row in await admin.fetch(f"SELECT * FROM {table}")]  # noqa: S608 - names of our own tables.
    stored = b" ".join(
        value if isinstance(value, bytes) else str(value).encode()
        for row in rows
        for value in row.values()
    ).upper()
    for word in (b"KANARIE", b"7777123456", b"77712345", b"7777-123456"):
        assert word not in stored


async def test_all_that_are_there_are_compared_once_and_then_rest(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    _, new, _ = await two_agencies(world, find)
    waiting = "SELECT count(*) FROM {} WHERE matched_version IS DISTINCT FROM version"
    for table in ("employers", "placement_agencies"):
        assert await admin.fetchval(waiting.format(table)) == 0
    await admin.execute("DELETE FROM organisation_keys")
    await admin.execute("DELETE FROM organisation_review_history")
    await admin.execute("DELETE FROM organisation_reviews")
    await find()
    assert await queue(world, new) == []
    await admin.execute("UPDATE placement_agencies SET matched_version = NULL")
    await find()
    assert len(await queue(world, new)) == 1


async def test_a_former_name_is_kept_when_an_agency_is_renamed(world: World) -> None:
    made = await world.make_agency(**Owner().agency("PT Pelita Harapan"))
    renamed = await amend(world, made, name="PT Harapan Baru", owner_name=None)
    assert renamed["name"] == "PT Harapan Baru"
    assert renamed["other_names"] == ["PT Pelita Harapan"]
    assert renamed["owner_name"] is None
    assert renamed["phone"] == made["phone"]
    assert renamed["standing"] == made["standing"]


async def test_a_household_has_no_other_names(world: World) -> None:
    body = {
        "type": "HOUSEHOLD",
        "householder_name": "Canary Householder",
        "other_names": ["Canary"],
        "country": "MY",
        "subdivision": "MY-10",
        "sector": "DOMESTIC",
    }
    refused = await world.post("/v1/employers", body, world.officer())
    assert (refused.status_code, refused.json()["code"]) == (422, "employer-name-mismatch")
