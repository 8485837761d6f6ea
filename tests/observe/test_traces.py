"""One trace from the first HTTP call to the last handler, and nothing personal in it."""

from collections.abc import Sequence
from typing import Any

import httpx2 as httpx

from shared.metrics import METRICS
from tests.observe.parts import Collector, eventually
from tests.observe.system import Observed

GATEWAY = ("sinergi/gateway", "POST /v1/employers")
SERVICE = ("sinergi/job-orders", "POST /v1/employers")
RELAY = ("sinergi/job-orders", "send job_orders.employer.v1")
HANDLER = ("sinergi/registry", "process job_orders.employer.v1")
CANARIES = ("Kenari Rahasia", "+62 811-9900-1234", "Jalan Kenari 99", "9912345678901234")

PARKED = "SELECT count(*) FROM parked_messages WHERE reason = 'FAILED'"

Span = dict[str, Any]


async def whole_trace(collector: Collector, trace_id: str) -> dict[tuple[str, str], Span]:
    """The spans of a trace by job and name, once all of the story's are there."""

    async def look() -> list[Span] | None:
        spans = await collector.trace(trace_id)
        told = {(span["job"], span["name"]) for span in spans}
        return spans if told >= {GATEWAY, SERVICE, RELAY, HANDLER} else None

    spans = await eventually(look)
    return {(span["job"], span["name"]): span for span in spans}


async def test_one_trace_leads_from_the_first_call_to_the_last_handler(
    system: Observed, collector: Collector
) -> None:
    answer = await system.register_employer()
    assert answer.status_code == 201, answer.text
    spans = await whole_trace(collector, answer.headers["request-id"])

    assert spans[GATEWAY]["parent_id"] is None
    assert spans[SERVICE]["parent_id"] == spans[GATEWAY]["span_id"]
    assert spans[RELAY]["parent_id"] == spans[SERVICE]["span_id"]
    assert spans[HANDLER]["parent_id"] == spans[SERVICE]["span_id"]
    kinds = [spans[which]["kind"] for which in (GATEWAY, SERVICE, RELAY, HANDLER)]
    assert kinds == ["SERVER", "SERVER", "PRODUCER", "CONSUMER"]
    assert {span["trace_id"] for span in spans.values()} == {answer.headers["request-id"]}


async def test_a_request_is_told_by_its_template_and_status(
    system: Observed, collector: Collector
) -> None:
    made = (await system.register_employer()).json()
    async with httpx.AsyncClient(base_url=system.gateway, timeout=30) as client:
        path = f"/v1/employers/{made['id']}"
        answer = await client.get(path, headers=system.headers())
        assert answer.status_code == 200
        lost = await client.get(f"/v1/nowhere/{made['id']}", headers=system.headers())

    async def look(trace_id: str, spans: int) -> Sequence[Span] | None:
        found = await collector.trace(trace_id)
        return found if len(found) >= spans else None

    for span in await eventually(lambda: look(answer.headers["request-id"], 2)):
        assert span["name"] == "GET /v1/employers/{employer_id}"
        assert span["attributes"]["http.response.status_code"] == 200
    for span in await eventually(lambda: look(lost.headers["request-id"], 1)):
        assert span["name"] == "GET"
    assert made["id"] not in await collector.everything()


async def test_nothing_personal_is_in_any_span_or_label(
    system: Observed, collector: Collector
) -> None:
    name, phone, address, nik = CANARIES
    people = {"contact_name": name, "contact_phone": phone, "address": address}
    answer = await system.register_employer(**people)
    assert answer.status_code == 201
    refused = await system.register_employer(**people, nik=nik)
    assert refused.status_code == 422
    async with httpx.AsyncClient(base_url=system.gateway, timeout=30) as client:
        await client.get(f"/v1/employers/{nik}", headers=system.headers())
        await client.get("/v1/employers", params={"name": name}, headers=system.headers())
        await client.request("PEEK", f"/v1/{nik}", headers=system.headers())
    await whole_trace(collector, answer.headers["request-id"])

    told = await collector.everything()
    assert [one for one in CANARIES if one in told or one.replace(" ", "%20") in told] == []
    for span in await collector.trace(answer.headers["request-id"]):
        assert (span["status_text"], span["events"]) == ("", [])


async def test_a_failing_handler_leaves_its_kind_and_not_its_text(
    system: Observed, collector: Collector
) -> None:
    """What PostgreSQL says of a refused statement quotes it."""
    async with system.admin("registry") as admin:
        await admin.execute("REVOKE INSERT, UPDATE ON employer_copies FROM registry_app")
        answer = await system.register_employer(name="Kenari Kedua")
        try:
            await eventually(lambda: admin.fetchval(PARKED))
            spans = await eventually(lambda: failed_spans(collector, answer))
        finally:
            await admin.execute("GRANT INSERT, UPDATE ON employer_copies TO registry_app")
    assert "1 replayed" in system.replay("registry")
    assert {span["status_text"] for span in spans} == {""}
    assert all(span["events"] == [] for span in spans)
    assert "permission denied" not in str(spans)


async def failed_spans(collector: Collector, answer: httpx.Response) -> list[Span] | None:
    spans = await collector.trace(answer.headers["request-id"])
    return [span for span in spans if span["status"] == "ERROR"] or None


def test_every_metric_has_one_name_and_a_sentence() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert all(metric.tells.endswith(".") for metric in METRICS)
