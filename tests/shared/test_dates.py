"""Which days and instants may come in."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.dates import Day, Instant


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("2026-01-01T07:00:00+07:00", "2026-01-01 00:00:00+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-01-01T00:00:00", None),
    ],
)
def test_an_instant_is_taken_to_utc_or_refused(sent: str, taken: str | None) -> None:
    assert _taken(Instant, sent) == taken


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("1900-01-01", "1900-01-01"),
        ("2999-12-31", "2999-12-31"),
        ("1899-12-31", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("2026-02-30", None),
    ],
)
def test_a_day_lies_in_the_time_that_we_reckon_with(sent: str, taken: str | None) -> None:
    assert _taken(Day, sent) == taken


def _taken(kind: Any, sent: str) -> str | None:
    try:
        return str(TypeAdapter(kind).validate_python(sent))
    except ValidationError:
        return None
