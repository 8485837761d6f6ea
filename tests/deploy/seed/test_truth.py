"""The truth beside the records: every record has its person, and the dates can be lived."""

import csv
import itertools
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from deploy.seed.days import EXPORTED_ON
from deploy.seed.generator import records
from deploy.seed.lives import System
from deploy.seed.people import Person, make_person
from deploy.seed.truth import (
    Truth,
    expected_counts,
    registered_people,
    stay_on,
    truth,
    unregistered_counts,
    write_truth,
)

COUNT = 6_000
SEED = 11
AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="module")
def people() -> dict[int, Person]:
    return {person.index: person for person in registered_people(COUNT, SEED)}


@pytest.fixture(scope="module")
def rows() -> list[Truth]:
    return list(truth(COUNT, SEED))


def test_every_record_has_one_row_of_truth_in_the_same_order(rows: list[Truth]) -> None:
    told = [
        (one["source_system"], one["record_key"], one["source_updated_at"])
        for system in System
        for one in records(system, COUNT, SEED)
    ]
    assert [(row.source_system, row.record_key, row.source_updated_at) for row in rows] == told


def test_every_record_belongs_to_a_person_who_exists(
    rows: list[Truth], people: dict[int, Person]
) -> None:
    assert {row.person for row in rows} == set(people)
    for row in rows:
        stays = people[row.person].journey.stays
        told = (row.country, row.arrived_on)
        lived = [(stay.destination.country, date.fromordinal(stay.arrived)) for stay in stays]
        assert told in lived or (told == (None, None) and not stays)


def test_a_record_key_never_speaks_of_two_people(rows: list[Truth]) -> None:
    owners: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        owners.setdefault((row.source_system, row.record_key), set()).add(row.person)
    assert all(len(who) == 1 for who in owners.values())


def test_nobody_is_in_two_places_at_once_or_before_birth(people: dict[int, Person]) -> None:
    for person in people.values():
        stays = person.journey.stays
        for stay in stays:
            assert person.birth_day <= stay.arrived <= EXPORTED_ON
            assert stay.left is None or stay.arrived < stay.left <= EXPORTED_ON
        for earlier, later in itertools.pairwise(stays):
            assert earlier.left is not None
            assert earlier.left <= later.arrived
        for earlier_passport, later_passport in itertools.pairwise(person.passports):
            assert earlier_passport.issued < later_passport.issued


@pytest.mark.parametrize("system", System)
def test_dates_within_a_record_follow_each_other(system: System) -> None:
    orders = (
        ("birth_date", "passport_issued_on", "passport_expires_on"),
        ("birth_date", "departed_on", "arrived_on", "returned_on"),
        ("contract_starts_on", "contract_ends_on"),
        ("arrived_on", "reported_on", "left_on"),
    )
    for one in records(system, COUNT, SEED):
        content = one["content"]
        for order in orders:
            dates = [content[field] for field in order if field in content]
            assert dates == sorted(dates), content
        if content.get("document_type") != "SPLP":
            assert content.get("passport_issued_on", "") <= AS_OF.isoformat()
        assert one["source_updated_at"][:10] <= AS_OF.isoformat()


def test_expected_counts_are_distinct_people_abroad_on_the_day(people: dict[int, Person]) -> None:
    day = AS_OF.toordinal()
    counted = Counter(
        stay.destination.country
        for person in people.values()
        for stay in person.journey.stays
        if stay.arrived <= day < (stay.left or day + 1)
    )
    counts = expected_counts(AS_OF, COUNT, SEED)
    assert counts == counted
    assert 0.4 * len(people) < counts.total() < 0.9 * len(people)
    assert expected_counts(date(2000, 1, 1), COUNT, SEED).total() == 0


def test_somebody_is_abroad_from_the_arrival_to_the_day_before_leaving(
    people: dict[int, Person],
) -> None:
    moved = next(one for one in people.values() if len(one.journey.stays) > 1)
    first = moved.journey.stays[0]
    assert first.left is not None
    assert stay_on(moved, first.arrived - 1) is None
    assert stay_on(moved, first.arrived) is first
    assert stay_on(moved, first.left - 1) is first
    assert stay_on(moved, first.left) is not first


def test_a_withdrawn_record_and_a_candidate_put_nobody_abroad(people: dict[int, Person]) -> None:
    homebound = [one for one in people.values() if one.life.name in {"WITHDRAWN", "CANDIDATE"}]
    assert homebound
    assert all(stay_on(one, AS_OF.toordinal()) is None for one in homebound)


def test_those_whom_no_system_knows_are_counted_apart(people: dict[int, Person]) -> None:
    unknown = unregistered_counts(AS_OF, COUNT, SEED)
    assert unknown.total() > 0
    assert unknown["MY"] == max(unknown.values())
    assert not any(person.life.name == "UNREGISTERED" for person in people.values())


def test_a_person_is_the_same_however_often_made(people: dict[int, Person]) -> None:
    for index in itertools.islice(people, 50):
        again = make_person(SEED, index)
        assert (again.name, again.nik, again.passports) == (
            people[index].name,
            people[index].nik,
            people[index].passports,
        )


def test_truth_csv_holds_all_rows(tmp_path: Path, rows: list[Truth]) -> None:
    path = tmp_path / "truth.csv"
    assert write_truth(path, COUNT, SEED) == COUNT
    with path.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [int(row["person"]) for row in written] == [row.person for row in rows]
    assert [row["country"] or None for row in written] == [row.country for row in rows]
