"""Persons over HTTP: found by anything ever held, each value with its source, masked by policy."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from shared import clock
from shared.ids import short
from shared.sensitivity import Purpose
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik, make_passport
from tests.stands import Callers, fresh_key


async def search(sender: Sender, **wanted: Any) -> list[str]:
    answer = await sender.api.post(
        "/v1/persons/searches", json=wanted, headers=sender.desk() | fresh_key()
    )
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def test_any_number_ever_held_leads_to_the_person(sender: Sender) -> None:
    nik, name = make_nik(), make_name()
    passports = [make_passport() for _ in range(3)]
    for age, passport in zip((30, 20, 10), passports, strict=True):
        told = await sender.stored(
            SISKO,
            {"nik": nik, "full_name": name, "passport_number": passport},
            key=f"renewed-{nik}",
            updated_at=clock.now() - timedelta(days=age),
        )
    for passport in passports:
        written = f"{passport[:3]} {passport[3:]}".lower()
        assert await search(sender, passport_number=written) == [told["person_id"]]
    assert await search(sender, nik=nik) == [told["person_id"]]
    person = await sender.person(told["person_id"])
    held = [one for one in person["identifiers"] if one["kind"] == "PASSPORT"]
    assert {(one["value"], one["is_current"]) for one in held} == {
        (passports[0], False),
        (passports[1], False),
        (passports[2], True),
    }


async def test_a_passport_of_an_earlier_version_still_links(sender: Sender) -> None:
    nik, name, old = make_nik(), make_name(), make_passport()
    for days, passport in ((5, old), (1, make_passport())):
        told = await sender.stored(
            SISKO,
            {"nik": nik, "full_name": name, "passport_number": passport},
            key=f"old-{nik}",
            updated_at=clock.now() - timedelta(days=days),
        )
    found = await sender.stored(PEDULI, {"passport_name": name, "passport_number": old})
    assert found["person_id"] == told["person_id"]


async def test_a_person_is_found_by_name_in_any_order_with_a_birth_date(sender: Sender) -> None:
    name = make_name()
    told = await sender.stored(SISKO, {"full_name": name, "birth_date": "1991-02-03"})
    turned = " ".join(reversed(name.split()))
    assert await search(sender, full_name=turned, birth_date="1991-02-03") == [told["person_id"]]
    assert await search(sender, full_name=turned, birth_date="1991-02-04") == []


@pytest.mark.parametrize("wanted", [{}, {"full_name": "SITI AMINAH"}, {"birth_date": "1990-01-01"}])
async def test_a_search_too_wide_is_refused(sender: Sender, wanted: dict[str, Any]) -> None:
    answer = await sender.api.post(
        "/v1/persons/searches", json=wanted, headers=sender.desk() | fresh_key()
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "search-too-wide")


async def test_losing_values_stay_visible_with_their_source(sender: Sender) -> None:
    nik = make_nik()
    name = make_name()
    ours = await sender.stored(
        SISKO, {"nik": nik, "full_name": name, "phone": "+62 1", "birth_date": "1990-05-12"}
    )
    theirs = await sender.stored(
        PEDULI, {"nik": nik, "full_name": f"{name} X", "phone": "+60 2", "birth_date": "1990-05-12"}
    )
    person = await sender.person(ours["person_id"])
    assert person["full_name"]["value"] == name
    (lost,) = person["full_name"]["losing"]
    assert (lost["value"], lost["source_record_id"]) == (f"{name} X", theirs["id"])
    assert person["phone"]["value"] == "+60 2"
    assert person["phone"]["source_system"] == PEDULI
    assert person["birth_date"]["losing"] == []


async def test_the_answer_says_whose_data_it_holds(sender: Sender) -> None:
    told = await sender.stored(SISKO, {"full_name": make_name(), "nik": make_nik()})
    answer = await sender.api.get(f"/v1/persons/{told['person_id']}", headers=sender.desk())
    subject = short(UUID(told["person_id"]))
    assert answer.headers["disclosure"] == f"level=RESTRICTED; persons={subject}"


async def test_what_a_role_or_purpose_may_not_see_is_withheld(
    sender: Sender, callers: Callers
) -> None:
    content = {"full_name": make_name(), "nik": make_nik(), "phone": "+62 9"}
    told = await sender.stored(SISKO, content)
    local = callers.headers("bp3mi", purpose=Purpose.PLACEMENT_SERVICE)
    answer = await sender.api.get(f"/v1/persons/{told['person_id']}", headers=local)
    shown = answer.json()
    assert shown["full_name"]["value"] == content["full_name"]
    assert (shown["nik"], shown["phone"], shown["identifiers"]) == (None, None, None)
    assert {"nik", "phone", "identifiers"} <= set(shown["withheld"])
    assert content["nik"] not in answer.text


@pytest.mark.parametrize(
    ("role", "purpose", "status"),
    [
        ("kemlu-desk", None, 400),
        ("kemlu-desk", Purpose.STATISTICS, 403),
        ("placement-agency", Purpose.PLACEMENT_SERVICE, 403),
        ("mission-officer", Purpose.PROTECTION_CASE, 404),
    ],
)
async def test_personal_data_need_a_role_and_a_purpose(
    api: httpx.AsyncClient, callers: Callers, role: str, purpose: Purpose | None, status: int
) -> None:
    answer = await api.get(
        "/v1/persons/00000000-0000-7000-8000-000000000000",
        headers=callers.headers(role, purpose=purpose),
    )
    assert answer.status_code == status
