"""Nobody enters without a token: every operation of every OpenAPI document is called.

The walk goes over the documents and not over the routers: an included router hides its routes
from a walk, which then finds nothing and passes.
"""

from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from deploy.local.stack import SERVICES
from shared.documents import openapi
from shared.problems import install
from tests.architecture.apps import Served, described
from tests.architecture.house import NAMES

SAMPLES = {"uuid": "0190a0a0-0000-7000-8000-000000000000", "date": "2026-01-01"}
# Operations that anybody may call; each has a reason here and `security: []` in its document.
PUBLIC: dict[str, str] = {}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), _filled(path, operation), operation


def _filled(path: str, operation: dict[str, Any]) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            sample = SAMPLES.get(parameter["schema"].get("format", ""), "x")
            path = path.replace(f"{{{parameter['name']}}}", sample)
    assert "{" not in path, path
    return path


async def open_doors(client: httpx.AsyncClient, document: dict[str, Any]) -> list[str]:
    """Operations that answer a stranger with anything but a 401 problem."""
    found = []
    for method, path, operation in operations(document):
        if operation["operationId"] in PUBLIC:
            continue
        answer = await client.request(method, path)
        kind = answer.headers.get("content-type", "")
        challenge = answer.headers.get("www-authenticate")
        if (answer.status_code, kind) != (401, "application/problem+json") or not challenge:
            found.append(f"{method} {path}: {answer.status_code} {kind}")
    return found


@pytest.mark.parametrize("served", NAMES, indirect=True)
async def test_every_operation_answers_401_without_a_token(served: Served) -> None:
    assert list(operations(served.document)), "a document without operations guards nothing"
    assert await open_doors(served.client, served.document) == []


@pytest.mark.parametrize("served", ["gateway"], indirect=True)
async def test_no_operation_of_a_service_is_passed_on_without_a_token(served: Served) -> None:
    """The services are not even running here: an answer from them would be no 401."""
    for service in SERVICES:
        assert await open_doors(served.client, openapi(described(service))) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_tells_of_its_401_its_action_and_its_purpose(name: str) -> None:
    service = next(service for service in SERVICES if service.name == name)
    for method, path, operation in operations(openapi(described(service))):
        if operation["operationId"] in PUBLIC:
            assert operation["security"] == [], f"{method} {path}"
            continue
        assert "security" not in operation, f"{method} {path} overrides what holds for all"
        assert "401" in operation["responses"], f"{method} {path}"
        assert ":" in operation.get("x-action", ""), f"{method} {path}"
        assert operation.get("description"), f"{method} {path} has no docstring"
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert "Purpose-Of-Use" in names, f"{method} {path}"
        has_effect = method == "POST" and not path.endswith("/searches")
        assert ("Idempotency-Key" in names) == has_effect, f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_of_a_document_is_described_and_every_reference_leads_somewhere(
    name: str,
) -> None:
    service = next(service for service in SERVICES if service.name == name)
    document = openapi(described(service))
    schemas = document["components"]["schemas"]
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


async def test_a_planted_open_door_is_found() -> None:
    app = FastAPI()
    install(app)

    @app.get("/v1/persons/{person_id}")
    async def get_person(person_id: str) -> dict[str, str]:
        return {"id": person_id}

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://planted") as client:
        found = await open_doors(client, app.openapi())
    assert found == ["GET /v1/persons/x: 200 application/json"]
