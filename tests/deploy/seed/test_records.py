"""What the synthetic exports are like: repeatable, nobody real, and as messy as stated."""

import itertools
import json
import re
import tracemalloc
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from deploy.seed.envelopes import FIELDS
from deploy.seed.generator import lines, records
from deploy.seed.lives import LIVES, System
from deploy.seed.passports import LETTERS

COUNT = 20_000
SEED = 7

Envelope = dict[str, Any]


@pytest.fixture(scope="module")
def exports() -> dict[System, list[Envelope]]:
    return {system: list(records(system, COUNT, SEED)) for system in System}


def share(envelopes: list[Envelope], *, lacking: str) -> float:
    return sum(lacking not in one["content"] for one in envelopes) / len(envelopes)


def is_well_formed(nik: str) -> bool:
    return re.fullmatch(r"99\d{14}", nik) is not None


@pytest.mark.parametrize("system", System)
def test_the_same_seed_gives_the_same_records_and_another_seed_others(system: System) -> None:
    first, again, other = (list(records(system, 3_000, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert not {one["record_key"] for one in first} & {one["record_key"] for one in other}


@pytest.mark.parametrize("system", System)
@pytest.mark.parametrize("first", [0, 1, 549, 550, 551, 1_700])
def test_a_slice_made_alone_equals_the_same_lines_of_the_whole(system: System, first: int) -> None:
    whole = list(records(system, 6_000, SEED))
    assert list(records(system, 6_000, SEED, first=first, most=700)) == whole[first : first + 700]


def test_more_records_begin_with_the_same_ones() -> None:
    few = list(records(System.SISKOP2MI, 2_000, SEED))
    assert list(records(System.SISKOP2MI, 9_000, SEED))[: len(few)] == few


@pytest.mark.parametrize("count", [1, 2, 10, 999, 1_234, COUNT])
def test_count_is_the_number_of_records_of_both_systems(count: int) -> None:
    made = [sum(1 for _ in records(system, count, SEED)) for system in System]
    assert sum(made) == count
    assert made[0] == round(count * 0.55)


def test_records_come_one_by_one_in_constant_memory() -> None:
    stream = records(System.SISKOP2MI, 1_000_000_000, SEED)
    next(stream)
    tracemalloc.start()
    try:
        for _ in itertools.islice(stream, 1_000):
            pass
        early, _ = tracemalloc.get_traced_memory()
        for _ in itertools.islice(stream, 6_000):
            pass
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert late - early < 2_000_000


@pytest.mark.parametrize("system", System)
def test_envelopes_have_the_members_of_the_contract_and_no_others(
    system: System, exports: dict[System, list[Envelope]]
) -> None:
    required = {"source_system", "record_key", "source_updated_at", "content"}
    for one in exports[system]:
        assert required <= one.keys() <= required | {"is_withdrawn"}
        assert one["source_system"] == system
        assert 0 < len(one["record_key"]) <= 64
        assert datetime.fromisoformat(one["source_updated_at"]).tzinfo is not None
        assert one["content"].keys() <= set(FIELDS[system])
        assert all(isinstance(value, str) and value for value in one["content"].values())
    used = set().union(*(one["content"] for one in exports[system]))
    assert used == set(FIELDS[system])
    json.dumps(exports[system])


@pytest.mark.parametrize("system", System)
def test_no_nik_and_no_passport_can_be_somebodys(
    system: System, exports: dict[System, list[Envelope]]
) -> None:
    for one in exports[system]:
        content = one["content"]
        assert content.get("nik", "99").startswith("99")
        assert content.get("passport_number", LETTERS)[0] in LETTERS
        assert content.get("email", "@example.com").partition("@")[2].startswith("example.")
        phone = content.get("phone", "0890")
        assert re.match(r"0890|\+62890|\+\d{1,3}0", phone), phone


def test_a_nik_belongs_to_one_person_unless_it_was_typed_wrong_or_borrowed() -> None:
    holders: dict[str, set[int]] = {}
    for system in System:
        for line in lines(system, COUNT, SEED):
            nik = line.content.get("nik", "")
            if is_well_formed(nik):
                holders.setdefault(nik, set()).add(line.person_index)
    shared = sum(len(people) > 1 for people in holders.values())
    assert 0 < shared < len(holders) * 0.003


def test_passport_numbers_are_nobody_elses() -> None:
    holders: dict[str, set[int]] = {}
    for system in System:
        for line in lines(system, COUNT, SEED):
            if "passport_number" in line.content:
                holders.setdefault(line.content["passport_number"], set()).add(line.person_index)
    assert sum(len(people) > 1 for people in holders.values()) <= 1


def test_missing_and_malformed_niks_lie_in_the_stated_bands(
    exports: dict[System, list[Envelope]],
) -> None:
    assert 0.02 < share(exports[System.SISKOP2MI], lacking="nik") < 0.05
    assert 0.20 < share(exports[System.PEDULI_WNI], lacking="nik") < 0.34
    for system, most in ((System.SISKOP2MI, 0.02), (System.PEDULI_WNI, 0.015)):
        niks = [one["content"]["nik"] for one in exports[system] if "nik" in one["content"]]
        malformed = sum(not is_well_formed(nik) for nik in niks) / len(niks)
        assert 0.003 < malformed < most


def test_one_word_names_are_about_seventeen_in_a_hundred(
    exports: dict[System, list[Envelope]],
) -> None:
    names = [one["content"]["full_name"] for one in exports[System.SISKOP2MI]]
    assert 0.15 < sum(" " not in name for name in names) / len(names) < 0.20


def test_common_names_are_common_and_most_are_not(exports: dict[System, list[Envelope]]) -> None:
    names = Counter(one["content"]["full_name"].upper() for one in exports[System.SISKOP2MI])
    assert names["SITI AMINAH"] > 30
    assert len(names) > 0.5 * names.total()


def test_birth_dates_gather_on_three_days(exports: dict[System, list[Envelope]]) -> None:
    days = Counter(one["content"]["birth_date"][5:] for one in exports[System.SISKOP2MI])
    assert {day for day, _ in days.most_common(3)} == {"01-01", "12-31", "07-01"}


def test_countries_provinces_and_households_have_the_published_shares(
    exports: dict[System, list[Envelope]],
) -> None:
    placed = [one["content"] for one in exports[System.SISKOP2MI]]
    countries = Counter(content["country"] for content in placed)
    assert [country for country, _ in countries.most_common(4)] == ["HK", "TW", "MY", "JP"]
    assert 0.30 < countries["HK"] / len(placed) < 0.37
    provinces = Counter(content["province_code"] for content in placed)
    assert [code for code, _ in provinces.most_common(5)] == ["35", "33", "32", "52", "18"]
    informal = sum("employer_code" not in content for content in placed) / len(placed)
    assert 0.52 < informal < 0.63
    women = sum(content["sex"] == "F" for content in placed) / len(placed)
    assert 0.65 < women < 0.76


def test_about_two_in_five_of_the_placed_are_in_both_systems() -> None:
    placed, reported = (
        {line.person_index for line in lines(system, COUNT, SEED)} for system in System
    )
    assert 0.38 < len(placed & reported) / len(placed) < 0.46
    assert len(reported - placed) > 0.4 * len(reported)


def test_some_passports_changed_between_the_systems_and_most_did_not() -> None:
    shown: dict[int, dict[System, set[str]]] = {}
    for system in System:
        for line in lines(system, COUNT, SEED):
            if number := line.content.get("passport_number"):
                shown.setdefault(line.person_index, {}).setdefault(system, set()).add(number)
    both = [numbers for numbers in shown.values() if len(numbers) == 2]
    changed = sum(not set.intersection(*numbers.values()) for numbers in both) / len(both)
    assert 0.05 < changed < 0.25


def test_records_are_corrected_and_withdrawn_later_and_never_earlier() -> None:
    versions: dict[str, list[Any]] = {}
    for system in System:
        for line in lines(system, COUNT, SEED):
            versions.setdefault(line.record_key, []).append(line)
    repeated = [group for group in versions.values() if len(group) > 1]
    assert len(repeated) > COUNT * 0.02
    for earlier, later in repeated:
        assert (earlier.version, later.version) == (1, 2)
        assert earlier.source_updated_at < later.source_updated_at
        assert later.is_withdrawn or earlier.content != later.content
    withdrawn = [group[1] for group in repeated if group[1].is_withdrawn]
    assert withdrawn
    assert {line.system for line in withdrawn} == {System.SISKOP2MI}


def test_students_family_and_the_undocumented_are_in_peduli_wni_alone(
    exports: dict[System, list[Envelope]],
) -> None:
    purposes = Counter(one["content"]["purpose"] for one in exports[System.PEDULI_WNI])
    assert {"WORK", "STUDY", "FAMILY", "PERMANENT_RESIDENCE"} <= purposes.keys()
    assert all(
        life.siskop2mi == 0 for life in LIVES if life.is_undocumented or life.category != "WORKER"
    )


def test_the_errors_of_the_field_all_occur(exports: dict[System, list[Envelope]]) -> None:
    typed = {one["content"]["full_name"] for one in exports[System.SISKOP2MI]}
    for sign in (" BINTI ", " BIN ", "OE", "DJ", "MOH.", "HJ. "):
        assert any(sign in name for name in typed), sign
    assert any(name != name.upper() for name in typed)
    passports = {one["content"]["passport_name"] for one in exports[System.PEDULI_WNI]}
    assert any(re.fullmatch(r"(\S+) \1", name) for name in passports)


def test_siblings_share_a_phone_and_twins_a_birth_date() -> None:
    by_phone: dict[str, dict[int, str]] = {}
    for line in lines(System.SISKOP2MI, COUNT, SEED):
        content = line.content
        by_phone.setdefault(content.get("phone", ""), {})[line.person_index] = content["birth_date"]
    families = [
        births for births in by_phone.values() if any(index + 1 in births for index in births)
    ]
    assert len(families) > 20
    assert any(len(set(births.values())) < len(births) for births in families)
