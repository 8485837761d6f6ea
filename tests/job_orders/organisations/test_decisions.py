"""What officers decide on reviews, what follows from it, and how it is taken back."""

import asyncio

import asyncpg

from tests.job_orders.factories import World
from tests.job_orders.organisations.conftest import Find
from tests.job_orders.organisations.steps import (
    LINKED,
    PATH,
    UNLINKED,
    Owner,
    amend,
    decide,
    events,
    queue,
    read,
    reverse,
    two_agencies,
)
from tests.stands import fresh_key


async def test_a_confirmed_same_is_told_and_shown_on_both_sides(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    old, new, review = await two_agencies(world, find)
    answer = await decide(world, review, "SAME")
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v2"')
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("SAME", "regulator-1")
    assert await events(admin, review) == [LINKED]
    for one, other in ((old, new), (new, old)):
        shown = await read(world, "placement-agencies", one)
        assert shown["linked_to"] == [other["id"]]
        path = f"/v1/placement-agencies/{one['id']}/history"
        told = (await world.api.get(path, headers=world.regulator())).json()["items"]
        assert (told[-1]["action"], told[-1]["ground"]) == ("LINK", "DEED_SEEN")
        assert shown["standing"]["status"] == "ACTIVE", "a link is no sanction"
    public = await world.api.get(f"/v1/placement-agencies/{new['id']}", headers=world.agency())
    assert public.json()["linked_to"] is None
    assert await queue(world, new) == []


async def test_a_decision_can_be_taken_back(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    old, new, review = await two_agencies(world, find)
    same = (await decide(world, review, "SAME")).json()
    back = await reverse(world, same)
    assert (back.status_code, back.json()["state"]) == (201, "OPEN")
    assert await events(admin, review) == [LINKED, UNLINKED]
    for one in (old, new):
        assert (await read(world, "placement-agencies", one))["linked_to"] == []
    await find()
    (again,) = await queue(world, new)
    assert (again["id"], again["state"]) == (review["id"], "OPEN")
    detail = await world.api.get(f"{PATH}/{review['id']}", headers=world.regulator())
    actions = [entry["action"] for entry in detail.json()["history"]]
    assert actions[:3] == ["OPEN", "DECIDE", "REVERSE"]


async def test_a_different_outlives_later_runs(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    _, new, review = await two_agencies(world, find)
    assert (await decide(world, review, "DIFFERENT")).json()["state"] == "DIFFERENT"
    assert await events(admin, review) == []
    await amend(world, new, name="PT Rimba Selaras Abadi", city="Medan")
    await admin.execute("UPDATE placement_agencies SET matched_version = NULL")
    await find()
    assert await queue(world, new) == []
    (kept,) = await queue(world, new, state="DIFFERENT")
    assert (kept["id"], kept["version"]) == (review["id"], 2)


async def test_unsure_stays_until_something_changes(world: World, find: Find) -> None:
    old, new, review = await two_agencies(world, find)
    unsure = (await decide(world, review, "UNSURE")).json()
    assert unsure["state"] == "UNSURE"
    await amend(world, new, address="Jl. Cempaka 12, Medan")
    await find()
    assert [one["state"] for one in await queue(world, new)] == ["UNSURE"]
    await world.sanction(await read(world, "placement-agencies", old), "FULL_STOP")
    await find()
    (asked,) = await queue(world, new)
    assert (asked["state"], asked["urgency"]) == ("OPEN", "SHORTLY_BEFORE_TROUBLE")
    refused = await decide(world, unsure, "SAME")
    assert (refused.status_code, refused.json()["code"]) == (412, "version-stale")


async def test_of_two_reviewers_at_once_one_decides(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    old, new, review = await two_agencies(world, find)
    answers = await asyncio.gather(
        *(
            decide(world, review, decision, sub=f"regulator-{number}")
            for number, decision in enumerate(["SAME", "DIFFERENT"] * 4)
        )
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, *[412] * 7]
    state = next(one.json()["state"] for one in answers if one.status_code == 201)
    is_same = state == "SAME"
    assert await events(admin, review) == ([LINKED] if is_same else [])
    shown = await read(world, "placement-agencies", old)
    assert shown["linked_to"] == ([new["id"]] if is_same else [])


async def test_links_of_one_agency_made_at_once_are_all_kept(world: World, find: Find) -> None:
    """Three names of one owner: three reviews, each pair of which shares an agency."""
    owner = Owner()
    made = [
        await world.make_agency(**owner.agency(name))
        for name in ("PT Rimba Selaras", "PT Kencana Wungu", "PT Melati Cempaka")
    ]
    await find()
    reviews = {one["id"]: one for agency in made for one in await queue(world, agency)}
    assert len(reviews) == 3
    answers = await asyncio.gather(
        *(decide(world, review, "SAME") for review in reviews.values()), find()
    )
    assert [one.status_code for one in answers if one is not None] == [201] * 3
    for agency in made:
        others = {one["id"] for one in made} - {agency["id"]}
        assert set((await read(world, "placement-agencies", agency))["linked_to"]) == others


async def test_a_repeated_decision_has_one_effect(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    _, _, review = await two_agencies(world, find)
    headers = world.regulator() | fresh_key() | {"If-Match": '"v1"'}
    body = {"decision": "SAME", "reason": None}
    path = f"{PATH}/{review['id']}/decisions"
    first, second = [await world.api.post(path, json=body, headers=headers) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert await events(admin, review) == [LINKED]


async def test_an_employer_is_reviewed_by_its_mission_and_by_no_other(
    world: World, find: Find, admin: asyncpg.Connection
) -> None:
    owner = Owner()
    old = await world.make_employer(**owner.employer("Rimba Selaras Sdn Bhd"))
    await world.change_employer(old, "listings", {"reason": "UNPAID_WAGES"})
    new = await world.make_employer(**owner.employer("Selaras Kencana (M) Sdn Bhd"))
    await find()
    (review,) = await queue(world, new)
    assert (review["mission"], review["urgency"]) == ("KBRI-KUALA-LUMPUR", "AFTER_TROUBLE")
    path = f"{PATH}/{review['id']}"
    stranger = world.officer(mission="KBRI-TOKYO")
    assert (await world.api.get(path, headers=stranger)).status_code == 404
    listed = await world.api.get(PATH, headers=stranger)
    assert review["id"] not in [one["id"] for one in listed.json()["items"]]
    body = {"decision": "SAME"}
    refused = await world.post(f"{path}/decisions", body, stranger, version=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "action-not-allowed")
    refused = await world.post(f"{path}/decisions", body, world.agency(), version=1)
    assert refused.status_code == 403
    decided = await world.post(f"{path}/decisions", body, world.officer(), version=1)
    assert decided.status_code == 201, decided.text
    assert (await read(world, "employers", old))["linked_to"] == [new["id"]]
    seen = await world.api.get(f"/v1/employers/{new['id']}", headers=world.agency())
    assert seen.json()["linked_to"] is None
    assert await events(admin, review) == [LINKED]
