"""Which mission answers for a place, today and on an earlier day."""

from datetime import date

import pytest

from shared import reference
from shared.reference import Basis

TODAY = date(2026, 3, 1)

PLACES = [
    ("MY", None, "KBRI-KUALA-LUMPUR"),
    ("MY", "MY-14", "KBRI-KUALA-LUMPUR"),
    ("MY", "MY-03", "KBRI-KUALA-LUMPUR"),
    ("MY", "MY-01", "KJRI-JOHOR-BAHRU"),
    ("MY", "MY-06", "KJRI-JOHOR-BAHRU"),
    ("MY", "MY-02", "KJRI-PENANG"),
    ("MY", "MY-12", "KJRI-KOTA-KINABALU"),
    ("MY", "MY-15", "KJRI-KOTA-KINABALU"),
    ("MY", "MY-12-TAWAU", "KRI-TAWAU"),
    ("MY", "MY-12-LAHAD-DATU", "KRI-TAWAU"),
    ("MY", "MY-13", "KJRI-KUCHING"),
    ("HK", None, "KJRI-HONG-KONG"),
    ("MO", None, "KJRI-HONG-KONG"),
    ("CN", "CN-HK", "KJRI-HONG-KONG"),
    ("TW", None, "KDEI-TAIPEI"),
    ("TW", "TW-TPE", "KDEI-TAIPEI"),
    ("CN", None, "KBRI-BEIJING"),
    ("CN", "CN-SC", "KBRI-BEIJING"),
    ("CN", "CN-GD", "KJRI-GUANGZHOU"),
    ("CN", "CN-JX", "KJRI-SHANGHAI"),
    ("MN", None, "KBRI-BEIJING"),
    ("SA", "SA-01", "KBRI-RIYADH"),
    ("SA", "SA-02", "KJRI-JEDDAH"),
    ("AE", "AE-AZ", "KBRI-ABU-DHABI"),
    ("AE", "AE-SH", "KJRI-DUBAI"),
    ("AU", "AU-ACT", "KBRI-CANBERRA"),
    ("AU", "AU-QLD", "KJRI-SYDNEY"),
    ("AU", "AU-TAS", "KJRI-MELBOURNE"),
    ("AU", "AU-WA", "KJRI-PERTH"),
    ("AU", "AU-NT", "KRI-DARWIN"),
    ("VU", None, "KBRI-CANBERRA"),
    ("US", None, "KBRI-WASHINGTON-DC"),
    ("US", "US-WA", "KJRI-SAN-FRANCISCO"),
    ("US", "US-HI", "KJRI-LOS-ANGELES"),
    ("US", "US-CA", "KJRI-LOS-ANGELES"),
    ("US", "US-CA-NORTH", "KJRI-SAN-FRANCISCO"),
    ("CA", "CA-ON", "KJRI-TORONTO"),
    ("CA", "CA-ON-OTTAWA", "KBRI-OTTAWA"),
    ("CA", "CA-AB", "KJRI-VANCOUVER"),
    ("IN", "IN-MH", "KJRI-MUMBAI"),
    ("IN", "IN-WB", "KBRI-NEW-DELHI"),
    ("BT", None, "KBRI-NEW-DELHI"),
    ("VN", "VN-SG", "KJRI-HO-CHI-MINH-CITY"),
    ("VN", "VN-HP", "KBRI-HANOI"),
    ("AT", None, "KBRI-VIENNA"),
    ("SI", None, "KBRI-VIENNA"),
    ("TH", "TH-90", "KRI-SONGKHLA"),
    ("TH", "TH-50", "KBRI-BANGKOK"),
    ("PH", "PH-11", "KJRI-DAVAO"),
    ("PH", "PH-DAS", "KJRI-DAVAO"),
    ("PH", "PH-CEB", "KBRI-MANILA"),
    ("PW", None, "KBRI-MANILA"),
]


@pytest.mark.parametrize(("country", "subdivision", "mission"), PLACES)
def test_a_place_has_its_mission(country: str, subdivision: str | None, mission: str) -> None:
    found = reference.mission_for(country, subdivision, on=TODAY)
    assert found
    assert found.code == mission


def test_an_unlisted_district_counts_as_the_state_it_lies_in() -> None:
    found = reference.mission_for("MY", "MY-12-SANDAKAN", on=TODAY)
    assert found
    assert found.code == "KJRI-KOTA-KINABALU"


@pytest.mark.parametrize("subdivision", ["MY-99", "US-CA", "", "SABAH"])
def test_an_unknown_place_counts_as_the_country(subdivision: str) -> None:
    found = reference.mission_for("MY", subdivision, on=TODAY)
    assert found
    assert found.code == "KBRI-KUALA-LUMPUR"


def test_every_country_but_indonesia_and_antarctica_has_a_mission() -> None:
    without = [
        country.code
        for country in reference.list_countries(TODAY)
        if not reference.mission_for(country.code, on=TODAY)
    ]
    assert without == ["AQ", "ID"]
    assert reference.mission_for("ZZ", on=TODAY) is None


def test_every_embassy_answers_for_its_own_country() -> None:
    seats = {row.country: row for row in reference.list_accreditations(on=TODAY)}
    for mission in reference.list_missions(TODAY):
        if mission.type == "KBRI":
            row = seats[mission.country]
            assert (row.mission, row.basis) == (mission.code, Basis.SEAT)


@pytest.mark.parametrize("country", ["CM", "TD", "GQ", "GA", "CG", "CF"])
def test_a_country_that_changed_its_mission_is_answered_for_each_day(country: str) -> None:
    before = reference.mission_for(country, on=date(2020, 6, 8))
    after = reference.mission_for(country, on=date(2020, 6, 9))
    assert before
    assert after
    assert (before.code, after.code) == ("KBRI-ABUJA", "KBRI-YAOUNDE")
    assert reference.find_mission("KBRI-YAOUNDE", date(2020, 6, 8)) is None


def test_the_missions_of_a_country_begin_with_the_one_for_the_whole() -> None:
    codes = [mission.code for mission in reference.missions_of_country("MY", TODAY)]
    assert codes[0] == "KBRI-KUALA-LUMPUR"
    others = {"JOHOR-BAHRU", "KOTA-KINABALU", "KUCHING", "PENANG"}
    assert set(codes[1:]) == {f"KJRI-{city}" for city in others} | {"KRI-TAWAU"}
    assert len(codes) == len(set(codes))


def test_the_missions_of_a_country_are_those_of_the_day() -> None:
    assert [m.code for m in reference.missions_of_country("CM", date(2019, 1, 1))] == ["KBRI-ABUJA"]


def test_a_mission_knows_the_countries_and_districts_it_serves() -> None:
    countries = {row.country for row in reference.list_accreditations("KBRI-NEW-DELHI", TODAY)}
    assert countries == {"IN", "BT"}
    districts = {row.subdivision for row in reference.list_districts("KJRI-PENANG", TODAY)}
    assert districts == {"MY-02", "MY-07", "MY-09"}
    assert len(reference.list_districts(on=TODAY)) > 200


def test_malaysia_and_other_divided_countries_leave_no_state_to_chance() -> None:
    named = {row.subdivision for row in reference.list_districts(on=TODAY)}
    for country in ("MY", "AU", "US", "CA", "AE", "SA", "DE"):
        states = {
            row.code
            for row in reference.list_subdivisions(country, TODAY)
            if row.kind == "ISO_3166_2"
        }
        assert states - named == set(), country
