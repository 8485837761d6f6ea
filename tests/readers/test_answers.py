"""What holds for every route alike: nothing unknown is taken, and nothing personal is kept by
whoever passes an answer on.
"""

import json

import pytest

from tests.architecture.house import NAMES
from tests.readers.calls import JSON, STALE, call, content_of, has_version
from tests.readers.houses import House
from tests.readers.test_matrix import is_read, purpose_for, readers
from tests.stands import fresh_key


@pytest.mark.parametrize("house", ["registry", "cases", "job-orders"], indirect=True)
async def test_a_field_that_no_schema_names_is_refused_by_every_route(house: House) -> None:
    found, called = [], set()
    for entry, reader in readers(house):
        ids = house.ids(reader.role)
        content, media_type = content_of(house, entry, ids)
        if not reader.own.is_allowed or media_type != JSON or entry.name in called:
            continue
        called.add(entry.name)
        body = json.loads(content or b"{}") | {"is_admin": True}
        path = entry.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", str(value))
        headers = house.headers(reader.role, purpose_for(reader)) | fresh_key()
        if has_version(house, entry):
            headers["If-Match"] = STALE
        answer = await house.client.request(entry.method, path, json=body, headers=headers)
        codes = [fault["code"] for fault in answer.json().get("errors", [])]
        if answer.status_code != 422 or codes != ["extra-forbidden"]:
            found.append(f"{entry.name}: {answer.status_code} {answer.text[:150]}")
    assert called
    assert found == []


@pytest.mark.parametrize("house", NAMES, indirect=True)
async def test_no_cache_keeps_an_answer_and_no_browser_guesses_its_type(house: House) -> None:
    """Reference data may be kept: they are public, and the same for everybody."""
    found = []
    for entry, reader in readers(house):
        if not is_read(entry):
            continue
        headers = house.headers(reader.role, purpose_for(reader))
        answer = await call(house, entry, house.ids(reader.role), headers)
        is_public = entry.path.startswith("/v1/reference/") and answer.status_code == 200
        kept = answer.headers.get("cache-control") != "no-store"
        if kept != is_public or answer.headers.get("x-content-type-options") != "nosniff":
            found.append(f"{entry.name} {reader.role}: {answer.status_code} {answer.headers}")
    assert found == []
