"""Which mission is competent for which country and district, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from shared.clock import today
from shared.reference.countries import find_subdivision
from shared.reference.missions import Mission, find_mission, get_mission
from shared.reference.rows import DatedRow, dating, grouped, read_table, row_on, rows_on


class Basis(StrEnum):
    """Why a mission answers for a country: rangkapan is CONCURRENT."""

    SEAT = "SEAT"
    CONCURRENT = "CONCURRENT"
    TERRITORY = "TERRITORY"
    PROTECTION = "PROTECTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation(DatedRow):
    """The one mission that answers for a country as a whole: whatever no district takes is its."""

    country: str
    mission: str
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class District(DatedRow):
    """One subdivision in the consular district of one mission."""

    mission: str
    country: str
    subdivision: str


def mission_for(
    country: str, subdivision: str | None = None, *, on: date | None = None
) -> Mission | None:
    """The mission that is competent for a place on the day.

    A subdivision that no district names counts as its parent does; an unknown place, or one of
    another country, counts as the country, which its main or concurrently accredited mission
    serves. None where no mission is competent: Indonesia itself, Antarctica, an unknown code.
    """
    day = on or today()
    if subdivision and subdivision.startswith(f"{country}-"):
        for code in _upwards(subdivision, day):
            if district := row_on(_districts_by_subdivision().get(code, ()), day):
                return get_mission(district.mission, day)
    accreditation = row_on(_accreditations_by_country().get(country, ()), day)
    return get_mission(accreditation.mission, day) if accreditation else None


def missions_of_country(country: str, on: date | None = None) -> tuple[Mission, ...]:
    """The missions that serve a country on the day, the one for the country as a whole first."""
    day = on or today()
    codes = [row.mission for row in rows_on(_accreditations_by_country().get(country, ()), day)]
    codes += sorted(row.mission for row in rows_on(_districts_by_country().get(country, ()), day))
    missions = (find_mission(code, day) for code in dict.fromkeys(codes))
    return tuple(mission for mission in missions if mission)


def list_accreditations(
    mission: str | None = None, on: date | None = None
) -> tuple[Accreditation, ...]:
    """Who answers for which country on the day, of all missions or of one."""
    rows = rows_on(_accreditations(), on)
    return tuple(row for row in rows if mission in {None, row.mission})


def list_districts(mission: str | None = None, on: date | None = None) -> tuple[District, ...]:
    """The subdivisions named in consular districts on the day, of all missions or of one."""
    rows = rows_on(_districts(), on)
    return tuple(row for row in rows if mission in {None, row.mission})


def _upwards(subdivision: str, on: date) -> Iterator[str]:
    """The code and what it lies in. Codes below ISO 3166-2 (`MY-12-TAWAU`) need not be known."""
    code: str | None = subdivision
    while code:
        yield code
        known = find_subdivision(code, on)
        above = code.rpartition("-")[0]
        code = known.parent if known else above if "-" in above else None


@cache
def _accreditations() -> tuple[Accreditation, ...]:
    return tuple(
        Accreditation(
            country=line["country"],
            mission=line["mission"],
            basis=Basis(line["basis"]),
            **dating(line),
        )
        for line in read_table("accreditations")
    )


@cache
def _accreditations_by_country() -> dict[str, tuple[Accreditation, ...]]:
    return grouped((row.country, row) for row in _accreditations())


@cache
def _districts() -> tuple[District, ...]:
    return tuple(
        District(
            mission=line["mission"],
            country=line["country"],
            subdivision=line["subdivision"],
            **dating(line),
        )
        for line in read_table("districts")
    )


@cache
def _districts_by_subdivision() -> dict[str, tuple[District, ...]]:
    return grouped((row.subdivision, row) for row in _districts())


@cache
def _districts_by_country() -> dict[str, tuple[District, ...]]:
    return grouped((row.country, row) for row in _districts())
