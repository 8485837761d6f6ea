"""What must hold of every committed table: codes, dates, sources, and one table naming another."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared import reference
from shared.reference import (
    MissionType,
    SectorKind,
    SubdivisionKind,
    competence,
    countries,
    currencies,
    missions,
    occupations,
    schemes,
    sectors,
)
from shared.reference.rows import DatedRow

TODAY = date(2026, 3, 1)

TABLES: list[tuple[str, Callable[[], Sequence[Any]], str]] = [
    ("countries", countries._countries, "code"),
    ("subdivisions", countries._subdivisions, "code"),
    ("currencies", currencies._currencies, "code"),
    ("missions", missions._missions, "code"),
    ("accreditations", competence._accreditations, "country"),
    ("districts", competence._districts, "subdivision"),
    ("occupations", occupations._occupations, "code"),
    ("occupation_labels", occupations._labels, "label"),
    ("sectors", sectors._sectors, "code"),
    ("schemes", schemes._schemes, "code"),
]
every_table = pytest.mark.parametrize(
    ("rows", "key"), [(rows, key) for _, rows, key in TABLES], ids=[name for name, _, _ in TABLES]
)


@every_table
def test_every_row_names_its_source(rows: Callable[[], Sequence[DatedRow]], key: str) -> None:
    assert [getattr(row, key) for row in rows() if len(row.source.strip()) < 5] == []


@every_table
def test_no_row_ends_before_it_begins(rows: Callable[[], Sequence[DatedRow]], key: str) -> None:
    upside_down = [
        getattr(row, key)
        for row in rows()
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from
    ]
    assert upside_down == []


@every_table
def test_a_key_has_one_row_on_any_day(rows: Callable[[], Sequence[DatedRow]], key: str) -> None:
    by_key: dict[str, list[DatedRow]] = {}
    for row in rows():
        by_key.setdefault(getattr(row, key), []).append(row)
    overlaps = [
        code
        for code, history in by_key.items()
        for earlier, later in pairwise(sorted(history, key=lambda r: r.valid_from or date.min))
        if (earlier.valid_to or date.max) >= (later.valid_from or date.min)
    ]
    assert overlaps == []


@every_table
def test_a_history_has_no_hole(rows: Callable[[], Sequence[DatedRow]], key: str) -> None:
    by_key: dict[str, list[DatedRow]] = {}
    for row in rows():
        by_key.setdefault(getattr(row, key), []).append(row)
    holes = [
        code
        for code, history in by_key.items()
        for earlier, later in pairwise(sorted(history, key=lambda r: r.valid_from or date.min))
        if earlier.valid_to and earlier.valid_to + timedelta(days=1) != later.valid_from
    ]
    assert holes == []


@every_table
def test_no_cell_has_stray_space(rows: Callable[[], Sequence[Any]], key: str) -> None:
    fields = rows()[0].__dataclass_fields__
    stray = [
        (getattr(row, key), field)
        for row in rows()
        for field in fields
        if isinstance(value := getattr(row, field), str) and value != value.strip()
    ]
    assert stray == []


def test_the_249_iso_countries_and_kosovo_exist() -> None:
    codes = [country.code for country in reference.list_countries(TODAY)]
    assert len(codes) == 250
    assert codes == sorted(set(codes))
    assert {"TW", "HK", "MO", "PS", "XK", "ID"} <= set(codes)


def test_every_country_pays_in_a_currency_of_its_day() -> None:
    for day in (date(2015, 1, 1), date(2022, 12, 31), TODAY):
        unknown = [
            country.code
            for country in reference.list_countries(day)
            if country.currency and not reference.find_currency(country.currency, day)
        ]
        assert unknown == []
    without = [c.code for c in reference.list_countries(TODAY) if c.currency is None]
    assert without == ["AQ"]


@pytest.mark.parametrize(
    ("code", "minor_units"),
    [
        *(("KWD", 3), ("BHD", 3), ("OMR", 3), ("JOD", 3), ("TND", 3), ("IQD", 3)),
        *(("JPY", 0), ("KRW", 0), ("VND", 0), ("IDR", 0)),
        *(("MYR", 2), ("TWD", 2), ("HKD", 2), ("SAR", 2)),
    ],
)
def test_currencies_have_their_minor_units(code: str, minor_units: int) -> None:
    assert reference.get_currency(code).minor_units == minor_units


def test_every_subdivision_belongs_to_its_country() -> None:
    rows = countries._subdivisions()
    codes = {row.code: row for row in rows}
    assert [r.code for r in rows if not r.code.startswith(f"{r.country}-")] == []
    assert [r.code for r in rows if not reference.find_country(r.country, TODAY)] == []
    assert [r.code for r in rows if r.parent and codes[r.parent].country != r.country] == []
    districts = [r for r in rows if r.kind is SubdivisionKind.DISTRICT]
    assert districts
    assert [r.code for r in districts if not r.parent or not r.code.startswith(r.parent)] == []


def test_the_number_of_missions_agrees_with_the_published_totals_within_one() -> None:
    counted = Counter(mission.type for mission in reference.list_missions(TODAY))
    assert abs(counted.pop(MissionType.KBRI) - 95) <= 1
    published = {MissionType.KJRI: 30, MissionType.KRI: 4, MissionType.PTRI: 3}
    assert counted == published | {MissionType.KDEI: 1}


def test_a_mission_code_is_its_type_and_city() -> None:
    odd = [
        m.code
        for m in missions._missions()
        if m.code != f"{m.type}-{m.city.upper().replace(chr(39), '').replace(' ', '-')}"
    ]
    assert odd == []


def test_every_mission_stands_in_a_country_and_a_time_zone() -> None:
    for mission in missions._missions():
        assert reference.find_country(mission.country, TODAY), mission.code
        assert ZoneInfo(mission.time_zone).key == mission.time_zone
        assert len(mission.weekend) == 2, mission.code


def test_districts_and_accreditations_name_missions_that_are_open() -> None:
    rows: list[competence.Accreditation | competence.District] = [
        *competence._accreditations(),
        *competence._districts(),
    ]
    for row in rows:
        for day in (row.valid_from or date(2007, 1, 1), row.valid_to or TODAY):
            assert reference.find_mission(row.mission, day), (row, day)


def test_every_district_is_a_known_subdivision_of_its_country() -> None:
    for row in competence._districts():
        assert reference.get_subdivision(row.subdivision).country == row.country, row


def test_only_consular_missions_serve_a_country() -> None:
    serving = {row.mission for row in reference.list_accreditations(on=TODAY)}
    serving |= {row.mission for row in reference.list_districts(on=TODAY)}
    idle = {m.code for m in reference.list_missions(TODAY)} - serving
    assert idle == {"PTRI-GENEVA", "PTRI-JAKARTA", "PTRI-NEW-YORK"}


def test_all_436_unit_groups_are_there_in_order() -> None:
    codes = [occupation.code for occupation in reference.list_occupations(TODAY)]
    assert len(codes) == 436
    assert codes == sorted(codes)
    assert all(len(code) == 4 and code.isdecimal() for code in codes)
    majors = Counter(code[0] for code in codes)
    by_major = {"0": 3, "1": 31, "2": 92, "3": 84, "4": 29, "5": 40, "6": 18, "7": 66}
    assert majors == by_major | {"8": 40, "9": 33}


def test_every_label_stands_for_a_unit_group_and_is_written_plainly() -> None:
    for row in reference.list_occupation_labels():
        assert reference.find_occupation(row.occupation), row
        assert reference.occupation_for_label(row.label), row


def test_sectors_are_the_21_sections_and_the_programme_within_them() -> None:
    sections = reference.list_sectors(SectorKind.ISIC_SECTION)
    assert "".join(row.code for row in sections) == "ABCDEFGHIJKLMNOPQRSTU"
    programme = reference.list_sectors(SectorKind.PROGRAMME)
    assert {row.isic_section for row in programme} <= {row.code for row in sections}
    named = {"DOMESTIC", "HEALTH", "MANUFACTURING", "CONSTRUCTION", "AGRICULTURE", "PLANTATION"}
    named |= {"FISHERY", "HOSPITALITY", "CARE", "ENGINEERING"}
    assert named <= {row.code for row in programme}


def test_the_seven_schemes_of_the_statistics_exist_and_one_needs_a_job_order() -> None:
    rows = reference.list_schemes()
    codes = {"G_TO_G", "G_TO_P", "P_TO_P", "UKPS", "PERSEORANGAN", "EXT_DN", "EXT_LN"}
    assert {row.code for row in rows} == codes
    assert [row.code for row in rows if row.needs_job_order] == ["P_TO_P"]


@pytest.mark.parametrize(
    "name", ["countries", "currencies", "subdivisions", "occupations", "occupation_labels"]
)
def test_long_tables_are_kept_in_order_of_their_key(name: str) -> None:
    rows, key = next((rows, key) for table, rows, key in TABLES if table == name)
    keys = list(map(attrgetter(key), rows()))
    assert keys == sorted(keys)
