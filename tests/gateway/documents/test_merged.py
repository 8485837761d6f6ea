"""The merged document: whole, valid, and true to what the gateway passes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.documents.merged import (
    DocumentsDisagree,
    example_path,
    merge,
    read_documents,
)
from gateway.main import described_app
from gateway.upstream.routes import Service, find_owner
from shared.documents import openapi
from tests.gateway.conftest import Systems

Document = dict[str, Any]


def make_document(path: str, name: str, schemas: Document | None = None) -> Document:
    operation = {
        "operationId": name,
        "tags": ["things"],
        "responses": {"200": {"description": "Fine"}, "409": {"description": "`taken`: Taken"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "A service", "version": "1"},
        "paths": {path: {"get": operation}},
        "components": {"schemas": schemas or {}},
    }


def own() -> Document:
    return openapi(described_app())


def test_each_operation_names_its_service_and_what_the_entrance_may_answer() -> None:
    document = merge(own(), {Service.CASES: make_document("/v1/cases", "list_cases")})
    operation = document["paths"]["/v1/cases"]["get"]
    assert operation["x-service"] == "cases"
    assert {"429", "502", "503", "504"} <= operation["responses"].keys()
    assert operation["responses"]["409"]["description"] == "`taken`: Taken"
    assert "Request-Id" in operation["responses"]["200"]["headers"]
    assert "/v1/reference/missions" in document["paths"]


def test_equal_schemas_of_two_services_become_one() -> None:
    page = {"Page": {"type": "object"}}
    document = merge(
        own(),
        {
            Service.CASES: make_document("/v1/cases", "list_cases", page),
            Service.REGISTRY: make_document("/v1/persons", "list_persons", page),
        },
    )
    assert document["components"]["schemas"]["Page"] == {"type": "object"}


@pytest.mark.parametrize(
    "other",
    [
        make_document("/v1/persons", "list_persons", {"Page": {"type": "array"}}),
        make_document("/v1/persons", "list_cases"),
    ],
    ids=["schema", "operation"],
)
def test_two_meanings_of_one_name_are_refused(other: Document) -> None:
    cases = make_document("/v1/cases", "list_cases", {"Page": {"type": "object"}})
    with pytest.raises(DocumentsDisagree):
        merge(own(), {Service.CASES: cases, Service.REGISTRY: other})


def test_an_address_that_is_not_passed_on_is_not_documented() -> None:
    document = merge(own(), {Service.CASES: make_document("/v1/persons", "list_persons")})
    assert "/v1/persons" not in document["paths"]


def test_a_missing_document_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/openapi.json").write_text(json.dumps(make_document("/v1/cases", "a")))
    assert read_documents(tmp_path).keys() == {Service.CASES}


def test_every_committed_address_is_passed_on_to_its_service() -> None:
    for service, document in read_documents(None).items():
        for path in document["paths"]:
            assert find_owner(example_path(path, service)) is service, path


def test_the_merged_document_is_valid() -> None:
    document = merge(own(), read_documents(None))
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for path, operations in document["paths"].items():
        names = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in operations.values():
            given = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert given == names, path
            assert all(answer["description"] for answer in operation["responses"].values())


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


async def test_the_document_and_its_pages_need_no_token(systems: Systems, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    hostile = make_document("/v1/cases", "list_cases", {"Case": {"properties": {"a": {}}}})
    hostile["paths"]["/v1/cases"]["get"]["description"] = "<script>alert(1)</script>"
    (tmp_path / "cases/openapi.json").write_text(json.dumps(hostile))
    system = await systems.start(documents_directory=tmp_path)
    no_token = {"Authorization": ""}

    answer = await system.ask("/v1/openapi.json", headers=no_token)
    document = json.loads(await answer.read())
    assert document["paths"]["/v1/cases"]["get"]["operationId"] == "list_cases"
    again = await system.ask(
        "/v1/openapi.json", headers=no_token | {"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status == 304

    page = await system.ask("/reference", headers=no_token)
    html = await page.text()
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "<html lang='id'>" in html
    assert "id='list-cases'" in html
    assert "<script" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert " style=" not in html
    english = await system.ask("/reference", headers=no_token | {"Accept-Language": "en"})
    assert "<html lang='en'>" in await english.text()
    style = await system.ask("/reference/reference.css", headers=no_token)
    assert style.headers["Content-Type"].startswith("text/css")

    taken = await system.ask("/problems/taken?lang=en", headers=no_token)
    assert "list_cases" in await taken.text()
    refused = await system.ask("/problems/token-refused?lang=id", headers=no_token)
    assert "Token tidak diterima" in await refused.text()
    listed = await system.ask("/problems", headers=no_token)
    assert "/problems/rate-limit-exceeded" in await listed.text()
    missing = await system.ask("/problems/nothing", headers=no_token)
    assert missing.status == 404
