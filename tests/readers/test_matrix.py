"""Every cell of the pages in docs/readers, called over HTTP on real databases."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx2 as httpx
import pytest

from deploy import documents
from deploy.local.stack import get_service
from deploy.local.tokens import PROFILES
from deploy.readers import Entry, Reader
from shared.documents import openapi
from shared.sensitivity import Purpose
from tests.architecture.apps import described
from tests.architecture.house import NAMES
from tests.readers.calls import call, has_version
from tests.readers.houses import House

STALE, REFUSED = 412, {403, 404}
NO_RULE = "action-not-allowed"
PROBLEM = "application/problem+json"


def is_read(entry: Entry) -> bool:
    return entry.method == "GET" or entry.path.endswith("/searches")


def purpose_for(reader: Reader) -> Purpose | None:
    """The first purpose that will do."""
    return min(reader.purposes) if reader.purposes else None


def readers(house: House) -> Iterator[tuple[Entry, Reader]]:
    for entry in documents.matrix(house.served.service.name):
        for reader in entry.readers:
            # The gateway's tokens name no role `public`: nobody without an account comes so far.
            if house.served.service.name != "gateway" or reader.role != "public":
                yield entry, reader


def told(entry: Entry, reader: Reader, case: str, answer: httpx.Response) -> str:
    where = f"{entry.method} {entry.path} {reader.role} {case}"
    return f"{where}: {answer.status_code} {answer.text[:150]}"


def was_let_in(house: House, entry: Entry, answer: httpx.Response) -> bool:
    if is_read(entry):
        return answer.status_code == 200
    if has_version(house, entry):
        return answer.status_code == STALE
    return answer.status_code not in {401, *REFUSED} and answer.status_code < 500


def was_refused(answer: httpx.Response) -> bool:
    return answer.status_code in REFUSED and answer.headers["content-type"] == PROBLEM


def shows_nothing(answer: httpx.Response) -> bool:
    """Refused, or an empty list."""
    return was_refused(answer) or (answer.status_code == 200 and answer.json().get("items") == [])


async def faults_of(house: House, entry: Entry, reader: Reader) -> list[str]:
    """Where the answers of a route to one role differ from the page."""
    purpose = purpose_for(reader)
    headers = house.headers(reader.role, purpose)
    ids = house.ids(reader.role)
    answer = await call(house, entry, ids, headers)
    if not reader.own.is_allowed:
        code = answer.json().get("code") if answer.status_code == 403 else None
        return [] if code == NO_RULE else [told(entry, reader, "without a rule", answer)]
    found = []
    if not was_let_in(house, entry, answer):
        found.append(told(entry, reader, "own", answer))
    others = house.ids(reader.role, is_own=False)
    strange = house.headers(reader.role, purpose, is_stranger=True)
    answer = await call(house, entry, others, strange)
    if reader.foreign.is_allowed:
        fits = was_let_in(house, entry, answer)
    else:
        fits = shows_nothing(answer) if is_read(entry) else was_refused(answer)
    if not fits:
        found.append(told(entry, reader, "others'", answer))
    if reader.own.conditions:
        answer = await call(house, entry, ids | house.breaking, headers)
        shown = [value for value in house.breaking.values() if str(value) in answer.text]
        if not was_refused(answer) and (shown or names_any(entry, house.breaking)):
            found.append(told(entry, reader, "where no condition is met", answer))
    return found


def names_any(entry: Entry, ids: dict[str, Any]) -> bool:
    return any(f"{{{name}}}" in entry.path for name in ids)


async def faults_of_purposes(house: House, entry: Entry, reader: Reader) -> list[str]:
    """Purposes that open what the page says they do not."""
    wanted: dict[Purpose | None, str] = dict.fromkeys(
        set(Purpose) - reader.purposes, "purpose-not-allowed"
    )
    wanted[None] = "purpose-missing"
    found = []
    for purpose, code in wanted.items():
        headers = house.headers(reader.role, purpose)
        answer = await call(house, entry, house.ids(reader.role), headers)
        if not 400 <= answer.status_code < 404 or answer.json()["code"] != code:
            found.append(told(entry, reader, f"for {purpose}", answer))
    return found


def masked_parts(node: Any) -> Iterator[dict[str, Any]]:
    """Whatever in an answer a policy may have masked."""
    if isinstance(node, dict):
        if "withheld" in node:
            yield node
        for value in node.values():
            yield from masked_parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from masked_parts(value)


async def masks_of(
    house: House, entry: Entry, reader: Reader
) -> AsyncIterator[tuple[set[str], list[str]]]:
    """By purpose: which fields were withheld, and where that differs from the page."""
    for purpose, hidden in reader.own.hidden.items():
        headers = house.headers(reader.role, purpose)
        answer = await call(house, entry, house.ids(reader.role), headers)
        is_json = answer.headers["content-type"] == "application/json"
        parts = list(masked_parts(answer.json())) if is_json else []
        withheld = {name for part in parts for name in part["withheld"]}
        open_ones = {name for part in parts for name in hidden if part.get(name) is not None}
        faults = [*(withheld - hidden), *open_ones]
        case = f"for {purpose}: {', '.join(sorted(faults))}"
        yield withheld, [told(entry, reader, case, answer)] if faults else []


@pytest.mark.parametrize("name", NAMES)
def test_the_matrix_has_every_operation_of_the_document_and_every_role(name: str) -> None:
    document = openapi(described(get_service(name)))
    documented = {
        (method.upper(), path, operation["x-action"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    entries = documents.matrix(name)
    assert {(one.method, one.path, one.action) for one in entries} == documented
    roles = {rule.role for entry in entries for rule in entry.readers}
    assert roles >= set(PROFILES)
    assert all({one.role for one in entry.readers} == roles for entry in entries)


@pytest.mark.parametrize("house", NAMES, indirect=True)
async def test_every_route_answers_each_role_about_own_and_other_rows_as_the_page_says(
    house: House,
) -> None:
    found = []
    for entry, reader in readers(house):
        found += await faults_of(house, entry, reader)
    assert found == []


@pytest.mark.parametrize("house", NAMES, indirect=True)
async def test_a_purpose_that_the_page_does_not_list_opens_nothing(house: House) -> None:
    found = []
    for entry, reader in readers(house):
        if reader.purposes:
            found += await faults_of_purposes(house, entry, reader)
    assert found == []


@pytest.mark.parametrize("house", NAMES, indirect=True)
async def test_the_fields_that_the_page_calls_masked_are_withheld_and_no_others(
    house: House,
) -> None:
    found, never_seen = [], set()
    for entry, reader in readers(house):
        if not is_read(entry) or not reader.own.is_allowed:
            continue
        seen: set[str] = set()
        async for withheld, faults in masks_of(house, entry, reader):
            seen |= withheld
            found += faults
        masked = {name for names in reader.own.hidden.values() for name in names}
        never_seen |= {f"{entry.name}: {name}" for name in masked - seen}
    assert found == []
    assert never_seen == set()


@pytest.mark.parametrize("house", ["cases"], indirect=True)
async def test_a_planted_cell_that_says_too_much_or_too_little_is_found(house: House) -> None:
    entry = next(one for one in documents.matrix("cases") if one.name == "get_case")
    by_role = {one.role: one for one in entry.readers}
    officer, desk, analyst = (
        by_role[role] for role in ("mission-officer", "kemlu-desk", "kp2mi-analyst")
    )
    for planted in (
        replace(desk, role="insurer"),
        replace(desk, role="mission-officer"),
        replace(officer, own=desk.own, role="kp2mi-analyst"),
        replace(officer, foreign=desk.foreign),
        replace(analyst, role="kemlu-desk"),
        replace(by_role["insurer"], role="kemlu-desk"),
    ):
        assert await faults_of(house, entry, planted), planted
    wide = replace(desk, purposes=desk.purposes - {Purpose.REPATRIATION})
    assert len(await faults_of_purposes(house, entry, wide)) == 1
    bare = replace(analyst, own=replace(analyst.own, hidden={Purpose.PROTECTION_CASE: frozenset()}))
    assert [fault async for _, faults in masks_of(house, entry, bare) for fault in faults]
