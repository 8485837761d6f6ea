"""Employers over HTTP: status, problem, and effect in the database."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest

from shared import clock
from shared.sensitivity import Purpose
from tests.stands import Callers, DatabaseStand, fresh_key

MISSION = "KBRI-KUALA-LUMPUR"
COMPANY: dict[str, Any] = {
    "type": "COMPANY",
    "name": "Kilang Sawit Seberang Sdn Bhd",
    "country": "MY",
    "subdivision": "MY-10",
    "sector": "PLANTATION",
    "contact_name": "Canary Contact",
    "contact_phone": "+60 3 5555 0199",
    "address": "Canary Street 1",
}


@pytest.fixture
async def database(databases: DatabaseStand, settings: dict[str, str]) -> asyncpg.Connection:
    connection = await databases.admin(settings, "job-orders")
    yield connection
    await connection.close()


def officer(callers: Callers, **more: Any) -> dict[str, str]:
    return callers.headers("mission-officer", mission=MISSION, **more)


async def register(api: httpx.AsyncClient, callers: Callers, **changes: Any) -> httpx.Response:
    headers = officer(callers) | fresh_key()
    return await api.post("/v1/employers", json=COMPANY | changes, headers=headers)


async def test_a_registered_employer_is_read_back_with_its_etag(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = await register(api, callers)
    assert made.status_code == 201, made.text
    assert made.headers["etag"] == '"v1"'
    read = await api.get(made.headers["location"], headers=officer(callers))
    assert read.status_code == 200
    assert read.json() == made.json()
    assert read.json()["mission"] == MISSION
    assert read.json()["contact_name"] == "Canary Contact"
    assert read.headers["cache-control"] == "no-store"


async def test_registering_leaves_one_event_and_one_history_row(
    api: httpx.AsyncClient, callers: Callers, database: asyncpg.Connection
) -> None:
    made = (await register(api, callers)).json()
    events = await database.fetch("SELECT * FROM outbox WHERE key = $1", made["id"])
    assert [(e["type"], e["sequence"]) for e in events] == [
        ("id.go.sinergi.job-orders.employer.registered.v1", 1)
    ]
    assert b"Canary" not in events[0]["data"]
    history = await api.get(f"/v1/employers/{made['id']}/history", headers=officer(callers))
    assert [entry["action"] for entry in history.json()["items"]] == ["REGISTER"]


async def test_personal_columns_are_unreadable_in_the_database(
    api: httpx.AsyncClient, callers: Callers, database: asyncpg.Connection
) -> None:
    made = (await register(api, callers)).json()
    row = await database.fetchrow("SELECT * FROM employers WHERE id = $1", made["id"])
    stored = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
    assert b"Canary" not in stored
    answers = await database.fetch("SELECT body FROM idempotency_keys")
    assert answers
    assert all(b"Canary" not in answer["body"] for answer in answers)


async def test_a_repeated_request_gets_the_same_answer_and_no_second_employer(
    api: httpx.AsyncClient, callers: Callers, database: asyncpg.Connection
) -> None:
    headers = officer(callers) | fresh_key()
    before = await database.fetchval("SELECT count(*) FROM employers")
    first = await api.post("/v1/employers", json=COMPANY, headers=headers)
    second = await api.post("/v1/employers", json=COMPANY, headers=headers)
    assert second.status_code == 201
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert await database.fetchval("SELECT count(*) FROM employers") == before + 1


async def test_fifty_equal_requests_at_once_have_one_effect(
    api: httpx.AsyncClient, callers: Callers, database: asyncpg.Connection
) -> None:
    headers = officer(callers) | fresh_key()
    before = await database.fetchval("SELECT count(*) FROM employers")
    answers = await asyncio.gather(
        *(api.post("/v1/employers", json=COMPANY, headers=headers) for _ in range(50))
    )
    made = {answer.content for answer in answers if answer.status_code == 201}
    others = [answer for answer in answers if answer.status_code != 201]
    assert len(made) == 1
    for answer in others:
        assert answer.status_code in {409, 503}
        assert int(answer.headers["retry-after"]) >= 1
    assert await database.fetchval("SELECT count(*) FROM employers") == before + 1


async def test_a_key_used_for_another_body_is_refused(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    headers = officer(callers) | fresh_key()
    await api.post("/v1/employers", json=COMPANY, headers=headers)
    answer = await api.post("/v1/employers", json=COMPANY | {"name": "Other"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"


async def test_the_same_key_of_another_client_is_another_key(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    key = fresh_key()
    first = await api.post("/v1/employers", json=COMPANY, headers=officer(callers) | key)
    other = officer(callers, client="another-portal") | key
    second = await api.post("/v1/employers", json=COMPANY, headers=other)
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


async def test_a_missing_key_is_told(api: httpx.AsyncClient, callers: Callers) -> None:
    answer = await api.post("/v1/employers", json=COMPANY, headers=officer(callers))
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-missing"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"country": "Malaysia"}, "body#/country"),
        ({"type": "SHIP"}, "body#/type"),
        ({"contact_phone": "3275019999999999 x"}, "body#/contact_phone"),
        ({"status": "ACCREDITED"}, "body#"),
        ({"name": "x" * 201}, "body#/name"),
    ],
)
async def test_a_malformed_body_is_told_by_place_and_never_repeated(
    api: httpx.AsyncClient, callers: Callers, changes: dict[str, Any], pointer: str
) -> None:
    answer = await register(api, callers, **changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "malformed-request"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert str(next(iter(changes.values()))) not in answer.text


async def test_a_household_is_named_as_a_person_or_refused(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    refused = await register(api, callers, type="HOUSEHOLD")
    assert (refused.status_code, refused.json()["code"]) == (422, "employer-name-mismatch")
    made = await register(
        api, callers, type="HOUSEHOLD", name=None, householder_name="Canary Householder"
    )
    assert made.status_code == 201


async def test_an_employer_outside_the_mission_is_refused(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    answer = await register(api, callers, subdivision="MY-01")
    assert (answer.status_code, answer.json()["code"]) == (403, "action-not-allowed")


async def test_a_known_registration_number_is_refused_and_names_the_employer(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    first = (await register(api, callers, registration_number="SSM-778")).json()
    again = await register(api, callers, registration_number="SSM-778")
    assert again.status_code == 409
    assert again.json()["employer_id"] == first["id"]


async def test_one_registration_number_at_the_same_moment_gives_one_employer(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    answers = await asyncio.gather(
        *(register(api, callers, registration_number="SSM-779") for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    made = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    told = {answer.json()["employer_id"] for answer in answers if answer.status_code == 409}
    assert told == {made}


async def test_accreditation_needs_the_present_version(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = (await register(api, callers)).json()
    path = f"/v1/employers/{made['id']}/accreditations"
    body = {"valid_to": str(clock.today() + timedelta(days=365))}
    missing = await api.post(path, json=body, headers=officer(callers) | fresh_key())
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    stale = officer(callers) | fresh_key() | {"If-Match": '"v7"'}
    assert (await api.post(path, json=body, headers=stale)).status_code == 412
    star = officer(callers) | fresh_key() | {"If-Match": "*"}
    assert (await api.post(path, json=body, headers=star)).status_code == 400
    right = officer(callers) | fresh_key() | {"If-Match": '"v1"'}
    done = await api.post(path, json=body, headers=right)
    assert done.status_code == 201
    assert done.json()["status"] == "ACCREDITED"
    assert done.headers["etag"] == '"v2"'


async def test_fifty_officers_with_one_etag_change_it_once(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = (await register(api, callers)).json()
    path = f"/v1/employers/{made['id']}/listings"

    async def list_it() -> int:
        headers = officer(callers) | fresh_key() | {"If-Match": '"v1"'}
        return (await api.post(path, json={"reason": "UNPAID_WAGES"}, headers=headers)).status_code

    statuses = await asyncio.gather(*(list_it() for _ in range(50)))
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 412, 503}


async def test_a_listed_employer_cannot_be_accredited_and_says_what_can_be_done(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = (await register(api, callers)).json()
    first = officer(callers) | fresh_key() | {"If-Match": '"v1"'}
    listing = {"reason": "UNPAID_WAGES"}
    await api.post(f"/v1/employers/{made['id']}/listings", json=listing, headers=first)
    second = officer(callers) | fresh_key() | {"If-Match": '"v2"', "Accept-Language": "en"}
    body = {"valid_to": str(clock.today() + timedelta(days=30))}
    answer = await api.post(f"/v1/employers/{made['id']}/accreditations", json=body, headers=second)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["current_status"] == "LISTED"
    assert problem["allowed_actions"] == ["AMEND", "DELIST"]
    assert problem["title"] == "Action not possible in this status"


async def test_problems_speak_indonesian_unless_english_is_preferred(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    path = "/v1/employers/0190a0a0-0000-7000-8000-000000000000"
    indonesian = await api.get(path, headers=officer(callers))
    assert indonesian.json()["title"] == "Pemberi kerja tidak ditemukan"
    assert indonesian.headers["content-language"] == "id"
    english = await api.get(path, headers=officer(callers) | {"Accept-Language": "en-GB, id;q=0.5"})
    assert english.json()["title"] == "Employer not found"


async def test_an_agency_sees_the_employer_without_its_contact(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = (await register(api, callers)).json()
    agency = callers.headers("placement-agency", organisation="P3MI-07")
    seen = (await api.get(f"/v1/employers/{made['id']}", headers=agency)).json()
    assert seen["contact_name"] is None
    contact = {"address", "contact_name", "contact_phone"}
    assert set(seen["withheld"]) == contact | {"is_bank_account_known", "linked_to"}


async def test_an_official_needs_a_purpose(api: httpx.AsyncClient, callers: Callers) -> None:
    made = (await register(api, callers)).json()
    path = f"/v1/employers/{made['id']}"
    without = await api.get(path, headers=officer(callers, purpose=None))
    assert (without.status_code, without.json()["code"]) == (400, "purpose-missing")
    wrong = await api.get(path, headers=officer(callers, purpose=Purpose.INSURANCE_CLAIM))
    assert (wrong.status_code, wrong.json()["code"]) == (403, "purpose-not-allowed")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "registry"},
        {"iss": "urn:sinergi:other"},
        {"exp": 1},
        {"exp": 99999999999},
        {"roles": None},
    ],
)
async def test_a_token_that_is_not_for_this_service_now_is_refused(
    api: httpx.AsyncClient, callers: Callers, claims: dict[str, Any]
) -> None:
    answer = await api.get("/v1/employers", headers=officer(callers, **claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")


async def test_no_token_is_no_entry(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/employers")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")


async def test_pages_follow_each_other_without_gap_or_repetition(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = [(await register(api, callers, country="MY")).json()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/employers", params=query, headers=officer(callers))).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


async def test_a_cursor_opens_for_its_caller_and_filter_only(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    for _ in range(3):
        await register(api, callers)
    page = await api.get("/v1/employers", params={"limit": "1"}, headers=officer(callers))
    cursor = page.json()["next"]
    foreign = officer(callers, client="somebody-else")
    for params, headers in (
        ({"cursor": cursor, "limit": "1"}, foreign),
        ({"cursor": cursor, "country": "SG"}, officer(callers)),
        ({"cursor": cursor[:-2] + "xx"}, officer(callers)),
    ):
        answer = await api.get("/v1/employers", params=params, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-refused")


async def test_another_content_type_and_a_huge_body_are_refused(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    headers = officer(callers) | fresh_key()
    text = await api.post(
        "/v1/employers", content=b"type=COMPANY", headers=headers | {"Content-Type": "text/plain"}
    )
    assert (text.status_code, text.json()["code"]) == (415, "media-type-unsupported")
    huge = await api.post(
        "/v1/employers",
        content=b"x" * (1024 * 1024 + 1),
        headers=headers | {"Content-Type": "application/json"},
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "body-too-large")


async def test_history_cannot_be_rewritten_by_the_running_role(
    app: Any, api: httpx.AsyncClient, callers: Callers
) -> None:
    await register(api, callers)
    async with app.state.database.engine.connect() as connection:
        for statement in (
            "UPDATE employer_history SET subject = 'x'",
            "DELETE FROM employer_history",
            "UPDATE outbox SET data = ''",
        ):
            with pytest.raises(Exception, match="permission denied"):
                await connection.exec_driver_sql(statement)
            await connection.rollback()


async def test_a_merge_patch_clears_only_what_is_null(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = (await register(api, callers)).json()
    headers = officer(callers) | {"If-Match": '"v1"', "Content-Type": "application/json"}
    changed = await api.patch(
        f"/v1/employers/{made['id']}", json={"contact_name": None}, headers=headers
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["contact_name"] is None
    assert changed.json()["address"] == "Canary Street 1"
    assert changed.headers["etag"] == '"v2"'


async def test_an_employer_may_bring_the_code_that_records_name_it_by(
    api: httpx.AsyncClient, callers: Callers
) -> None:
    made = await register(api, callers, code="EMP-MY-4711")
    assert made.json()["code"] == "EMP-MY-4711"
    again = await register(api, callers, code="EMP-MY-4711")
    assert (again.status_code, again.json()["code"]) == (409, "employer-already-registered")
    assert again.json()["employer_id"] == made.json()["id"]
