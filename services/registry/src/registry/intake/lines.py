"""The lines of a batch as rows: NDJSON and CSV (RFC 4180), told apart before anything is read."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from registry.intake.tables import Operation

ENVELOPE_COLUMNS = frozenset({"record_key", "source_updated_at", "is_withdrawn", "source_system"})


def ndjson_rows(raw: bytes) -> Iterator[bytes]:
    return (line for line in raw.split(b"\n") if line.strip())


def csv_objects(raw: bytes, operation: Operation) -> Iterator[dict[str, Any] | None]:
    columns = next(csv.reader([operation.header or ""]))
    for row in csv_rows(raw):
        if row:
            yield _csv_object(columns, row)


def _csv_object(columns: Sequence[str], row: Sequence[str]) -> dict[str, Any] | None:
    """A row as an envelope: an empty cell is an absent value."""
    if len(row) > len(columns):
        return None
    values = {name: value for name, value in zip(columns, row, strict=False) if value != ""}
    envelope: dict[str, Any] = {
        name: values.pop(name) for name in ENVELOPE_COLUMNS if name in values
    }
    return envelope | {"content": values}


def csv_rows(raw: bytes) -> Iterator[list[str]]:
    text = raw.decode("utf-8", errors="replace").replace("\0", "")
    return csv.reader(io.StringIO(text, newline=""))


# A cell is quoted from its first character to the next lone quote, or it holds no quote first.
_CELL = rb'(?:"(?:[^"]|"")*+"[^,\n]*+|[^",\n][^,\n]*+|)'
_RECORDS = re.compile(rb"(?>(?:" + _CELL + rb",)*+" + _CELL + rb"\n)*+")


def end_of_records(raw: bytes) -> int:
    """Just after the last record that is whole; looks at each byte once, whatever quotes say."""
    whole = _RECORDS.match(raw)
    return whole.end() if whole else 0
