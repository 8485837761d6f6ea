"""Reads the committed tables as dated rows. What a table means stands in the module of its noun."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypedDict, TypeVar

from shared.clock import today

_TABLES = Path(__file__).parent / "tables"


class UnknownCode(LookupError):
    """No row of the table has this code on that date."""

    def __init__(self, table: str, code: str) -> None:
        super().__init__(f"{table} has no row for {code!r} on that date")
        self.table = table
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRow:
    """One line of a table, true from `valid_from` to `valid_to`, both included; None is open."""

    valid_from: date | None
    valid_to: date | None
    source: str

    def holds_on(self, on: date) -> bool:
        """Whether the line is true on this day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


Row = TypeVar("Row", bound=DatedRow)


class Dating(TypedDict):
    valid_from: date | None
    valid_to: date | None
    source: str


def read_table(name: str) -> Iterator[dict[str, str]]:
    """The lines of one table, in file order."""
    with (_TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def dating(line: Mapping[str, str]) -> Dating:
    """The three columns that every table has."""
    return {
        "valid_from": _day(line["valid_from"]),
        "valid_to": _day(line["valid_to"]),
        "source": line["source"],
    }


def rows_on(rows: Iterable[Row], on: date | None) -> tuple[Row, ...]:
    """Those rows that hold on the day, today without one."""
    day = on or today()
    return tuple(row for row in rows if row.holds_on(day))


def row_on(rows: Iterable[Row], on: date | None) -> Row | None:
    """The row that holds on the day, today without one; None if there is none."""
    day = on or today()
    return next((row for row in rows if row.holds_on(day)), None)


def grouped(pairs: Iterable[tuple[str, Row]]) -> dict[str, tuple[Row, ...]]:
    """Rows by key, each key with its history."""
    groups: dict[str, list[Row]] = {}
    for key, row in pairs:
        groups.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in groups.items()}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
