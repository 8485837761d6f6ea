"""The policy of cases: lists and single reads decide alike, and every field obeys its level."""

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from cases.handling.reference.categories import CaseCategory
from cases.policy import POLICY
from shared.errors import ActionNotAllowed
from shared.sensitivity import Purpose
from tests.cases.parts import MISSION, OTHER_MISSION, Desk, caller
from tests.stands import fresh_key

CATEGORIES = [
    "LABOUR_UNPAID_WAGE",
    "LABOUR_OVERCHARGING",
    "CREW_ABANDONED_VESSEL",
    "IMMIGRATION_OVERSTAY",
    "TPPO_FORCED_LABOUR",
    "CHILD_STATELESS",
    "VIOLENCE_SEXUAL",
]
READERS = [
    ("mission-officer", MISSION),
    ("mission-head", OTHER_MISSION),
    ("mission-officer", None),
    ("kemlu-desk", None),
    ("kp2mi-analyst", None),
    ("kp2mi-regulator", MISSION),
]
STRANGERS = ["placement-agency", "insurer", "dinas", "bp3mi", "system-siskop2mi", "public"]


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """The cases of this module by id: made by the first test, read by all."""
    return {}


@pytest.fixture
async def cases(desk: Desk, made: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    if not made:
        for category, mission in itertools.product(CATEGORIES, (MISSION, OTHER_MISSION)):
            receipt = await desk.reported(category=category, mission=mission)
            made[receipt["id"]] = await desk.read(receipt["id"])
        minor = [{"role": "AFFECTED_PERSON", "is_minor": True}]
        receipt = await desk.reported(category="LABOUR_UNPAID_WAGE", participants=minor)
        made[receipt["id"]] = await desk.read(receipt["id"])
    return made


def may_know(role: str, mission: str | None, case: dict[str, Any]) -> bool:
    """The rule as it is written down for people."""
    if role == "kemlu-desk":
        return True
    if role in {"mission-officer", "mission-head"}:
        return bool(case["mission"] == mission)
    is_labour = case["category"].startswith(("LABOUR", "CREW"))
    return is_labour and not case["is_secret"]


@pytest.mark.parametrize(("role", "mission"), READERS)
async def test_the_list_holds_exactly_what_can_be_read_one_by_one(
    desk: Desk, cases: dict[str, dict[str, Any]], role: str, mission: str | None
) -> None:
    headers = desk.headers(role, mission=mission)
    page = await desk.api.get("/v1/cases", headers=headers, params={"limit": 200})
    listed = {item["id"] for item in page.json()["items"]}
    single = set()
    for case_id in cases:
        answer = await desk.api.get(f"/v1/cases/{case_id}", headers=headers)
        assert answer.status_code in {200, 404}
        timeline = await desk.api.get(f"/v1/cases/{case_id}/timeline", headers=headers)
        assert timeline.status_code == answer.status_code
        if answer.status_code == 200:
            single.add(case_id)
    expected = {case_id for case_id, case in cases.items() if may_know(role, mission, case)}
    assert listed == single == expected


@pytest.mark.parametrize("role", STRANGERS)
async def test_strangers_know_of_no_case(
    desk: Desk, cases: dict[str, dict[str, Any]], role: str
) -> None:
    headers = desk.headers(role, mission=MISSION)
    paths = ["/v1/cases", *(f"/v1/cases/{case_id}" for case_id in list(cases)[:2])]
    for path in (*paths, "/v1/persons/0190a0a0-0000-7000-8000-000000000001/cases"):
        answer = await desk.api.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "action-not-allowed")


@pytest.mark.parametrize(
    "command",
    [
        "triages",
        "assignments",
        "stages",
        "closures",
        "reopenings",
        "timeline-entries",
        "participants",
    ],
)
async def test_kp2mi_reads_labour_cases_and_changes_none(
    desk: Desk, cases: dict[str, dict[str, Any]], command: str
) -> None:
    labour = next(i for i, c in cases.items() if c["category"] == "LABOUR_OVERCHARGING")
    headers = desk.headers("kp2mi-regulator") | fresh_key() | {"If-Match": '"v1"'}
    answer = await desk.api.post(f"/v1/cases/{labour}/{command}", json={}, headers=headers)
    assert answer.status_code in {403, 422}


@pytest.mark.parametrize(
    "action", sorted(POLICY.actions - {"cases:read", "cases:report", "tracking:search"})
)
@pytest.mark.parametrize("role", ["kp2mi-analyst", "kp2mi-regulator", *STRANGERS])
def test_nobody_but_mission_and_desk_may_change_a_case(action: str, role: str) -> None:
    with pytest.raises(ActionNotAllowed):
        POLICY.grant(caller(role), action)


async def test_kp2mi_sees_what_happened_but_not_who_told_or_where(
    desk: Desk, cases: dict[str, dict[str, Any]]
) -> None:
    labour = next(i for i, c in cases.items() if c["category"] == "LABOUR_OVERCHARGING")
    case = await desk.read(labour, desk.headers("kp2mi-analyst"))
    assert case["description"].startswith("Canary narrative")
    assert sorted(case["withheld"]) == [
        "place",
        "reporter_name",
        "reporter_phone",
        "safe_contact",
    ]
    assert case["participants"][0]["reported_identity"] is None
    # is_minor is withheld beside the identity: it tells of the birth date.
    assert case["participants"][0]["withheld"] == ["reported_identity", "is_minor"]


@pytest.mark.parametrize("purpose", [Purpose.STATISTICS, Purpose.INSURANCE_CLAIM, None])
async def test_reading_needs_a_purpose_that_covers_it(desk: Desk, purpose: Purpose | None) -> None:
    answer = await desk.api.get("/v1/cases", headers=desk.officer(purpose=purpose))
    assert answer.status_code == (403 if purpose else 400)


@pytest.mark.parametrize("category", list(CaseCategory))
@pytest.mark.parametrize("is_secret", [True, False])
def test_no_secret_case_is_within_the_reach_of_kp2mi(
    category: CaseCategory, is_secret: bool
) -> None:
    grant = POLICY.grant(caller("kp2mi-analyst"), "cases:read")
    row = SimpleNamespace(category=category, is_secret=is_secret, mission=MISSION)
    covered = grant.covers(row)
    is_labour = category.value.startswith(("LABOUR", "CREW"))
    assert covered is (is_labour and not is_secret)
