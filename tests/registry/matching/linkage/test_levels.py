"""Levels and guards as the field knows them: names written anew, slips of a key, twins."""

import csv
from pathlib import Path

import numpy as np
import pytest

from registry.matching.linkage.date_levels import compare_dates
from registry.matching.linkage.dates import Dates, nik_dates, read_date
from registry.matching.linkage.explaining import explain, find_pair
from registry.matching.linkage.guards import Guard
from registry.matching.linkage.levels import Field, name_of
from registry.matching.linkage.linking import Mode, link
from registry.matching.linkage.name_levels import compare_names
from registry.matching.linkage.numbers import (
    numbers_of,
    one_slip_apart,
    read_document_number,
    read_phone,
)
from registry.matching.linkage.reading import read_schema, read_table
from registry.matching.linkage.records import records_of
from registry.matching.linkage.words import words_of
from tests.registry.matching.linkage.crowds import make_crowd

OURS, THEIRS = np.array([0]), np.array([1])


def name_level(ours: str, theirs: str) -> str:
    words = words_of([ours, theirs], indonesian=True)
    bits = np.ones(len(words.vocabulary.spelled) + 1)
    level, _ = compare_names(words, None, OURS, THEIRS, bits=bits)
    return name_of(Field.NAME, int(level[0]))


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("SITI NURHAYATI BINTI ABD. RAHMAN", "NUR HAYATI SITI", "EQUAL"),
        ("MOCH. SOEKARNO", "MUHAMAD SUKARNO", "EQUAL"),
        ("SUKARNI", "SUKARNI SUKARNI", "EQUAL"),
        ("NUR", "NUR NUR", "EQUAL"),
        ("I WAYAN SUDANA", "WAYAN SUDANA", "EQUAL"),
        ("EKOANGGARA", "EKO ANGGARA", "EQUAL"),
        ("SRI YUL1ANTI", "YULIANTI SRI", "EQUAL"),
        ("DJAENAB", "ZAINAB BT MD SALEH", "SOUND"),
        ("DEWI LESTARI", "DEWI LESTIARI", "TYPING_SLIP"),
        ("NADIYA AISYAH", "NADIAAISYAHR", "TYPING_SLIP_IN_EVERY_WORD"),
        ("SUPARMI ALFIYAH", "SUPARMI A", "ABBREVIATED"),
        ("RATNA DEWI NAHAK", "RATNA NAHAK", "WORDS_MISSING"),
        ("BUDI HAKIM", "BUDI", "ALL_BUT_ONE_WORD_MISSING"),
        ("AYU BT. ARIF", "AYU ARIF", "EQUAL"),
        ("SITI AMINAH", "SITI MARYAM", "ONE_WORD_OTHER"),
        ("B SUDANA", "BAMBANG YULIANTO", "PARTLY_OTHER"),
        ("BUDI", "SLAMET", "OTHER"),
        ("BUDI", "", "UNKNOWN"),
    ],
)
def test_two_written_names_have_a_level(ours: str, theirs: str, level: str) -> None:
    assert name_level(ours, theirs) == level
    assert name_level(theirs, ours) == level


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("1990-05-12", "1990-05-12", "EQUAL"),
        ("1990-05-12", "1990-12-05", "DAY_AND_MONTH_SWAPPED"),
        ("1990-05-12", "1990-05-13", "TYPING_SLIP"),
        ("1990-05-12", "1980-05-12", "TYPING_SLIP"),
        ("1998-05-12", "2002-05-12", "OTHER_YEAR_NEAR"),
        ("1998-05-12", "2012-05-12", "OTHER_YEAR_FAR"),
        ("1990-05-12", "1990-01-01", "ONLY_YEAR_KNOWN"),
        ("1990-05-12", "1990-05-27", "SAME_YEAR_AND_MONTH"),
        ("1990-05-12", "1971-08-30", "DIFFERENT"),
        ("1990-05-12", "", "UNKNOWN"),
    ],
)
def test_two_birth_dates_have_a_level(ours: str, theirs: str, level: str) -> None:
    parts = np.array([read_date(text, "%Y-%m-%d") for text in (ours, theirs)], dtype=np.int32)
    birth = Dates(parts[:, 0], parts[:, 1], parts[:, 2])
    nothing = np.zeros(2, dtype=np.int32)
    found = compare_dates(birth, Dates(nothing, nothing, nothing), OURS, THEIRS)
    assert name_of(Field.BIRTH_DATE, int(found[0])) == level


@pytest.mark.parametrize(
    ("nik", "level"), [("9901015205900001", "DATE_OF_NIK"), ("9901010101800001", "SAME_YEAR")]
)
def test_a_birth_date_may_be_the_one_inside_the_other_sides_nik(nik: str, level: str) -> None:
    """A woman born on 12 May 1990, whose own record says something else."""
    birth = Dates(np.array([1990, 1990]), np.array([5, 9]), np.array([12, 27]))
    found = compare_dates(birth, nik_dates([b"", nik.encode()]), OURS, THEIRS)
    assert name_of(Field.BIRTH_DATE, int(found[0])) == level


@pytest.mark.parametrize("number", ["1234", "-", "AAAAAAA", ""])
def test_what_is_too_short_or_one_sign_only_is_no_document(number: str) -> None:
    assert read_document_number(number) == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "slip"),
    [
        ("C1234567", "C1234568", True),
        ("C1234567", "C1324567", True),
        ("C1234567", "C123457", True),
        ("C1234567", "C12345678", True),
        ("C1234567", "C1234657", True),
        ("C1234567", "C7234561", False),
        ("C1234567", "E7654321", False),
    ],
)
def test_one_keystroke_is_told_from_two(ours: str, theirs: str, *, slip: bool) -> None:
    numbers = numbers_of([ours, theirs], 12, read=read_document_number)
    assert bool(one_slip_apart(numbers, numbers.codes[:1], numbers.codes[1:])[0]) is slip


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("+6282327476188", "082327476188"),
        ("6282327476188", "0823-2747-6188"),
        ("00966742697720", "+966 742697720"),
    ],
)
def test_telephone_numbers_are_one_however_dialled(ours: str, theirs: str) -> None:
    assert read_phone(ours) == read_phone(theirs) != ""


def test_a_twin_without_a_number_waits_for_a_person(tmp_path: Path) -> None:
    crowd = make_crowd(tmp_path, people=400)
    born = ("1990-05-12", "BLITAR", "P")
    twins = [
        ("L1", "SLAMETA LESTARI", *born, "C1000001", "9901015205900001", "081234567890", ""),
        ("L2", "SLEMETA LESTARI", *born, "C1000002", "9901015205900002", "081234567890", ""),
    ]
    other = ("R1", "SLAMITA LESTARI", *born, "E7000009", "", "+85251234567", "", "")
    for name, rows in (("left.csv", twins), ("right.csv", [other])):
        with (tmp_path / name).open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    schema = read_schema(crowd.folder / "schema.json")
    records = records_of(
        [read_table(crowd.folder / f"{side}.csv", schema) for side in ("left", "right")]
    )
    told = explain(link(records, Mode.LINK), records, *find_pair(records, "L1,R1"))
    assert Guard.TWIN_KNOWN in told.guards
    assert told.score < 0.99
