"""Countries and the subdivisions that consular districts need."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from shared.reference.rows import (
    DatedRow,
    UnknownCode,
    dating,
    grouped,
    read_table,
    row_on,
    rows_on,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country(DatedRow):
    code: str
    alpha3: str
    name_id: str
    name_en: str
    currency: str | None


class SubdivisionKind(StrEnum):
    ISO_3166_2 = "ISO_3166_2"
    DISTRICT = "DISTRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdivision(DatedRow):
    """A state or province by ISO 3166-2, or a district of our own below one of them."""

    code: str
    country: str
    parent: str | None
    name: str
    kind: SubdivisionKind


def list_countries(on: date | None = None) -> tuple[Country, ...]:
    """All countries and territories that exist on the day, by code."""
    return rows_on(_countries(), on)


def find_country(code: str, on: date | None = None) -> Country | None:
    """The country with this ISO 3166-1 alpha-2 code as it stood on the day."""
    return row_on(_countries_by_code().get(code, ()), on)


def get_country(code: str, on: date | None = None) -> Country:
    """As `find_country`, but raises UnknownCode."""
    if country := find_country(code, on):
        return country
    raise UnknownCode("countries", code)


def list_subdivisions(country: str, on: date | None = None) -> tuple[Subdivision, ...]:
    """The subdivisions of one country; empty where no consular district needs them."""
    return rows_on(_subdivisions_by_country().get(country, ()), on)


def find_subdivision(code: str, on: date | None = None) -> Subdivision | None:
    """The subdivision with this code on the day."""
    return row_on(_subdivisions_by_code().get(code, ()), on)


def get_subdivision(code: str, on: date | None = None) -> Subdivision:
    """As `find_subdivision`, but raises UnknownCode."""
    if subdivision := find_subdivision(code, on):
        return subdivision
    raise UnknownCode("subdivisions", code)


@cache
def _countries() -> tuple[Country, ...]:
    return tuple(
        Country(
            code=line["code"],
            alpha3=line["alpha3"],
            name_id=line["name_id"],
            name_en=line["name_en"],
            currency=line["currency"] or None,
            **dating(line),
        )
        for line in read_table("countries")
    )


@cache
def _countries_by_code() -> dict[str, tuple[Country, ...]]:
    return grouped((country.code, country) for country in _countries())


@cache
def _subdivisions() -> tuple[Subdivision, ...]:
    return tuple(
        Subdivision(
            code=line["code"],
            country=line["country"],
            parent=line["parent"] or None,
            name=line["name"],
            kind=SubdivisionKind(line["kind"]),
            **dating(line),
        )
        for line in read_table("subdivisions")
    )


@cache
def _subdivisions_by_code() -> dict[str, tuple[Subdivision, ...]]:
    return grouped((subdivision.code, subdivision) for subdivision in _subdivisions())


@cache
def _subdivisions_by_country() -> dict[str, tuple[Subdivision, ...]]:
    return grouped((subdivision.country, subdivision) for subdivision in _subdivisions())
