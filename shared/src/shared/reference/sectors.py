"""Sectors: sections of ISIC Rev.4 and KBLI 2020, and the programme's own sectors within them."""

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


class SectorKind(StrEnum):
    ISIC_SECTION = "ISIC_SECTION"
    PROGRAMME = "PROGRAMME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector(DatedRow):
    """A section by its letter, or a programme sector by a word, with the section it falls in."""

    code: str
    kind: SectorKind
    isic_section: str
    kbli_section: str
    name_id: str
    name_en: str


def list_sectors(kind: SectorKind | None = None, on: date | None = None) -> tuple[Sector, ...]:
    """All sectors, or those of one kind."""
    return tuple(row for row in rows_on(_sectors(), on) if kind in {None, row.kind})


def find_sector(code: str, on: date | None = None) -> Sector | None:
    """The sector with this code on the day."""
    return row_on(_sectors_by_code().get(code, ()), on)


def get_sector(code: str, on: date | None = None) -> Sector:
    """As `find_sector`, but raises UnknownCode."""
    if sector := find_sector(code, on):
        return sector
    raise UnknownCode("sectors", code)


@cache
def _sectors() -> tuple[Sector, ...]:
    return tuple(
        Sector(
            code=line["code"],
            kind=SectorKind(line["kind"]),
            isic_section=line["isic_section"],
            kbli_section=line["kbli_section"],
            name_id=line["name_id"],
            name_en=line["name_en"],
            **dating(line),
        )
        for line in read_table("sectors")
    )


@cache
def _sectors_by_code() -> dict[str, tuple[Sector, ...]]:
    return grouped((sector.code, sector) for sector in _sectors())
