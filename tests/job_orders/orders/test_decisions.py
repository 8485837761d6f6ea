"""Endorsing and refusing: what a mission and KP2MI may decide, and within which bounds."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.sensitivity import Purpose
from tests.job_orders.factories import World, endorsement_of, in_days

REASONS = {"reasons": ["WAGE_BELOW_FLOOR", "TERM_MISSING"]}
PERMIT = {"permit_number": "KDN-1", "positions_approved": 100, "valid_to": in_days(300)}


def permit(number: str, approved: int, **changes: Any) -> dict[str, Any]:
    """The member of an order's terms that names a host permit."""
    return {
        "host_quota_permit": PERMIT
        | {"permit_number": number, "positions_approved": approved}
        | changes
    }


async def events_of(admin: asyncpg.Connection, order: dict[str, Any]) -> list[str]:
    rows = await admin.fetch(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY position", order["id"]
    )
    return [row["type"].removeprefix("id.go.sinergi.job-orders.job-order.") for row in rows]


async def test_only_an_officer_of_that_mission_endorses(world: World) -> None:
    order = await world.make_submitted()
    foreign = world.officer(mission="KJRI-JOHOR-BAHRU")
    no_mission = world.callers.headers("mission-officer")
    others = (world.regulator(), world.agency(), world.callers.headers("kemlu-desk"))
    for who in (foreign, no_mission, *others):
        answer = await world.command(order, "endorsements", endorsement_of(order), who)
        assert (answer.status_code, answer.json()["code"]) == (403, "action-not-allowed")
    assert (await world.read(order)).json()["status"] == "SUBMITTED"


async def test_an_endorsement_needs_the_purpose_of_verification(world: World) -> None:
    order = await world.make_submitted()
    for purpose, status in ((None, 400), (Purpose.STATISTICS, 403)):
        who = world.officer(purpose=purpose)
        answer = await world.command(order, "endorsements", endorsement_of(order), who)
        assert answer.status_code == status


@pytest.mark.parametrize("is_listed", [False, True])
async def test_an_employer_that_is_not_accredited_or_listed_is_not_endorsed(
    world: World,
    is_listed: bool,
) -> None:
    employer = await world.make_employer(is_accredited=False)
    order = await world.make_submitted(employer=employer)
    if is_listed:
        await world.change_employer(employer, "listings", {"reason": "UNPAID_WAGES"})
    answer = await world.command(order, "endorsements", endorsement_of(order), world.officer())
    code = "employer-on-problem-list" if is_listed else "employer-not-accredited"
    assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize(
    ("sanction", "countries", "code"),
    [
        ("WARNING", [], None),
        ("PARTIAL_STOP", ["SA"], None),
        ("PARTIAL_STOP", ["MY"], "placement-agency-stopped"),
        ("FULL_STOP", [], "placement-agency-stopped"),
        ("REVOCATION", [], "placement-agency-not-licensed"),
    ],
)
async def test_an_agency_that_may_not_recruit_is_not_endorsed(
    world: World, sanction: str, countries: list[str], code: str | None
) -> None:
    world = World(world.api, world.callers, world.database)
    agency = await world.make_agency()
    order = await world.make_submitted()
    await world.sanction(agency, sanction, countries=countries)
    answer = await world.command(order, "endorsements", endorsement_of(order), world.officer())
    assert answer.json().get("code") == code
    assert answer.status_code == (409 if code else 201)
    again = await world.draft()
    submitted = await world.command(again, "submissions", None, world.agency())
    assert submitted.json().get("code") == code


async def test_what_happens_after_the_endorsement_still_stops_the_issuance(world: World) -> None:
    employer = await world.make_employer()
    order = await world.endorse(await world.make_submitted(employer=employer))
    await world.change_employer(employer, "listings", {"reason": "UNPAID_WAGES"})
    answer = await world.command(
        order, "issuances", {"sip2mi_number": "SIP2MI-1"}, world.regulator()
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "employer-on-problem-list")


async def test_who_endorses_is_not_who_issues(world: World, admin: asyncpg.Connection) -> None:
    order = await world.make_submitted()
    both = {"roles": ["mission-officer", "kp2mi-regulator"], "sub": "one-person"}
    submitter = world.officer(sub="agency-1")
    refused = await world.command(order, "endorsements", endorsement_of(order), submitter)
    assert (refused.status_code, refused.json()["code"]) == (403, "same-officer")
    answer = await world.command(
        order, "endorsements", endorsement_of(order), world.officer(**both)
    )
    assert answer.status_code == 201, answer.text
    body = {"sip2mi_number": "SIP2MI-2"}
    refused = await world.command(answer.json(), "issuances", body, world.regulator(**both))
    assert (refused.status_code, refused.json()["code"]) == (403, "same-officer")
    issued = await world.command(answer.json(), "issuances", body, world.regulator())
    assert issued.status_code == 201
    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
        await admin.execute("UPDATE job_orders SET issued_by = endorsed_by")


@pytest.mark.parametrize(
    ("less", "code"),
    [
        ({"line1": 101}, "positions-exceed-request"),
        ({"line1": 0}, "nothing-endorsed"),
        ({"valid_to": "2020-01-01"}, "validity-invalid"),
        ({"valid_to": in_days(400)}, "validity-invalid"),
    ],
)
async def test_an_endorsement_keeps_within_the_request(
    world: World, less: dict[str, Any], code: str
) -> None:
    order = await world.make_submitted()
    body = endorsement_of(order, **less)
    answer = await world.command(order, "endorsements", body, world.officer())
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_orders_together_stay_within_the_host_quota(
    world: World, admin: asyncpg.Connection
) -> None:
    employer = await world.make_employer()
    first, second = [
        await world.make_submitted(60, employer=employer, **permit("KDN-B", 100)) for _ in range(2)
    ]
    endorsed = await world.endorse(first)
    answer = await world.command(second, "endorsements", endorsement_of(second), world.officer())
    assert (answer.status_code, answer.json()["code"]) == (409, "host-quota-exceeded")
    assert (answer.json()["positions_approved"], answer.json()["positions_free"]) == (100, 40)
    returned = await world.command(endorsed, "returns", REASONS, world.regulator())
    assert (returned.json()["status"], returned.json()["positions_endorsed"]) == ("RETURNED", None)
    await world.endorse(second)
    committed = "SELECT positions_committed FROM host_permits WHERE permit_number = 'KDN-B'"
    assert await admin.fetchval(committed) == 60
    with pytest.raises(asyncpg.CheckViolationError, match="never_overdrawn"):
        await admin.execute("UPDATE host_permits SET positions_committed = 101")


async def test_many_endorsements_at_once_never_overdraw_a_host_permit(
    world: World, admin: asyncpg.Connection
) -> None:
    employer = await world.make_employer()
    orders = [
        await world.make_submitted(10, employer=employer, **permit("KDN-C", 45)) for _ in range(8)
    ]
    answers = await asyncio.gather(
        *(
            world.command(order, "endorsements", endorsement_of(order), world.officer())
            for order in orders
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    committed = "SELECT positions_committed FROM host_permits WHERE permit_number = 'KDN-C'"
    assert await admin.fetchval(committed) == 40


async def test_a_permit_number_verified_with_other_contents_is_refused(world: World) -> None:
    employer = await world.make_employer()
    first = await world.make_submitted(10, employer=employer, **permit("KDN-D", 20))
    await world.endorse(first)
    second = await world.make_submitted(10, employer=employer, **permit("KDN-D", 2000))
    answer = await world.command(second, "endorsements", endorsement_of(second), world.officer())
    assert (answer.status_code, answer.json()["code"]) == (409, "host-permit-differs")
    assert answer.json()["mismatch"] == ["positions_approved"]


async def test_an_expired_host_permit_is_not_endorsed(world: World) -> None:
    order = await world.make_submitted(10, **permit("KDN-E", 20, valid_to="2024-01-01"))
    answer = await world.command(order, "endorsements", endorsement_of(order), world.officer())
    assert (answer.status_code, answer.json()["code"]) == (409, "host-permit-expired")


async def test_returning_and_rejecting_is_whose_turn_it_is(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_submitted()
    early = await world.command(order, "rejections", REASONS, world.regulator())
    assert (early.status_code, early.json()["code"]) == (403, "not-your-turn")
    endorsed = await world.endorse(order)
    late = await world.command(endorsed, "returns", REASONS, world.officer())
    assert (late.status_code, late.json()["code"]) == (403, "not-your-turn")
    rejected = await world.command(endorsed, "rejections", REASONS, world.regulator())
    assert (rejected.status_code, rejected.json()["status"]) == (201, "REJECTED")
    assert (await events_of(admin, order))[-1] == "rejected.v1"
    over = await world.command(rejected.json(), "submissions", None, world.agency())
    assert (over.status_code, over.json()["allowed_actions"]) == (409, [])


async def test_a_reason_outside_the_closed_list_is_refused(world: World) -> None:
    order = await world.make_submitted()
    for reasons in ([], ["BECAUSE"]):
        answer = await world.command(order, "returns", {"reasons": reasons}, world.officer())
        assert answer.status_code == 422


async def test_fifty_officers_with_one_etag_decide_once(
    world: World, admin: asyncpg.Connection
) -> None:
    order = await world.make_submitted()

    async def decide(number: int) -> int:
        who = world.officer(sub=f"officer-{number}")
        if number % 2:
            return (await world.command(order, "returns", REASONS, who)).status_code
        body = endorsement_of(order)
        return (await world.command(order, "endorsements", body, who)).status_code

    statuses = await asyncio.gather(*(decide(number) for number in range(50)))
    assert statuses.count(201) == 1
    assert statuses.count(412) == 49
    history = "SELECT count(*) FROM job_order_history WHERE job_order_id = $1"
    assert await admin.fetchval(history, order["id"]) == 3


async def test_a_repeated_endorsement_gets_the_same_answer(world: World) -> None:
    order = await world.make_submitted()
    headers = world.officer() | {"Idempotency-Key": "endorse-once-1", "If-Match": '"v2"'}
    path = f"/v1/job-orders/{order['id']}/endorsements"
    body = endorsement_of(order)
    first = await world.api.post(path, json=body, headers=headers)
    second = await world.api.post(path, json=body, headers=headers)
    assert first.status_code == second.status_code == 201
    assert (second.content, second.headers["idempotency-replayed"]) == (first.content, "true")
