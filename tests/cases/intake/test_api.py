"""Reports over HTTP: one case, its events, its question to the registry, and nobody in clear."""

import asyncio
import json
import logging
import re
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest
from joserfc.jwk import ECKey

from shared import clock, sealing
from shared.sensitivity import Purpose
from tests.cases.parts import AFFECTED, CANARIES, IDENTIFIERS, MISSION, REPORT, Desk, events_of
from tests.stands import fresh_key


async def test_a_report_makes_a_case_under_the_competent_mission(desk: Desk) -> None:
    answer = await desk.report()
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["mission"] == MISSION
    assert receipt["status"] == "REPORTED"
    assert answer.headers["etag"] == '"v1"'
    assert answer.headers["location"] == f"/v1/cases/{receipt['id']}"
    pattern = rf"KSS/{MISSION}/{clock.now().year}/[0-9]{{6}}"
    assert re.fullmatch(pattern, receipt["case_number"])
    case = await desk.read(receipt["id"], desk.officer())
    assert case["description"] == REPORT["description"]
    assert case["place"] == REPORT["place"]
    assert case["safe_contact"] == REPORT["safe_contact"]
    assert (case["reporter_name"], case["reporter_phone"]) == (
        "Canary Reporter",
        "+62 811 5550 199",
    )
    assert case["external_reference"] == "ADU.004/2026"
    assert case["withheld"] == []
    participant = case["participants"][0]
    assert participant["identification"] == "RESOLVING"
    assert participant["reported_identity"] == IDENTIFIERS
    assert participant["person_id"] is None


async def test_a_report_says_everything_in_order_and_asks_who_it_is(
    desk: Desk, admin: asyncpg.Connection, registry_key: ECKey
) -> None:
    receipt = await desk.reported()
    said = await events_of(admin, receipt["id"])
    assert [name for name, _ in said] == [
        "case.reported",
        "case.participant-added",
        "identification.requested",
    ]
    assert said[0][1]["category"] == "LABOUR_UNPAID_WAGE"
    assert said[0][1]["mission"] == MISSION
    assert said[1][1]["person_id"] is None
    asked = said[2][1]
    assert asked["participant_id"] == receipt["participants"][0]["id"]
    assert sealing.unseal(asked["sealed"], registry_key) == IDENTIFIERS


async def test_only_the_registry_can_open_what_is_sealed(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported()
    sealed = (await events_of(admin, receipt["id"]))[2][1]["sealed"]
    other = ECKey.generate_key("P-256", {"use": "enc"}, private=True)
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, other)


async def test_nobody_is_asked_about_whom_nothing_is_known(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    person_id = "0190a0a0-0000-7000-8000-000000000001"
    receipt = await desk.reported(
        participants=[{"role": "AFFECTED_PERSON"}, {"role": "WITNESS", "person_id": person_id}]
    )
    said = await events_of(admin, receipt["id"])
    assert [name for name, _ in said] == ["case.reported"] + ["case.participant-added"] * 2
    assert [told["person_id"] for _, told in said[1:]] == [None, person_id]
    assert [p["identification"] for p in receipt["participants"]] == ["UNKNOWN", "RESOLVED"]


async def test_nothing_personal_lies_in_clear_in_the_database(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported()
    tables = [row["tablename"] for row in await admin.fetch(_TABLES)]
    assert {"cases", "participants", "outbox", "idempotency_keys"} <= set(tables)
    for table in tables:
        rows = await admin.fetch("SELECT * FROM " + table)  # noqa: S608 - a name that the database gave.
        stored = b"".join(_bytes(value) for row in rows for value in row.values())
        code = receipt["tracking_code"]
        for canary in (*CANARIES, code.encode(), code.replace("-", "").encode()):
            assert canary not in stored, (table, canary)


async def test_nothing_personal_comes_back_in_a_problem_or_stands_in_a_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await desk.reported()
        wrong = AFFECTED | {"identifiers": IDENTIFIERS | {"nik": 99}}
        for changes in (
            {"participants": [wrong]},
            {"reporter": {"name": "Canary Reporter", "phone": "Canary"}},
            {"category": "Canary"},
            {"country": "AQ", "subdivision": None},
        ):
            answer = await desk.report(**changes)
            assert answer.status_code == 422
            assert all(canary.decode() not in answer.text for canary in CANARIES)
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert all(canary.decode() not in logged for canary in CANARIES)


async def test_numbers_of_a_mission_are_gapless_however_many_report_at_once(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    mission = "KBRI-PHNOM-PENH"
    answers = await asyncio.gather(
        *(desk.report(mission=mission, country="KH", subdivision=None) for _ in range(20)),
        *(desk.report(mission=mission, category="nonsense") for _ in range(5)),
    )
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert len(made) == 20
    numbers = sorted(int(receipt["case_number"].rpartition("/")[2]) for receipt in made)
    assert numbers == list(range(1, 21))
    assert await admin.fetchval(_COUNTER, mission) == 20


async def test_a_retry_gets_the_same_case_and_the_same_code(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    headers = desk.officer() | fresh_key()
    first = await desk.api.post("/v1/cases", json=REPORT, headers=headers)
    second = await desk.api.post("/v1/cases", json=REPORT, headers=headers)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await events_of(admin, first.json()["id"])) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"country": None, "subdivision": None},
        {"country": "ID", "subdivision": None},
        {"mission": "KBRI-ATLANTIS"},
    ],
)
async def test_a_report_that_nobody_answers_for_is_refused(
    desk: Desk, admin: asyncpg.Connection, changes: dict[str, Any]
) -> None:
    before = await admin.fetchval("SELECT count(*) FROM cases")
    answer = await desk.report(**changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "mission-unknown")
    assert await admin.fetchval("SELECT count(*) FROM cases") == before


async def test_a_report_reaches_the_competent_mission_from_any_office(desk: Desk) -> None:
    receipt = (await desk.report(desk.officer("KBRI-PHNOM-PENH"))).json()
    assert receipt["mission"] == MISSION
    path = f"/v1/cases/{receipt['id']}"
    foreign = await desk.api.get(path, headers=desk.officer("KBRI-PHNOM-PENH"))
    assert foreign.status_code == 404


@pytest.mark.parametrize(
    ("role", "purpose", "expected"),
    [
        ("mission-officer", Purpose.EMERGENCY_RESCUE, 201),
        ("kemlu-desk", Purpose.PROTECTION_CASE, 201),
        ("kp2mi-analyst", Purpose.PROTECTION_CASE, 201),
        ("system-siskop2mi", Purpose.PROTECTION_CASE, 201),
        ("system-peduliwni", Purpose.PROTECTION_CASE, 201),
        ("mission-officer", Purpose.STATISTICS, 403),
        ("mission-officer", None, 400),
        ("kp2mi-regulator", Purpose.PROTECTION_CASE, 403),
        ("placement-agency", Purpose.PROTECTION_CASE, 403),
        ("insurer", Purpose.PROTECTION_CASE, 403),
    ],
)
async def test_who_may_report_and_what_for(
    desk: Desk, role: str, purpose: Purpose | None, expected: int
) -> None:
    answer = await desk.report(desk.headers(role, purpose=purpose, mission=MISSION))
    assert answer.status_code == expected, answer.text


@pytest.mark.parametrize(
    ("changes", "is_secret"),
    [
        ({"category": "LABOUR_UNPAID_WAGE"}, False),
        ({"category": "TPPO_ONLINE_SCAM"}, True),
        ({"category": "CHILD_UNACCOMPANIED"}, True),
        ({"participants": [{"role": "AFFECTED_PERSON", "is_minor": True}]}, True),
        (
            {
                "participants": [
                    {"role": "FAMILY_MEMBER", "identifiers": {"birth_date": "2020-05-05"}}
                ]
            },
            True,
        ),
    ],
)
async def test_trafficking_and_minors_make_a_case_secret(
    desk: Desk, changes: dict[str, Any], is_secret: bool
) -> None:
    receipt = await desk.reported(**changes)
    assert (await desk.read(receipt["id"]))["is_secret"] is is_secret


@pytest.mark.parametrize(
    ("participant", "pointer"),
    [
        (
            {"role": "AFFECTED_PERSON", "identifiers": {"birth_date": "2999-01-01"}},
            "body#/participants/0",
        ),
        (
            {"role": "AFFECTED_PERSON", "identifiers": {"birth_date": "0001-01-01"}},
            "body#/participants/0",
        ),
        ({"role": "AFFECTED_PERSON", "identifiers": {}}, "body#/participants/0/identifiers"),
        (
            {
                "role": "AFFECTED_PERSON",
                "person_id": "0190a0a0-0000-7000-8000-000000000001",
                "identifiers": {"full_name": "Canary Both"},
            },
            "body#/participants/0",
        ),
        ({"role": "VILLAIN"}, "body#/participants/0/role"),
    ],
)
async def test_a_participant_is_named_in_one_way_or_not_at_all(
    desk: Desk, participant: dict[str, Any], pointer: str
) -> None:
    answer = await desk.report(participants=[participant])
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "Canary" not in answer.text


async def test_a_failed_report_leaves_nothing(
    desk: Desk, api: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox EXECUTE FUNCTION refuse()"
    )
    counted = (
        "SELECT (SELECT count(*) FROM cases), (SELECT sum(last_number) FROM case_number_counters)"
    )
    before = await admin.fetchrow(counted)
    try:
        answer = await desk.report()
        assert answer.status_code == 500
        assert "Canary" not in answer.text
    finally:
        await admin.execute("DROP TRIGGER refuse ON outbox; DROP FUNCTION refuse")
    assert await admin.fetchrow(counted) == before


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode()


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_COUNTER = "SELECT last_number FROM case_number_counters WHERE mission = $1"
