"""What is generated and committed equals what the code writes, and says what is so."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy import documents
from deploy.local.stack import Service, get_service
from shared.documents import asyncapi
from shared.messages import catalogue
from tests.architecture.house import NAMES, ROOT
from tests.architecture.test_messages import handlers_of

MEMBERS = {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
FOREVER = "-1"


def test_every_generated_document_equals_the_code() -> None:
    assert sorted(map(str, documents.stale())) == []


def test_a_planted_difference_in_any_document_is_found(tmp_path: Path) -> None:
    written = dict(documents.generated())
    for path, text in written.items():
        documents.write(tmp_path, path, text)
    assert documents.stale(tmp_path) == {}
    for path, text in written.items():
        documents.write(tmp_path, path, text[:-2])
    forgotten = documents.SCHEMAS / "id.go.sinergi.cases.case.forgotten.v1.json"
    documents.write(tmp_path, forgotten, "{}")
    assert set(documents.stale(tmp_path)) == {*written, forgotten}
    assert documents.stale(tmp_path)[forgotten] is None


def committed(service: Service) -> dict[str, Any]:
    path = ROOT / "services" / service.name / "asyncapi.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def broken(document: dict[str, Any]) -> list[str]:
    """Where a document is no AsyncAPI 3.0: members, references, and what operations name."""
    found = [f"member {name}" for name in MEMBERS.symmetric_difference(document)]
    if document.get("asyncapi") != "3.0.0" or not {"title", "version"} <= document["info"].keys():
        found.append("asyncapi and info")
    found += [
        f"{reference} leads nowhere"
        for reference in _references(document)
        if _resolved(document, reference) is None
    ]
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        if operation["action"] not in {"send", "receive"}:
            found.append(f"{name}: action")
        found += [
            f"{name}: {message['$ref']} is not of its channel"
            for message in operation["messages"]
            if not message["$ref"].startswith(f"{channel}/messages/")
        ]
    for name, message in document["components"]["messages"].items():
        if not {"name", "payload", "contentType", "traits"} <= message.keys():
            found.append(f"{name}: members")
        Draft202012Validator.check_schema(message["payload"])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _resolved(document: dict[str, Any], reference: str) -> Any:
    if not reference.startswith("#/"):
        return None
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    return node


@pytest.mark.parametrize("name", NAMES)
def test_an_asyncapi_document_is_whole(name: str) -> None:
    assert broken(committed(get_service(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_asyncapi_document_tells_what_a_service_says_and_hears(name: str) -> None:
    service = get_service(name)
    told: dict[str, set[str]] = {"send": set(), "receive": set()}
    document = committed(service)
    for operation in document["operations"].values():
        for message in operation["messages"]:
            entry = _resolved(document, message["$ref"])
            told[operation["action"]].add(_resolved(document, entry["$ref"])["name"])
    handlers = handlers_of(service)
    own = {entry.event_type for entry in catalogue.CATALOGUE if entry.owner == service.package}
    heard = {
        entry.event_type
        for entry in catalogue.CATALOGUE
        if entry.owner != service.package
        and (
            entry.model in handlers.models
            or (handlers.every and entry.topic in handlers.all_topics)
        )
    }
    assert told == {"send": own, "receive": heard}


def test_a_broken_asyncapi_document_is_found() -> None:
    service = get_service("job-orders")
    document = json.loads(json.dumps(asyncapi(service.package, handlers_of(service))))
    assert broken(document) == []
    del document["components"]["messageTraits"]
    operation = next(iter(document["operations"].values()))
    operation["channel"]["$ref"] = "#/channels/elsewhere"
    assert len(broken(document)) > len(document["components"]["messages"])


def test_every_topic_is_made_with_its_partitions_and_kept_as_long_as_said() -> None:
    topics = yaml.safe_load((ROOT / "deploy/kafka/topics.yaml").read_text())["topics"]
    assert [topic["name"] for topic in topics] == catalogue.topics()
    kept = {topic["name"]: topic["config"]["retention.ms"] for topic in topics}
    days = {name: int(ms) // 86_400_000 for name, ms in kept.items() if ms != FOREVER}
    assert days == {"cases.identification.v1": 30}
    for topic in topics:
        assert topic["partitions"] == 12
        assert topic["config"]["cleanup.policy"] == "delete"
