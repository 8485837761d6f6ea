"""Occupations by ISCO-08 unit group (KBJI 2014 follows it), and the labels that stand for them."""

import re
from dataclasses import dataclass
from datetime import date
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

_NOT_WORD = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation(DatedRow):
    """One unit group of four digits."""

    code: str
    title_id: str
    title_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupationLabel(DatedRow):
    """A label as job orders and placements write it, and the unit group it is counted in."""

    label: str
    occupation: str


def list_occupations(on: date | None = None) -> tuple[Occupation, ...]:
    """All unit groups, by code."""
    return rows_on(_occupations(), on)


def find_occupation(code: str, on: date | None = None) -> Occupation | None:
    """The unit group with this ISCO-08 code on the day."""
    return row_on(_occupations_by_code().get(code, ()), on)


def get_occupation(code: str, on: date | None = None) -> Occupation:
    """As `find_occupation`, but raises UnknownCode."""
    if occupation := find_occupation(code, on):
        return occupation
    raise UnknownCode("occupations", code)


def list_occupation_labels(on: date | None = None) -> tuple[OccupationLabel, ...]:
    """All known labels, in alphabetical order."""
    return rows_on(_labels(), on)


def occupation_for_label(label: str, on: date | None = None) -> Occupation | None:
    """The unit group that a label stands for, in any case and punctuation; None if unknown."""
    plain = _NOT_WORD.sub(" ", label.upper()).strip()
    row = row_on(_labels_by_text().get(plain, ()), on)
    return find_occupation(row.occupation, on) if row else None


@cache
def _occupations() -> tuple[Occupation, ...]:
    return tuple(
        Occupation(
            code=line["code"],
            title_id=line["title_id"],
            title_en=line["title_en"],
            **dating(line),
        )
        for line in read_table("occupations")
    )


@cache
def _occupations_by_code() -> dict[str, tuple[Occupation, ...]]:
    return grouped((occupation.code, occupation) for occupation in _occupations())


@cache
def _labels() -> tuple[OccupationLabel, ...]:
    return tuple(
        OccupationLabel(label=line["label"], occupation=line["occupation"], **dating(line))
        for line in read_table("occupation_labels")
    )


@cache
def _labels_by_text() -> dict[str, tuple[OccupationLabel, ...]]:
    return grouped((row.label, row) for row in _labels())
