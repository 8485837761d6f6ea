"""Draws of registers: the truth is right, numbers are nobody's, seeds repeat, rates are met."""

import csv
import json
import math
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from tests.linkage.draws.census import write_census
from tests.linkage.draws.drawing import Draw, cross_pairs, write_draw
from tests.linkage.draws.rates import OF_PEOPLE, OF_RECORDS, Level, harder

RECORDS = 8_000
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Draw:
    return write_draw(tmp_path_factory.mktemp("draw"), seed=5, records=RECORDS)


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def heading(draw: Draw, meaning: str, rows: Rows) -> str:
    """The heading of this meaning in a file with these rows."""
    columns = json.loads(draw.schema.read_text())["columns"]
    (found,) = [
        name for name in columns if columns[name].split(":")[0] == meaning and name in rows[0]
    ]
    return str(found)


def test_the_key_tells_of_every_row_once(draw: Draw) -> None:
    told = [row["id"] for row in rows_of(draw.key)]
    written = [row["id"] for row in rows_of(draw.left) + rows_of(draw.right)]
    assert len(set(told)) == len(told) >= RECORDS
    assert sorted(told) == sorted(written)


def test_true_pairs_are_the_rows_of_one_person_across_the_files(draw: Draw) -> None:
    person = {row["id"]: row["person"] for row in rows_of(draw.key)}
    left = Counter(person[row["id"]] for row in rows_of(draw.left))
    right = Counter(person[row["id"]] for row in rows_of(draw.right))
    pairs = cross_pairs(draw)
    assert len(set(pairs)) == len(pairs) == sum(left[one] * right[one] for one in left)
    assert all(person[one] == person[other] for one, other in pairs)
    assert {one for one, _ in pairs} <= {row["id"] for row in rows_of(draw.left)}


def test_no_nik_can_be_real(draw: Draw) -> None:
    for rows in (rows_of(draw.left), rows_of(draw.right)):
        nik = heading(draw, "national_id", rows)
        held = [row[nik].lstrip("'") for row in rows if row[nik]]
        assert held
        assert [one for one in held if not one.startswith("99")] == []


def test_a_well_formed_nik_holds_a_birth_date_and_forty_more_for_women(draw: Draw) -> None:
    marks = {row["id"]: row for row in rows_of(draw.key)}
    rows = rows_of(draw.left) + rows_of(draw.right)
    checked = 0
    for row in rows:
        key = marks[row["id"]]
        (nik,) = [
            v for v in row.values() if v.startswith("99") and len(v) == 16 and v.isdigit()
        ] or [""]
        if nik and "nik_" not in key["marks"]:
            day = int(nik[6:8])
            assert (day > 40) == (key["sex"] == "P")
            assert 1 <= day % 40 <= 31
            assert 1 <= int(nik[8:10]) <= 12
            assert int(nik[12:]) > 0
            checked += 1
    assert checked > RECORDS / 4


def test_two_people_share_no_nik_and_no_passport_but_a_borrowed_one(draw: Draw) -> None:
    key = {row["id"]: row for row in rows_of(draw.key)}
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for rows in (rows_of(draw.left), rows_of(draw.right)):
        for meaning, slips in (("national_id", "nik_"), ("passport", "passport_")):
            column = heading(draw, meaning, rows)
            for row in rows:
                marks = [m for m in key[row["id"]]["marks"].split() if m.startswith(slips)]
                # A book that was replaced is still the person's own.
                if row[column] and not set(marks) - {"passport_former"}:
                    holders[row[column].upper()].add(key[row["id"]]["person"])
    assert [number for number, people in holders.items() if len(people) > 1] == []


def test_dates_are_written_as_the_schema_says(draw: Draw) -> None:
    columns = json.loads(draw.schema.read_text())["columns"]
    for rows in (rows_of(draw.left), rows_of(draw.right)):
        column = heading(draw, "birth_date", rows)
        form = columns[column].partition(":")[2]
        years = {datetime.strptime(row[column], form).year for row in rows if row[column]}  # noqa: DTZ007 - a day has no zone
        assert min(years) >= 1900
        assert max(years) < 2040


@pytest.mark.parametrize("seed", [1, 8])
def test_the_same_seed_gives_the_same_files(seed: int, tmp_path: Path) -> None:
    one = write_draw(tmp_path / "one", seed=seed, records=400)
    again = write_draw(tmp_path / "again", seed=seed, records=400)
    for name in ("left.csv", "right.csv", "schema.json", "key.csv", "truth.json"):
        assert (one.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_another_seed_gives_other_people_and_other_headings(tmp_path: Path) -> None:
    schemas = set()
    for seed in range(6):
        draw = write_draw(tmp_path / str(seed), seed=seed, records=60)
        schemas.add(draw.schema.read_text())
    assert len(schemas) == 6


def test_difficulties_of_people_happen_as_often_as_the_table_says(draw: Draw) -> None:
    people = {row["person"]: row["marks"].split() for row in rows_of(draw.key)}
    for key in ("country_moved", "home_elsewhere", "stranger_namesake", "kin_sibling", "kin_twin"):
        met = sum(key in marks for marks in people.values())
        expected = OF_PEOPLE[key] * len(people)
        assert abs(met - expected) < 5 * math.sqrt(expected) + 5, key


@pytest.mark.parametrize("level", list(Level))
def test_difficulties_of_records_happen_as_often_as_the_table_says(
    level: Level, tmp_path: Path
) -> None:
    draw = write_draw(tmp_path, seed=9, records=4_000, level=level)
    tries = json.loads(draw.truth.read_text())["tries"]
    for register in ("placement", "presence"):
        marked = Counter(
            mark
            for row in rows_of(draw.key)
            if row["register"] == register and "row_" not in row["marks"]
            for mark in row["marks"].split()
        )
        rows = sum("row_" not in r["marks"] for r in rows_of(draw.key) if r["register"] == register)
        for key, rate in OF_RECORDS.items():
            if key.startswith("row_"):
                continue
            # Rows that were copied tell their first one's marks, so they are left out twice.
            share = min(1.0, rows / max(1, tries[register]["name_other"]))
            expected = harder(getattr(rate, register), level) * tries[register][key] * share
            assert abs(marked[key] - expected) < 5 * math.sqrt(expected) + 6, (register, key)


def test_one_name_in_six_is_a_single_word(draw: Draw) -> None:
    key = rows_of(draw.key)
    assert 0.14 < sum(row["one_word"] == "1" for row in key) / len(key) < 0.2


def test_harder_draws_have_more_of_every_difficulty() -> None:
    for rate in (0.01, 0.3, 0.8):
        assert harder(rate, Level.EASY) < harder(rate, Level.USUAL) < harder(rate, Level.HARD) < 1
    assert harder(0.3, Level.USUAL) == pytest.approx(0.3)


def test_a_census_has_one_to_ten_rows_of_a_person_and_repeats_by_seed(tmp_path: Path) -> None:
    one = write_census(tmp_path / "one", seed=3, records=2_000)
    again = write_census(tmp_path / "again", seed=3, records=2_000)
    assert one.left.read_bytes() == again.left.read_bytes()
    sizes = Counter(row["person"] for row in rows_of(one.key))
    assert set(sizes.values()) <= set(range(1, 11))
    rows = rows_of(one.left)
    assert {row["id"] for row in rows} == {row["id"] for row in rows_of(one.key)}
    missing = sum(not row["dob"] for row in rows) / len(rows)
    assert 0.08 < missing < 0.14
