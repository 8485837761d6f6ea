"""Writers of what is generated and committed: OpenAPI, AsyncAPI 3.0, message schemas, topics."""

import json
from typing import Any

import yaml
from fastapi import FastAPI

from shared.inbox import Handlers
from shared.messages import catalogue
from shared.messages.base import Message
from shared.privacy import sensitivity_of
from shared.problems import MEDIA_TYPE, Problem

GENERATED = "# Written by `make docs` from the code; do not edit.\n"
_FIRST_PROBLEM_STATUS = 400


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service: bearer security, and problems as problems alone."""
    document = app.openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    document["security"] = [{"bearer": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation.get("responses", {}).items():
                if int(status) >= _FIRST_PROBLEM_STATUS:
                    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
                    answer["content"] = {MEDIA_TYPE: reference}
    return document


def openapi_text(app: FastAPI) -> str:
    return json.dumps(openapi(app), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def asyncapi_text(service: str, handlers: Handlers) -> str:
    """The AsyncAPI 3.0 document of a service: what it publishes, and what it reads and uses."""
    document = asyncapi(service, handlers)
    return GENERATED + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def asyncapi(service: str, handlers: Handlers) -> dict[str, Any]:
    """The same as data. asyncapi.com/docs/reference/specification/v3.0.0."""
    published = [entry for entry in catalogue.CATALOGUE if entry.owner == service]
    used = [e for e in catalogue.CATALOGUE if _uses(handlers, e) and e.owner != service]
    entries = published + used
    by_topic: dict[str, list[catalogue.Entry]] = {}
    for entry in entries:
        by_topic.setdefault(entry.topic, []).append(entry)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Sinergi: messages of {service}",
            "version": "0.1.0",
            "description": "CloudEvents 1.0 in Kafka binary mode; key = aggregate id.",
        },
        "defaultContentType": "application/json",
        "channels": {
            _id(topic): {
                "address": topic,
                "messages": {
                    _id(entry.event_type): {
                        "$ref": f"#/components/messages/{_id(entry.event_type)}"
                    }
                    for entry in some
                },
                "bindings": {"kafka": {"topic": topic, "partitions": catalogue.PARTITIONS}},
            }
            for topic, some in sorted(by_topic.items())
        },
        "operations": _operations(published, "send") | _operations(used, "receive"),
        "components": {
            "messages": {_id(entry.event_type): _message(entry) for entry in entries},
            "messageTraits": {"cloudevent": {"headers": _HEADERS}},
        },
    }


def schema_text(entry: catalogue.Entry) -> str:
    """The JSON Schema (2020-12) of one message type, with the sensitivity of each member."""
    return json.dumps(schema(entry.model, entry.event_type), indent=2, sort_keys=True) + "\n"


def schema(model: type[Message], event_type: str) -> dict[str, Any]:
    """The same as data."""
    made = model.model_json_schema()
    for name, member in made.get("properties", {}).items():
        note = sensitivity_of(model, name)
        member["x-sensitivity"] = note.level.value if note else None
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/{event_type}.json",
        **made,
    }


def topics_text() -> str:
    """deploy/kafka/topics.yaml: each topic with its partitions and how long it is kept."""
    topics = []
    for topic in catalogue.topics():
        days = catalogue.EXPIRING_TOPICS.get(topic)
        kept = str(days * 24 * 60 * 60 * 1000) if days else "-1"
        config = {"cleanup.policy": "delete", "retention.ms": kept, "min.insync.replicas": "2"}
        topics.append({"name": topic, "partitions": catalogue.PARTITIONS, "config": config})
    return GENERATED + yaml.safe_dump({"topics": topics}, sort_keys=False)


def _uses(handlers: Handlers, entry: catalogue.Entry) -> bool:
    return entry.model in handlers.models or (
        handlers.every is not None and entry.topic in handlers.all_topics
    )


def _operations(entries: list[catalogue.Entry], action: str) -> dict[str, Any]:
    return {
        f"{action}-{_id(entry.event_type)}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{_id(entry.topic)}"},
            "messages": [
                {"$ref": f"#/channels/{_id(entry.topic)}/messages/{_id(entry.event_type)}"}
            ],
        }
        for entry in entries
    }


def _message(entry: catalogue.Entry) -> dict[str, Any]:
    payload = schema(entry.model, entry.event_type)
    payload.pop("$schema")
    payload.pop("$id")
    return {
        "name": entry.event_type,
        "title": entry.model.__name__,
        "summary": (entry.model.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": _inlined(payload),
        "x-key": entry.key,
        "x-since": entry.since,
        "x-sensitivity": entry.sensitivity,
    }


def _inlined(payload: dict[str, Any]) -> dict[str, Any]:
    """Definitions put where they are used: inside AsyncAPI a `#/$defs` would point elsewhere."""
    definitions = payload.pop("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions:
                return inline(definitions[name])
            return {key: inline(value) for key, value in node.items()}
        return [inline(item) for item in node] if isinstance(node, list) else node

    inlined: dict[str, Any] = inline(payload)
    return inlined


def _id(name: str) -> str:
    return name.replace(".", "-")


_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_sequence"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_subject": {"type": "string", "description": "The aggregate id, equal to the key."},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_dataschema": {"type": "string"},
        "ce_sequence": {"type": "string", "description": "Gapless number within topic and key."},
        "ce_traceparent": {"type": "string"},
        "ce_causationid": {"type": "string", "description": "The event that caused this one."},
        "ce_sensitivity": {"type": "string"},
    },
}
