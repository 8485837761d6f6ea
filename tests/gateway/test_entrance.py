"""What holds for every answer of the gateway, whoever makes it."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession
from starlette.types import Receive, Scope, Send

from gateway.main import create_app
from gateway.upstream.proxy import Call, Proxy
from tests.gateway.conftest import Keys, System
from tests.gateway.servers import serving

PROBLEM = "application/problem+json"


async def _problem(system: System, path: str, **asked: Any) -> dict[str, Any]:
    answer = await system.ask(path, **asked)
    assert answer.status >= 400
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    problem: dict[str, Any] = json.loads(await answer.read())
    assert problem["status"] == answer.status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert {"title", "detail", "instance"} <= problem.keys()
    assert problem["trace_id"] == answer.headers["Request-Id"]
    return problem


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        ("/v1/nothing", {}, "not-found"),
        ("/v1/persons/1", {"headers": {"Authorization": "Bearer x"}}, "token-refused"),
        ("/v1/persons/1", {"headers": {"Purpose-Of-Use": "X"}}, "purpose-unknown"),
        ("/v1/persons/1", {"method": "TRACE"}, "method-not-allowed"),
        ("/v1/persons/a%00b", {}, "address-refused"),
        ("/v1/reference/countries", {"method": "POST"}, "method-not-allowed"),
        ("/elsewhere", {}, "not-found"),
    ],
)
async def test_each_refusal_is_a_problem_in_the_language_asked_for(
    system: System, path: str, asked: dict[str, Any], code: str
) -> None:
    indonesian = await _problem(system, path, **asked)
    headers = asked.get("headers", {}) | {"Accept-Language": "en"}
    english = await _problem(system, path, **(asked | {"headers": headers}))
    assert indonesian["code"] == english["code"] == code
    assert indonesian["title"] != english["title"]


async def test_what_was_sent_does_not_come_back_in_a_refusal(system: System) -> None:
    nik = "9901010101900001"
    for path, headers in (
        (f"/v1/nothing/{nik}?nik={nik}", {"Purpose-Of-Use": "STATISTICS"}),
        ("/v1/persons/1", {"Purpose-Of-Use": nik}),
        (f"/v1/reference/countries?on={nik}", {}),
    ):
        assert nik not in json.dumps(await _problem(system, path, headers=headers))


@pytest.mark.parametrize("name", ["Txn-Token", "txn-token", "traceparent", "Cookie", "Client-Cert"])
async def test_the_gateway_trusts_no_smuggled_header_of_its_own_either(
    system: System, name: str
) -> None:
    answer = await system.ask("/v1/reference/schemes", headers={name: "smuggled"})
    assert answer.status == 200


async def test_health_needs_no_token(system: System) -> None:
    live = await system.ask("/health/live", headers={"Authorization": ""})
    assert (live.status, await live.json()) == (200, {"status": "live"})
    ready = await system.ask("/health/ready", headers={"Authorization": ""})
    assert ready.status == 503


async def test_a_fault_of_ours_is_a_problem_that_tells_nothing(keys: Keys) -> None:
    class Faulty(Proxy):
        async def forward(self, scope: Scope, receive: Receive, send: Send, call: Call) -> None:
            raise RuntimeError(str(call.given))

    app = create_app(keys.settings())
    app._proxy = Faulty(keys.settings(), {})
    async with serving(app) as [port], ClientSession() as client:
        headers = {"Authorization": f"Bearer {keys.token()}"}
        async with client.get(f"http://127.0.0.1:{port}/v1/persons/1", headers=headers) as answer:
            problem = await answer.json(content_type=PROBLEM)
    assert (answer.status, problem["code"]) == (500, "unexpected-error")
    assert "Bearer" not in json.dumps(problem)
