"""The overview of a person: all services at once, and what is missing said in so many words."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.types import Receive, Send

from tests.gateway.conftest import System, Systems
from tests.gateway.servers import Answer, Seen, listening, say, unused_port

PERSON = "01980000-0000-7000-8000-000000000001"
SURVIVOR = "01980000-0000-7000-8000-000000000002"
ORDER = "01980000-0000-7000-8000-0000000000aa"
PURPOSE = {"Purpose-Of-Use": "PROTECTION_CASE"}


def telling(answers: Mapping[str, Any]) -> Answer:
    """Answers by path: a body, or a status with a problem code."""

    async def answer(seen: Seen, _receive: Receive, send: Send) -> None:
        told = answers.get(seen.raw_path.decode(), (404, "not-found"))
        if isinstance(told, tuple):
            status, code = told
            location = [(b"location", code.encode())] if status == 308 else []
            headers = [(b"content-type", b"application/problem+json"), *location]
            await say(send, json.dumps({"code": code}).encode(), status=status, headers=headers)
        else:
            await say(send, json.dumps(told).encode())

    return answer


def registry_of(person: str) -> dict[str, Any]:
    return {
        f"/v1/persons/{person}": {"id": person},
        f"/v1/persons/{person}/presence": {"country": "MY"},
        f"/v1/persons/{person}/placements": {
            "items": [{"id": "p1", "job_order_id": ORDER}, {"id": "p2", "job_order_id": None}]
        },
    }


def fill(system: System, person: str = PERSON) -> None:
    system.registry.answer = telling(registry_of(person))
    system.cases.answer = telling({f"/v1/persons/{person}/cases": {"items": [{"id": "c1"}]}})
    system.job_orders.answer = telling({f"/v1/job-orders/{ORDER}": {"id": ORDER}})


async def overview(
    system: System, person: str = PERSON, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = await system.ask(f"/v1/persons/{person}/overview", headers=PURPOSE | (headers or {}))
    assert answer.status == 200, await answer.text()
    content: dict[str, Any] = json.loads(await answer.read())
    return content


def reasons(content: dict[str, Any]) -> dict[str, str]:
    return {part["part"]: part["reason"] for part in content["missing"]}


async def test_all_parts_come_together_with_nothing_missing(system: System) -> None:
    fill(system)
    content = await overview(system)
    assert content["missing"] == []
    assert content["person_id"] == content["person_id_as_given"] == PERSON
    assert content["person"] == {"id": PERSON}
    assert content["presence"] == {"country": "MY"}
    assert [item["id"] for item in content["placements"]["items"]] == ["p1", "p2"]
    assert content["cases"] == {"items": [{"id": "c1"}]}
    assert content["job_orders"] == [{"id": ORDER}]


async def test_each_service_decides_on_the_same_caller_and_purpose(system: System) -> None:
    fill(system)
    await overview(system)
    for service in ("registry", "cases", "job-orders"):
        caller = system.caller(service)
        assert (caller.subject, caller.purpose) == ("officer-17", "PROTECTION_CASE")
        assert system.registry.seen[0].header("authorization") is None


async def test_the_services_are_asked_at_the_same_time(system: System) -> None:
    fill(system)
    told_by = {"registry": system.registry.answer, "cases": system.cases.answer}

    def slowly(answer: Answer) -> Answer:
        async def answer_late(seen: Seen, receive: Receive, send: Send) -> None:
            await asyncio.sleep(0.3)
            await answer(seen, receive, send)

        return answer_late

    system.registry.answer = slowly(told_by["registry"])
    system.cases.answer = slowly(told_by["cases"])
    begun = time.monotonic()
    assert (await overview(system))["missing"] == []
    assert time.monotonic() - begun < 0.9


async def test_a_service_that_is_down_is_a_missing_part(systems: Systems) -> None:
    system = await systems.start(cases_url=f"http://127.0.0.1:{unused_port()}")
    fill(system)
    content = await overview(system)
    assert content["cases"] is None
    assert content["missing"] == [
        {
            "part": "CASES",
            "service": "cases",
            "reason": "SERVICE_UNREACHABLE",
            "code": None,
        }
    ]
    assert content["person"] == {"id": PERSON}


async def test_a_slow_service_is_a_missing_part(system: System) -> None:
    fill(system)

    async def never(_seen: Seen, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    system.cases.answer = never
    begun = time.monotonic()
    content = await overview(system, headers={"Prefer": "wait=1"})
    assert time.monotonic() - begun < 2
    assert reasons(content) == {"CASES": "SERVICE_TOO_SLOW"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "FORBIDDEN"),
        (400, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (503, "SERVICE_BUSY"),
        (500, "SERVICE_FAILED"),
    ],
)
async def test_what_a_service_withholds_is_a_missing_part(
    system: System, status: int, reason: str
) -> None:
    fill(system)
    system.cases.answer = telling({f"/v1/persons/{PERSON}/cases": (status, "some-code")})
    content = await overview(system)
    assert reasons(content) == {"CASES": reason}
    assert content["missing"][0]["code"] == "some-code"


async def test_without_the_registry_the_cases_are_still_shown(systems: Systems) -> None:
    system = await systems.start(registry_url=f"http://127.0.0.1:{unused_port()}")
    fill(system)
    content = await overview(system)
    assert content["cases"] == {"items": [{"id": "c1"}]}
    assert reasons(content) == {
        "PERSON": "SERVICE_UNREACHABLE",
        "PRESENCE": "SERVICE_UNREACHABLE",
        "PLACEMENTS": "SERVICE_UNREACHABLE",
        "JOB_ORDERS": "DEPENDS_ON_MISSING",
    }


async def test_a_merged_person_is_shown_under_the_surviving_id(system: System) -> None:
    fill(system, SURVIVOR)
    moved = f"/v1/persons/{SURVIVOR}"
    system.registry.answer = telling(
        registry_of(SURVIVOR) | {f"/v1/persons/{PERSON}": (308, moved)}
    )
    content = await overview(system)
    assert content["person_id"] == SURVIVOR
    assert content["person_id_as_given"] == PERSON
    assert content["person"] == {"id": SURVIVOR}
    assert content["cases"] == {"items": [{"id": "c1"}]}
    assert content["missing"] == []


async def test_any_service_may_know_that_a_person_was_merged(systems: Systems) -> None:
    system = await systems.start(registry_url=f"http://127.0.0.1:{unused_port()}")
    fill(system, SURVIVOR)
    system.cases.answer = telling(
        {
            f"/v1/persons/{PERSON}/cases": (308, f"/v1/persons/{SURVIVOR}/cases"),
            f"/v1/persons/{SURVIVOR}/cases": {"items": [{"id": "c1"}]},
        }
    )
    content = await overview(system)
    assert content["person_id"] == SURVIVOR
    assert content["cases"] == {"items": [{"id": "c1"}]}


async def test_merges_that_go_in_circles_come_to_an_end(system: System) -> None:
    fill(system)
    system.registry.answer = telling(
        {
            f"/v1/persons/{PERSON}": (308, f"/v1/persons/{SURVIVOR}"),
            f"/v1/persons/{SURVIVOR}": (308, f"/v1/persons/{PERSON}"),
        }
    )
    content = await overview(system)
    assert reasons(content)["PERSON"] == "SERVICE_FAILED"


async def test_an_answer_that_is_no_json_is_a_missing_part(system: System) -> None:
    fill(system)

    async def babble(_seen: Seen, _receive: Receive, send: Send) -> None:
        await say(send, b"<html>")

    system.cases.answer = babble
    assert reasons(await overview(system)) == {"CASES": "SERVICE_FAILED"}


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"hello"])
async def test_a_service_that_breaks_off_is_a_missing_part(systems: Systems, said: bytes) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with listening(break_off) as port:
        system = await systems.start(cases_url=f"http://127.0.0.1:{port}")
        fill(system)
        content = await overview(system)
    assert reasons(content)["CASES"] in {"SERVICE_FAILED", "SERVICE_UNREACHABLE"}


async def test_a_person_nobody_knows_is_not_found(system: System) -> None:
    system.registry.answer = telling({})
    answer = await system.ask(f"/v1/persons/{PERSON}/overview", headers=PURPOSE)
    assert answer.status == 404


@pytest.mark.parametrize(("status", "told"), [(403, 403), (503, 503)])
async def test_an_overview_of_nothing_is_refused(system: System, status: int, told: int) -> None:
    everywhere = dict.fromkeys(registry_of(PERSON), (status, "no"))
    system.registry.answer = telling(everywhere)
    system.cases.answer = telling({f"/v1/persons/{PERSON}/cases": (status, "no")})
    answer = await system.ask(f"/v1/persons/{PERSON}/overview", headers=PURPOSE)
    assert answer.status == told


async def test_an_overview_needs_a_purpose(system: System) -> None:
    fill(system)
    answer = await system.ask(f"/v1/persons/{PERSON}/overview")
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (400, "purpose-missing")
    assert not system.registry.seen


async def test_a_partner_has_no_overview(system: System) -> None:
    token = system.keys.token(roles=["placement-agency"], purposes=["PLACEMENT_SERVICE"])
    answer = await system.ask(
        f"/v1/persons/{PERSON}/overview",
        headers={"Authorization": f"Bearer {token}", "Purpose-Of-Use": "PLACEMENT_SERVICE"},
    )
    assert answer.status == 403
    assert not system.registry.seen


async def test_an_overview_needs_a_token(system: System) -> None:
    answer = await system.ask(f"/v1/persons/{PERSON}/overview", headers={"Authorization": ""})
    assert answer.status == 401
