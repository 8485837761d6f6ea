"""One OpenAPI document made of those of the services. What two of them call alike must be alike."""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gateway.clients.rules import (
    HeaderRepeated,
    PurposeNotRegistered,
    PurposeUnknown,
    RateLimitExceeded,
)
from gateway.upstream.routes import Service, find_owner
from gateway.upstream.rules import (
    AddressRefused,
    BodyTooSlow,
    ServiceFailed,
    ServiceTooSlow,
    ServiceUnreachable,
)
from gateway.upstream.status import status_of
from shared.errors import BodyTooLarge, Refusal, ServiceBusy, ShareExceeded
from shared.problems import MEDIA_TYPE

Document = dict[str, Any]

# The gateway answers these to any request, whoever owns the address.
AT_THE_ENTRANCE: tuple[type[Refusal], ...] = (
    AddressRefused,
    HeaderRepeated,
    PurposeUnknown,
    PurposeNotRegistered,
    BodyTooSlow,
    BodyTooLarge,
    RateLimitExceeded,
    ShareExceeded,
    ServiceBusy,
    ServiceUnreachable,
    ServiceFailed,
    ServiceTooSlow,
)
_HEADERS = {
    "RequestId": {
        "description": "Names this answer; the same as `trace_id` in a problem.",
        "schema": {"type": "string", "maxLength": 32},
    },
    "RateLimit": {
        "description": "What is left of the limit (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string", "maxLength": 100},
    },
    "RateLimitPolicy": {
        "description": "The limit and its window in seconds.",
        "schema": {"type": "string", "maxLength": 100},
    },
}
_HEADER_NAMES = {"Request-Id": "RequestId", "RateLimit": "RateLimit"} | {
    "RateLimit-Policy": "RateLimitPolicy"
}
_REPOSITORY_SERVICES = 4
log = logging.getLogger(__name__)


class DocumentsDisagree(ValueError):
    """Two services give different things the same name."""


def read_documents(directory: Path | None) -> dict[Service, Document]:
    """The committed documents of the three services; one that is missing is left out, and told."""
    folder = directory or Path(__file__).resolve().parents[_REPOSITORY_SERVICES]
    found: dict[Service, Document] = {}
    for service in Service:
        file = folder / service.value / "openapi.json"
        if service is Service.GATEWAY:
            continue
        if file.is_file():
            found[service] = json.loads(file.read_text(encoding="utf-8"))
        else:
            log.warning("document missing", extra={"facts": {"service": service.value}})
    return found


def merge(own: Document, others: Mapping[Service, Document]) -> Document:
    """The document of the whole API; raises DocumentsDisagree.

    An address that the gateway does not pass to the service that documents it is left out.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {"headers": dict(_HEADERS)}
    tags: dict[str, Any] = {}
    operation_ids: set[str] = set()
    clashes: list[str] = []
    for service, document in {Service.GATEWAY: own, **others}.items():
        for path, operations in document["paths"].items():
            if find_owner(example_path(path, service)) is not service:
                log.warning("not routed", extra={"facts": {"path": path, "service": service}})
                continue
            names = {operation["operationId"] for operation in operations.values()}
            clashes += [f"operation {name}" for name in sorted(names & operation_ids)]
            operation_ids |= names
            paths[path] = {
                method: _operation(service, operation) for method, operation in operations.items()
            }
        for kind, named in document.get("components", {}).items():
            known = components.setdefault(kind, {})
            clashes += [
                f"{kind}/{name} of {service}"
                for name, value in named.items()
                if known.setdefault(name, value) != value
            ]
        tags |= {tag["name"]: tag for tag in document.get("tags", ())}
    if clashes:
        raise DocumentsDisagree(f"named twice with different meanings: {', '.join(clashes)}")
    return {
        "openapi": own["openapi"],
        "info": own["info"],
        "servers": [{"url": "/"}],
        "security": own.get("security", []),
        "tags": sorted(tags.values(), key=lambda tag: str(tag["name"])),
        "paths": dict(sorted(paths.items())),
        "components": {kind: dict(sorted(named.items())) for kind, named in components.items()},
    }


def example_path(template: str, service: Service) -> bytes:
    """An address that the template stands for; an operation's id begins with its owner."""
    identifier = f"{service.value}-0"
    parts = [identifier if part.startswith("{") else part for part in template.split("/")]
    return "/".join(parts).encode()


def _operation(service: Service, operation: Document) -> Document:
    answers = {status: dict(answer) for status, answer in operation["responses"].items()}
    for refusal in AT_THE_ENTRANCE:
        answer = answers.setdefault(str(status_of(refusal)), {"description": ""})
        text = f"`{refusal.code}`: {refusal.title.en}"
        if text not in answer["description"]:
            answer["description"] = _joined((answer["description"], text))
        schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
        answer.setdefault("content", {MEDIA_TYPE: schema})
    for answer in answers.values():
        references = {
            header: {"$ref": f"#/components/headers/{name}"}
            for header, name in _HEADER_NAMES.items()
        }
        answer["headers"] = answer.get("headers", {}) | references
    return {**operation, "responses": dict(sorted(answers.items())), "x-service": service.value}


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(text for text in texts if text)
