"""What a tracking code opens, and what it does not."""

import pytest

from cases.handling.reference.states import CaseStatus
from cases.tracking.rules import NEXT_STEPS, STATUS_WORDS
from tests.cases.parts import CANARIES, MISSION, Desk


async def test_a_code_tells_where_the_case_stands_and_who_answers(desk: Desk) -> None:
    receipt = await desk.reported(category="TPPO_ONLINE_SCAM")
    answer = await desk.api.post(
        "/v1/tracking/searches",
        json={"tracking_code": receipt["tracking_code"]},
        headers=desk.headers("public", purpose=None),
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "REPORTED"
    assert told["status_text"] == {"id": "Laporan diterima.", "en": "The report has arrived."}
    assert told["responsible_office"]["code"] == MISSION
    assert told["due_at"] is not None
    assert set(told) == {
        "status",
        "status_text",
        "next_step",
        "due_at",
        "responsible_office",
        "updated_at",
    }
    assert "TPPO" not in answer.text
    assert all(canary.decode() not in answer.text for canary in CANARIES)


async def test_a_code_follows_its_case(desk: Desk) -> None:
    receipt = await desk.reported()
    await desk.do(
        receipt["id"], "triages", {"severity": "LOW", "priority": "P4", "category": "LABOUR"}
    )
    assert (await search(desk, receipt["tracking_code"]))[1] == "TRIAGED"


async def test_a_code_is_read_however_it_was_copied(desk: Desk) -> None:
    code = (await desk.reported())["tracking_code"]
    for copied in (
        code.lower(),
        code.replace("-", ""),
        f"  {code.replace('-', ' ')} ",
        code.replace("0", "o").replace("1", "l"),
    ):
        assert (await search(desk, copied))[0] == 200, copied


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GG", "x", "KSS/1"])
async def test_an_unknown_code_tells_nothing(desk: Desk, code: str) -> None:
    assert await search(desk, code) == (404, "tracking-code-unknown")


async def test_two_reports_never_share_a_code(desk: Desk) -> None:
    codes = {(await desk.reported())["tracking_code"] for _ in range(5)}
    assert len(codes) == 5
    assert all(len(code.replace("-", "")) == 26 for code in codes)


@pytest.mark.parametrize("status", list(CaseStatus))
def test_each_status_has_its_words_in_both_languages(status: CaseStatus) -> None:
    for text in (STATUS_WORDS[status], NEXT_STEPS[status]):
        assert text.id
        assert text.en
        assert text.id != text.en


async def search(desk: Desk, code: str) -> tuple[int, str]:
    answer = await desk.api.post(
        "/v1/tracking/searches",
        json={"tracking_code": code},
        headers=desk.headers("mission-officer", purpose=None),
    )
    told = answer.json()
    return answer.status_code, told.get("code") or told["status"]
