"""The files of the command: a schema of meanings, and columns of written values by meaning."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

LONGEST_CELL = 10_000_000
LONGEST_VALUE = 300
"""Letters of a value that are looked at; no name, address or number needs more."""

_ROWS_AT_ONCE = 50_000
_DIRECTIVE = re.compile(r"%(.)")
_DIRECTIVES = frozenset("aAbBdHIjmMpSUwWxXyYzZfcGuV%")


class InputRefused(Exception):
    """A file of the command cannot be used; the text names the cause and the cure."""


class Meaning(StrEnum):
    """What a column means; the words of the schema."""

    FULL_NAME = "full_name"
    GIVEN_NAME = "given_name"
    SURNAME = "surname"
    BIRTH_DATE = "birth_date"
    BIRTH_PLACE = "birth_place"
    SEX = "sex"
    NATIONAL_ID = "national_id"
    PASSPORT = "passport"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    HOUSE_NUMBER = "house_number"
    STREET = "street"
    POSTCODE = "postcode"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    OCCUPATION = "occupation"
    STATUS = "status"
    EMPLOYER = "employer"
    AGENCY = "agency"
    CONTRACT = "contract"
    YEAR = "year"
    RETURN_DATE = "return_date"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    meaning: Meaning
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """Which column means what; columns of unknown meaning are left out."""

    id_column: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file as columns of stripped text; an empty text is a missing value."""

    ids: list[str]
    columns: dict[Column, list[str]]


def read_schema(path: Path) -> Schema:
    try:
        stated = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputRefused(
            f"schema {path}: not readable as JSON ({_short(error)}); give a JSON file"
        ) from None
    return schema_of(stated, named=str(path))


def schema_of(stated: Any, *, named: str) -> Schema:
    """A schema as the contract writes it; refuses what cannot be read as one."""
    columns = stated.get("columns") if isinstance(stated, dict) else None
    if not isinstance(columns, dict):
        raise InputRefused(f'schema {named}: has no object "columns"; give {{"columns": {{…}}}}')
    found = tuple(
        column for name, meant in columns.items() if (column := _column(name, meant, named=named))
    )
    if not found:
        raise InputRefused(
            f"schema {named}: no column has a known meaning; known are {', '.join(Meaning)}"
        )
    return Schema(str(stated.get("id", "id")), found)


def read_table(path: Path, schema: Schema) -> Table:
    """The columns of a file that mean something; refuses a file without the record key."""
    # The limit is the process's: others count on the usual one.
    usual = csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file)
            header = [cell.strip() for cell in next(rows, [])]
            if schema.id_column not in header:
                raise InputRefused(
                    f"file {path}: has no column {schema.id_column!r}; name the record key in"
                    ' the schema under "id"'
                )
            return _table(header, rows, schema)
    except (OSError, csv.Error) as error:
        raise InputRefused(
            f"file {path}: not readable as CSV ({_short(error)}); give UTF-8 CSV with a header"
        ) from None
    finally:
        csv.field_size_limit(usual)


def _table(header: list[str], rows: Iterator[list[str]], schema: Schema) -> Table:
    places = {name: place for place, name in reversed(list(enumerate(header)))}
    wanted = [column for column in schema.columns if column.name in places]
    picked = [places[schema.id_column], *(places[column.name] for column in wanted)]
    taken: list[list[str]] = [[] for _ in picked]
    width = len(header)
    while block := [row for row in islice(rows, _ROWS_AT_ONCE) if row]:
        if set(map(len, block)) != {width}:
            block = [(row + [""] * (width - len(row)))[:width] for row in block]
        by_column = list(zip(*block, strict=True))
        for values, place in zip(taken, picked, strict=True):
            cells = by_column[place]
            if max(map(len, cells)) > LONGEST_VALUE:
                cells = tuple(cell[:LONGEST_VALUE] for cell in cells)
            values.extend(map(str.strip, cells))
    return Table(taken[0], dict(zip(wanted, taken[1:], strict=True)))


def _column(name: str, meant: Any, *, named: str) -> Column | None:
    meaning, _, date_format = str(meant).partition(":")
    if meaning not in set(Meaning):
        return None
    if date_format and not set(_DIRECTIVE.findall(date_format)) <= _DIRECTIVES:
        raise InputRefused(
            f"schema {named}: column {name!r} has the date format {date_format!r}, which is no"
            " strptime format; write it like %Y-%m-%d"
        )
    return Column(name, Meaning(meaning), date_format or None)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
