"""A call of any route, made from its description: address, query, body, headers."""

import json
from collections.abc import Mapping
from typing import Any

import httpx2 as httpx
from fastapi import APIRouter
from pydantic import BaseModel

from deploy import documents
from deploy.local.stack import get_service
from deploy.readers import Entry
from shared.routes import DeclaredRoute
from tests.architecture.house import modules_of
from tests.architecture.test_sensitivity import models_in
from tests.readers.bodies import Fill, Words, make_body, models_within, sample
from tests.readers.houses import House
from tests.stands import fresh_key

JSON, NDJSON = "application/json", "application/x-ndjson"
# Never the version of a row: whoever may change it hears that it is stale, and changes nothing.
STALE = '"v999"'


def operation_of(house: House, entry: Entry) -> dict[str, Any]:
    """What the document of the service says of a route."""
    operation: dict[str, Any] = house.served.document["paths"][entry.path][entry.method.lower()]
    return operation


def has_version(house: House, entry: Entry) -> bool:
    return any(one["name"] == "If-Match" for one in operation_of(house, entry)["parameters"])


async def call(
    house: House, entry: Entry, words: Words, headers: Mapping[str, str]
) -> httpx.Response:
    """The answer of a route to a valid request about the rows that the words name."""
    operation = operation_of(house, entry)
    path, query = entry.path, {}
    for parameter in operation["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", str(words[name]))
        elif parameter["in"] == "query" and parameter["required"]:
            query[name] = words[name] if name in words else sample(parameter["schema"])
        elif name == "limit":
            query[name] = parameter["schema"]["maximum"]
    sent = dict(headers) | fresh_key()
    if has_version(house, entry):
        sent["If-Match"] = STALE
    body, media_type = content_of(house, entry, words)
    if body is not None:
        sent["Content-Type"] = media_type
    return await house.client.request(entry.method, path, params=query, content=body, headers=sent)


def content_of(
    house: House, entry: Entry, words: Words, *, fill: Fill | None = None
) -> tuple[bytes | None, str]:
    """The body of a request and its media type; none where the route takes none."""
    operation = operation_of(house, entry)
    model = body_model(house.served.service.name, entry, operation)
    if model is None:
        return None, ""
    body = make_body(model, words, fill=fill) if fill else make_body(model, words)
    accepted = operation["requestBody"]["content"]
    if NDJSON in accepted:
        return json.dumps(body).encode() + b"\n", NDJSON
    return json.dumps(body).encode(), JSON


def body_model(service: str, entry: Entry, operation: Mapping[str, Any]) -> type[BaseModel] | None:
    """The schema class behind the body of a route; raw bodies hold lines of the Envelope."""
    if "requestBody" not in operation:
        return None
    route = route_of(service, entry)
    for parameter in route.dependant.body_params:
        for model in models_within(parameter.field_info.annotation):
            return model
    contents = operation["requestBody"]["content"].values()
    titles = {content["schema"].get("title", "Envelope") for content in contents}
    package = get_service(service).package
    found = [one for one in models_in(modules_of(package)) if {one.__name__} == titles]
    assert len(found) == 1, f"{entry.method} {entry.path}: body of {titles}"
    return found[0]


def route_of(service: str, entry: Entry) -> DeclaredRoute:
    routers: tuple[APIRouter, ...] = documents.ROUTERS[service]
    return next(
        route
        for router in routers
        for route in router.routes
        if isinstance(route, DeclaredRoute) and route.name == entry.name
    )
