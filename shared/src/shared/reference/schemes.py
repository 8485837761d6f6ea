"""Placement schemes of the official statistics. The steps of each belong to the registry."""

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


class Placer(StrEnum):
    KP2MI = "KP2MI"
    P3MI = "P3MI"
    OWN_COMPANY = "OWN_COMPANY"
    SELF = "SELF"
    MISSION = "MISSION"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme(DatedRow):
    """One way to be placed; `label` is how the statistics write it."""

    code: str
    label: str
    name_id: str
    name_en: str
    placer: Placer
    needs_job_order: bool
    note: str | None


def list_schemes(on: date | None = None) -> tuple[Scheme, ...]:
    """All schemes in force on the day."""
    return rows_on(_schemes(), on)


def find_scheme(code: str, on: date | None = None) -> Scheme | None:
    """The scheme with this code on the day."""
    return row_on(_schemes_by_code().get(code, ()), on)


def get_scheme(code: str, on: date | None = None) -> Scheme:
    """As `find_scheme`, but raises UnknownCode."""
    if scheme := find_scheme(code, on):
        return scheme
    raise UnknownCode("schemes", code)


@cache
def _schemes() -> tuple[Scheme, ...]:
    return tuple(
        Scheme(
            code=line["code"],
            label=line["label"],
            name_id=line["name_id"],
            name_en=line["name_en"],
            placer=Placer(line["placer"]),
            needs_job_order={"true": True, "false": False}[line["needs_job_order"]],
            note=line["note"] or None,
            **dating(line),
        )
        for line in read_table("schemes")
    )


@cache
def _schemes_by_code() -> dict[str, tuple[Scheme, ...]]:
    return grouped((scheme.code, scheme) for scheme in _schemes())
