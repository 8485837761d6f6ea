"""Handling a case over HTTP: status, problem, effect, event."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared import clock
from tests.cases.parts import MISSION, OTHER_MISSION, TRIAGE, Desk, events_of
from tests.stands import fresh_key


async def test_a_case_goes_the_usual_way_and_each_step_says_so(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    case = await desk.brought_to("REOPENED", participants=[])
    said = await events_of(admin, case["id"])
    assert [name for name, _ in said] == [
        "case.reported",
        "case.triaged",
        "case.assigned",
        "case.stage-changed",
        "case.stage-changed",
        "case.closed",
        "case.reopened",
    ]
    assert said[1][1] | TRIAGE == said[1][1]
    assert said[2][1]["mission"] == MISSION
    assert [(told["from_status"], told["to_status"]) for _, told in said[3:5]] == [
        ("ASSIGNED", "IN_HANDLING"),
        ("IN_HANDLING", "RESOLVED"),
    ]
    assert said[5][1]["closure_reason"] == "RIGHTS_RECOVERED"
    sequences = await admin.fetch(
        "SELECT sequence FROM outbox WHERE key = $1 ORDER BY position", case["id"]
    )
    assert [row["sequence"] for row in sequences] == list(range(1, 8))
    assert case["closure_reason"] is None
    assert case["closed_at"] is None


async def test_triage_changes_the_category_and_starts_the_clock_of_its_priority(
    desk: Desk,
) -> None:
    receipt = await desk.reported()
    before = await desk.read(receipt["id"])
    assert before["priority"] is None
    assert before["light"] == "GREEN"
    body = {"severity": "CRITICAL", "priority": "P1", "category": "LABOUR_WORK_ACCIDENT"}
    done = await desk.do(receipt["id"], "triages", body, headers=desk.officer())
    assert done.status_code == 201, done.text
    assert done.headers["etag"] == '"v2"'
    case = done.json()
    assert case["status"] == "TRIAGED"
    assert case["category"] == "LABOUR_WORK_ACCIDENT"
    assert case["due_at"] < before["due_at"]


async def test_a_priority_is_lowered_only_with_a_reason(desk: Desk) -> None:
    case = await desk.brought_to("TRIAGED")
    lower = TRIAGE | {"priority": "P4"}
    refused = await desk.do(case["id"], "triages", lower)
    assert (refused.status_code, refused.json()["code"]) == (422, "priority-lowered-without-reason")
    done = await desk.do(case["id"], "triages", lower | {"reason": "Canary: employer has paid"})
    assert done.status_code == 201
    assert (done.json()["status"], done.json()["priority"]) == ("TRIAGED", "P4")


async def test_a_case_once_secret_stays_secret_whatever_its_category_becomes(desk: Desk) -> None:
    receipt = await desk.reported(category="TPPO_ONLINE_SCAM")
    done = await desk.do(receipt["id"], "triages", TRIAGE)
    assert (done.json()["category"], done.json()["is_secret"]) == ("LABOUR_UNPAID_WAGE", True)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("timeline-entries", {"audience": "MISSION", "text": "Canary text"}),
        ("participants", {"role": "WITNESS"}),
        ("triages", TRIAGE),
        ("assignments", {"officer": "officer-8"}),
        ("stages", {"to_status": "IN_HANDLING"}),
        ("closures", {"closure_reason": "DUPLICATE"}),
    ],
)
async def test_a_closed_case_refuses_new_entries(
    desk: Desk, admin: asyncpg.Connection, command: str, body: dict[str, Any]
) -> None:
    case = await desk.brought_to("CLOSED", participants=[])
    said = await events_of(admin, case["id"])
    answer = await desk.do(case["id"], command, body)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "case-already-closed"
    assert problem["current_status"] == "CLOSED"
    assert problem["allowed_actions"] == ["REOPEN"]
    assert await events_of(admin, case["id"]) == said


async def test_what_is_not_possible_yet_says_what_is(desk: Desk) -> None:
    receipt = await desk.reported()
    answer = await desk.do(receipt["id"], "stages", {"to_status": "IN_HANDLING"})
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "case-action-refused"
    assert problem["current_status"] == "REPORTED"
    assert problem["allowed_actions"] == ["ADD_ENTRY", "ADD_PARTICIPANT", "CLOSE", "TRIAGE"]


async def test_a_pause_needs_a_reason_and_stops_the_clock(desk: Desk) -> None:
    case = await desk.brought_to("IN_HANDLING")
    without = await desk.do(case["id"], "stages", {"to_status": "SUSPENDED"})
    assert (without.status_code, without.json()["code"]) == (422, "suspension-reason-mismatch")
    body = {"to_status": "SUSPENDED", "suspension_reason": "NO_CONTACT"}
    paused = (await desk.do(case["id"], "stages", body)).json()
    assert (paused["status"], paused["suspension_reason"], paused["due_at"]) == (
        "SUSPENDED",
        "NO_CONTACT",
        None,
    )
    resumed = (await desk.do(case["id"], "stages", {"to_status": "IN_HANDLING"})).json()
    assert resumed["suspension_reason"] is None


async def test_a_state_with_a_command_of_its_own_is_no_stage(desk: Desk) -> None:
    case = await desk.brought_to("IN_HANDLING")
    answer = await desk.do(case["id"], "stages", {"to_status": "CLOSED"})
    assert (answer.status_code, answer.json()["code"]) == (422, "stage-unknown")


async def test_a_closure_for_a_period_waits_for_its_end(desk: Desk) -> None:
    case = await desk.brought_to("IN_HANDLING")
    body = {"closure_reason": "COMPLAINANT_UNREACHABLE"}
    without = await desk.do(case["id"], "closures", body)
    assert (without.status_code, without.json()["code"]) == (422, "closure-start-missing")
    early = body | {"counted_from": str(clock.today() - timedelta(days=59))}
    refused = await desk.do(case["id"], "closures", early)
    assert (refused.status_code, refused.json()["code"]) == (409, "closure-too-early")
    assert refused.json()["possible_from"] == str(clock.today() + timedelta(days=1))
    late = body | {"counted_from": str(clock.today() - timedelta(days=60))}
    assert (await desk.do(case["id"], "closures", late)).json()["status"] == "CLOSED"


async def test_the_desk_gives_a_case_to_another_mission_and_an_officer_cannot(desk: Desk) -> None:
    case = await desk.brought_to("TRIAGED")
    body = {"mission": OTHER_MISSION}
    refused = await desk.do(case["id"], "assignments", body, headers=desk.officer())
    assert (refused.status_code, refused.json()["code"]) == (403, "action-not-allowed")
    done = await desk.do(case["id"], "assignments", body)
    assert (done.json()["mission"], done.json()["status"]) == (OTHER_MISSION, "ASSIGNED")
    path = f"/v1/cases/{case['id']}"
    assert (await desk.api.get(path, headers=desk.officer())).status_code == 404
    there = await desk.api.get(path, headers=desk.officer(OTHER_MISSION))
    assert there.json()["description"] == case["description"]


async def test_a_case_is_not_given_to_a_mission_that_does_not_exist(desk: Desk) -> None:
    case = await desk.brought_to("TRIAGED")
    answer = await desk.do(case["id"], "assignments", {"mission": "KBRI-ATLANTIS"})
    assert (answer.status_code, answer.json()["code"]) == (422, "mission-unknown")


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("triages", TRIAGE),
        ("assignments", {"officer": "officer-8"}),
        ("stages", {"to_status": "IN_HANDLING"}),
        ("closures", {"closure_reason": "DUPLICATE"}),
        ("reopenings", {"reason": "Canary"}),
        ("timeline-entries", {"audience": "MISSION", "text": "Canary text"}),
        ("participants", {"role": "WITNESS"}),
    ],
)
async def test_another_missions_case_does_not_exist_for_an_officer(
    desk: Desk, command: str, body: dict[str, Any]
) -> None:
    receipt = await desk.reported()
    foreign = desk.officer(OTHER_MISSION)
    answer = await desk.do(receipt["id"], command, body, headers=foreign, version=1)
    assert (answer.status_code, answer.json()["code"]) == (404, "case-not-found")


async def test_a_command_needs_the_present_version(desk: Desk) -> None:
    receipt = await desk.reported()
    path = f"/v1/cases/{receipt['id']}/triages"
    missing = await desk.api.post(path, json=TRIAGE, headers=desk.officer() | fresh_key())
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    stale = await desk.do(receipt["id"], "triages", TRIAGE, version=9)
    assert (stale.status_code, stale.json()["code"]) == (412, "version-stale")


async def test_twenty_officers_with_one_etag_triage_once(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported(participants=[])
    answers = await asyncio.gather(
        *(desk.do(receipt["id"], "triages", TRIAGE, version=1) for _ in range(20))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 412, 503}
    assert len(await events_of(admin, receipt["id"])) == 2


async def test_the_timeline_tells_everything_and_to_each_audience_its_own(desk: Desk) -> None:
    case = await desk.brought_to("IN_HANDLING", participants=[])
    for audience in ("MISSION", "MINISTRIES"):
        entry = {"audience": audience, "text": f"Canary for {audience}"}
        done = await desk.do(case["id"], "timeline-entries", entry)
        assert done.status_code == 201, done.text
        assert done.json()["text"] == entry["text"]
    path = f"/v1/cases/{case['id']}/timeline"
    full = (await desk.api.get(path, headers=desk.officer())).json()["items"]
    assert [line["action"] for line in full] == [
        "REPORT",
        "TRIAGE",
        "ASSIGN",
        "HANDLE",
        "ADD_ENTRY",
        "ADD_ENTRY",
    ]
    assert [(line["from_status"], line["to_status"]) for line in full[:2]] == [
        (None, "REPORTED"),
        ("REPORTED", "TRIAGED"),
    ]
    assert full[0]["subject"] == "mission-officer-1"
    kp2mi = (await desk.api.get(path, headers=desk.headers("kp2mi-analyst"))).json()["items"]
    assert [line["text"] for line in kp2mi if line["text"]] == ["Canary for MINISTRIES"]
    assert len(kp2mi) == len(full) - 1


async def test_the_timeline_comes_in_pages(desk: Desk) -> None:
    case = await desk.brought_to("RESOLVED", participants=[])
    path = f"/v1/cases/{case['id']}/timeline"
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await desk.api.get(path, params=query, headers=desk.officer())).json()
        seen += [line["action"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["REPORT", "TRIAGE", "ASSIGN", "HANDLE", "RESOLVE"]


async def test_texts_of_officers_are_unreadable_in_the_database(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    case = await desk.brought_to("REOPENED", participants=[])
    rows = await admin.fetch("SELECT text FROM timeline_entries WHERE case_id = $1", case["id"])
    texts = [row["text"] for row in rows if row["text"] is not None]
    assert texts
    assert all(b"Canary" not in text for text in texts)


@pytest.mark.parametrize("change", ["UPDATE timeline_entries SET reason = 'X'", "DELETE FROM {}"])
async def test_the_running_role_cannot_rewrite_a_timeline(
    admin: asyncpg.Connection, change: str
) -> None:
    await admin.execute("SET ROLE cases_app")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await admin.execute(change.format("timeline_entries"))
    finally:
        await admin.execute("RESET ROLE")


async def test_a_participant_added_later_is_told_and_asked_about(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported(participants=[])
    entry = {"role": "FAMILY_MEMBER", "identifiers": {"full_name": "Canary Sister"}}
    done = await desk.do(receipt["id"], "participants", entry, headers=desk.officer())
    assert done.status_code == 201, done.text
    assert done.json()["identification"] == "RESOLVING"
    assert [name for name, _ in await events_of(admin, receipt["id"])][1:] == [
        "case.participant-added",
        "identification.requested",
    ]


async def test_a_minor_added_later_makes_the_case_secret(desk: Desk) -> None:
    receipt = await desk.reported(participants=[])
    entry = {"role": "AFFECTED_PERSON", "is_minor": True}
    await desk.do(receipt["id"], "participants", entry)
    assert (await desk.read(receipt["id"]))["is_secret"] is True


async def test_a_full_case_takes_nobody_more(desk: Desk) -> None:
    receipt = await desk.reported(participants=[{"role": "AFFECTED_PERSON"}] * 200)
    answer = await desk.do(receipt["id"], "participants", {"role": "WITNESS"})
    assert (answer.status_code, answer.json()["code"]) == (409, "case-full")


async def test_the_list_shows_the_newest_first_without_narrative(desk: Desk) -> None:
    made = [(await desk.reported())["id"] for _ in range(3)]
    page = (await desk.api.get("/v1/cases", headers=desk.officer(), params={"limit": 3})).json()
    assert [item["id"] for item in page["items"]] == made[::-1]
    assert not {"description", "participants", "reporter_name"} & page["items"][0].keys()


async def test_the_list_narrows_by_status_priority_and_lateness(
    desk: Desk, admin: asyncpg.Connection
) -> None:
    case = await desk.brought_to("TRIAGED", category="HEALTH_SICK")
    filters = {"status": "TRIAGED", "priority": "P2", "category": "LABOUR_UNPAID_WAGE"}
    page = (await desk.api.get("/v1/cases", headers=desk.officer(), params=filters)).json()
    assert case["id"] in [item["id"] for item in page["items"]]
    late = {"is_overdue": "true", "limit": "200"}
    before = (await desk.api.get("/v1/cases", headers=desk.officer(), params=late)).json()
    assert case["id"] not in [item["id"] for item in before["items"]]
    await admin.execute(
        "UPDATE cases SET status_since = status_since - interval '1 day', "
        "due_at = due_at - interval '1 day' WHERE id = $1",
        case["id"],
    )
    after = (await desk.api.get("/v1/cases", headers=desk.officer(), params=late)).json()
    found = {item["id"]: item["light"] for item in after["items"]}
    assert found[case["id"]] == "RED"
