"""The two file formats, the tables behind the data, and the command that writes them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.seed.__main__ import main
from deploy.seed.destinations import DESTINATIONS
from deploy.seed.envelopes import FIELDS, csv_lines, ndjson
from deploy.seed.generator import records
from deploy.seed.lives import System
from deploy.seed.occupations import JOBS
from deploy.seed.organisations import EMPLOYERS, PARTNER_AGENCIES, PLACEMENT_AGENCIES
from shared.reference import competence, currencies, missions, occupations, schemes, sectors

COUNT = 4_000
SEED = 3


def read_csv(system: System, texts: list[str]) -> list[dict[str, Any]]:
    rows = csv.DictReader(io.StringIO("".join(texts), newline=""))
    return [
        {
            "source_system": system.value,
            "record_key": row.pop("record_key"),
            "source_updated_at": row.pop("source_updated_at"),
            "content": {field: value for field, value in row.items() if value},
        }
        for row in rows
    ]


@pytest.mark.parametrize("system", System)
def test_csv_and_ndjson_carry_the_same_content(system: System) -> None:
    made = [one for one in records(system, COUNT, SEED) if "is_withdrawn" not in one]
    assert [json.loads(text) for text in ndjson(made)] == made
    assert read_csv(system, list(csv_lines(system, made))) == made


def test_a_csv_header_names_every_field_also_without_records() -> None:
    (header,) = csv_lines(System.PEDULI_WNI, [])
    columns = header.strip().split(",")
    assert columns == ["record_key", "source_updated_at", *FIELDS[System.PEDULI_WNI]]


def test_a_withdrawn_record_cannot_be_written_as_csv() -> None:
    withdrawn = [one for one in records(System.SISKOP2MI, COUNT, SEED) if "is_withdrawn" in one]
    with pytest.raises(ValueError, match="withdrawn"):
        list(csv_lines(System.SISKOP2MI, withdrawn))


def test_each_ndjson_text_is_one_line() -> None:
    texts = list(ndjson(records(System.PEDULI_WNI, COUNT, SEED)))
    assert all(text.count("\n") == 1 and text.endswith("\n") for text in texts)


def test_generate_writes_both_exports_and_the_truth(tmp_path: Path) -> None:
    assert main(["generate", "--count", "1000", "--seed", "5", "--out", str(tmp_path)]) == 0
    lengths = {path.name: len(path.read_text().splitlines()) for path in tmp_path.iterdir()}
    assert lengths == {
        "siskop2mi.ndjson": 550,
        "peduliwni.ndjson": 450,
        "peduliwni.csv": 451,
        "truth.csv": 1001,
    }


def test_every_code_is_in_the_reference_tables() -> None:
    for job in JOBS.values():
        assert occupations.find_occupation(job.code)
        assert sectors.find_sector(job.sector)
        for label in job.labels:
            occupation = occupations.occupation_for_label(label)
            assert occupation is not None, label
            assert occupation.code == job.code
    for destination in DESTINATIONS.values():
        assert currencies.find_currency(destination.currency)
        assert all(schemes.find_scheme(scheme) for scheme in set(destination.schemes))


def test_every_place_lies_in_the_district_of_its_mission() -> None:
    for country, destination in DESTINATIONS.items():
        for place in set(destination.places):
            assert missions.find_mission(place.mission), place
            competent = competence.mission_for(country, place.subdivision)
            assert competent is not None
            assert competent.code == place.mission, place


def test_organisations_have_codes_of_their_own_and_records_name_no_others() -> None:
    tables = (PLACEMENT_AGENCIES, PARTNER_AGENCIES, EMPLOYERS)
    codes = {one.code for table in tables for one in table}
    assert len(codes) == sum(len(table) for table in tables)
    assert len(PLACEMENT_AGENCIES) == 40
    named = {
        one["content"][field]
        for one in records(System.SISKOP2MI, COUNT, SEED)
        for field in ("placement_agency_code", "partner_agency_code", "employer_code")
        if field in one["content"]
    }
    assert named <= codes
