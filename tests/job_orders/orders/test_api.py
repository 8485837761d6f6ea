"""Job orders over HTTP: who may take which step, what it needs, and what it leaves behind."""

from typing import Any

import asyncpg
import pytest

from shared import clock
from tests.job_orders.factories import World, in_days, make_terms

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


async def test_an_order_goes_from_draft_to_issued(world: World, admin: asyncpg.Connection) -> None:
    employer = await world.make_employer()
    terms = make_terms(employer["id"], 60, 40, **permit("KDN-A", 100))
    drafted = await world.post("/v1/job-orders", terms, world.agency())
    assert drafted.status_code == 201, drafted.text
    assert drafted.headers["etag"] == '"v1"'
    order = drafted.json()
    assert (order["status"], order["mission"]) == ("DRAFT", employer["mission"])
    assert (order["positions_requested"], order["job_order_number"]) == (100, None)
    assert [line["wage"]["amount"] for line in order["lines"]] == ["1500.00", "1500.00"]
    order = await world.submit(order)
    assert order["status"] == "SUBMITTED"
    order = await world.endorse(order, line2=15)
    assert (order["status"], order["positions_endorsed"]) == ("ENDORSED", 75)
    assert [line["positions_endorsed"] for line in order["lines"]] == [60, 15]
    order = await world.issue(order)
    assert order["status"] == "ISSUED"
    assert order["job_order_number"].startswith(f"JO-MY-{clock.today().year}-")
    read = await world.api.get(drafted.headers["location"], headers=world.agency())
    assert read.headers["etag"] == '"v4"'
    assert read.json()["endorsed_by"] is None
    assert await events_of(admin, order) == [
        "submitted.v1", "endorsed.v1", "issued.v1",
    ]  # fmt: skip
    path = f"/v1/job-orders/{order['id']}/history"
    history = (await world.api.get(path, headers=world.officer())).json()["items"]
    assert [(one["action"], one["to_status"], one["subject"]) for one in history] == [
        ("DRAFT", "DRAFT", "agency-1"),
        ("SUBMIT", "SUBMITTED", "agency-1"),
        ("ENDORSE", "ENDORSED", "officer-1"),
        ("ISSUE", "ISSUED", "regulator-1"),
    ]
    assert {one["terms_digest"] for one in history} == {order["terms_digest"]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (permit("KDN-F", 99), "positions-exceed-host-permit"),
        ({"occupation_code": "0000"}, "occupation-unknown"),
        ({"sector": "UNKNOWN_SECTOR"}, "sector-unknown"),
        ({"wage": {"amount": "0", "currency": "MYR", "period": "MONTH"}}, "wage-invalid"),
        ({"wage": {"amount": "1.005", "currency": "MYR", "period": "MONTH"}}, "wage-invalid"),
        ({"wage": {"amount": "1", "currency": "XXQ", "period": "MONTH"}}, "wage-invalid"),
        ({"wage": {"amount": "-5", "currency": "MYR", "period": "DAY"}}, "malformed-request"),
        ({"minimum_age": 17}, "malformed-request"),
        ({"positions_requested": 0}, "malformed-request"),
    ],
)
async def test_terms_that_cannot_be_are_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    terms = make_terms((await world.make_employer())["id"])
    if "host_quota_permit" in changes:
        terms |= changes
    else:
        terms["lines"][0] |= changes
    answer = await world.post("/v1/job-orders", terms, world.agency())
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_agency_orders_for_itself_alone(world: World) -> None:
    order = await world.make_submitted()
    other = World(world.api, world.callers, world.database)
    unknown = await other.post("/v1/job-orders", make_terms(order["employer_id"]), other.agency())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "placement-agency-not-found")
    await other.make_agency()
    read = await other.read(order)
    assert (read.status_code, read.json()["code"]) == (404, "job-order-not-found")
    cancelled = await other.command(order, "cancellations", None, other.agency())
    assert cancelled.status_code == 403


async def test_a_draft_is_seen_by_its_agency_alone(world: World) -> None:
    order = await world.draft()
    path = f"/v1/job-orders/{order['id']}"
    officials = (world.officer(), world.regulator(), world.callers.headers("kemlu-desk"))
    for who in officials:
        assert (await world.api.get(path, headers=who)).status_code == 404
    await world.submit(order)
    for who in officials:
        assert (await world.api.get(path, headers=who)).status_code == 200


async def test_a_returned_order_is_amended_and_what_was_asked_before_stays(world: World) -> None:
    order = await world.make_submitted(100)
    answer = await world.command(order, "returns", REASONS, world.officer())
    assert (answer.status_code, answer.json()["status"]) == (201, "RETURNED")
    returned = answer.json()
    terms = make_terms(order["employer_id"], 30)
    headers = world.agency() | {"If-Match": f'"v{returned["version"]}"'}
    path = f"/v1/job-orders/{order['id']}"
    amended = await world.api.put(path, json=terms, headers=headers)
    assert amended.status_code == 200, amended.text
    assert amended.json()["positions_requested"] == 30
    assert amended.json()["terms_digest"] != order["terms_digest"]
    assert [line["positions_requested"] for line in amended.json()["lines"]] == [30]
    await world.endorse(await world.submit(amended.json()))
    history = (await world.api.get(f"{path}/history", headers=world.agency())).json()["items"]
    assert [one["action"] for one in history] == [
        "DRAFT", "SUBMIT", "RETURN", "AMEND", "SUBMIT", "ENDORSE",
    ]  # fmt: skip
    asked = [one["terms"]["lines"][0]["positions_requested"] for one in history if one["terms"]]
    assert asked == [100, 30]
    reasons = history[2]["reasons"]
    assert [one["code"] for one in reasons] == ["TERM_MISSING", "WAGE_BELOW_FLOOR"]
    assert "Raise it" in reasons[1]["remedy_en"]
    assert history[5]["terms_digest"] == amended.json()["terms_digest"]


async def test_an_order_under_verification_cannot_be_amended(world: World) -> None:
    order = await world.make_submitted()
    headers = world.agency() | {"If-Match": f'"v{order["version"]}"'}
    terms = make_terms(order["employer_id"], 5)
    answer = await world.api.put(f"/v1/job-orders/{order['id']}", json=terms, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["current_status"] == "SUBMITTED"
    assert answer.json()["allowed_actions"] == ["CANCEL", "ENDORSE", "REJECT", "RETURN"]


async def test_a_number_of_kp2mi_is_kept_and_used_once(world: World) -> None:
    endorsed = [await world.endorse(await world.make_submitted()) for _ in range(2)]
    number = f"JO-MY-2024-{world.agency_code}"
    issued = await world.issue(endorsed[0], job_order_number=number)
    assert issued["job_order_number"] == number
    body = {"sip2mi_number": "SIP2MI-3", "job_order_number": number}
    taken = await world.command(endorsed[1], "issuances", body, world.regulator())
    assert (taken.status_code, taken.json()["code"]) == (409, "job-order-number-taken")
    params = {"job_order_number": number}
    found = await world.api.get("/v1/job-orders", params=params, headers=world.officer())
    assert [one["id"] for one in found.json()["items"]] == [issued["id"]]


async def test_lists_are_filtered_and_paged(world: World) -> None:
    made = {(await world.draft(5))["id"] for _ in range(3)}
    submitted = await world.make_submitted(7)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await world.api.get("/v1/job-orders", params=params, headers=world.agency())
        seen += [one["id"] for one in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted({*made, submitted["id"]})
    for params in (
        {"status": "SUBMITTED", "mission": submitted["mission"], "limit": "200"},
        {"employer_id": submitted["employer_id"]},
        {"placement_agency_id": submitted["placement_agency_id"], "country": "MY"},
    ):
        page = await world.api.get("/v1/job-orders", params=params, headers=world.officer())
        found = {one["id"] for one in page.json()["items"]}
        assert submitted["id"] in found
        assert not found & made


async def test_history_and_ledger_cannot_be_rewritten_by_the_running_role(world: World) -> None:
    await world.make_issued(5)
    async with world.database.engine.connect() as connection:
        for statement in (
            "UPDATE job_order_history SET subject = 'x'",
            "DELETE FROM job_order_history",
            "UPDATE slot_entries SET positions = 1",
            "DELETE FROM slot_entries",
            "DELETE FROM slot_reservations",
            "DELETE FROM job_orders",
        ):
            with pytest.raises(Exception, match="permission denied"):
                await connection.exec_driver_sql(statement)
            await connection.rollback()
