"""Birth dates as written and as a NIK encodes them: plain numbers, so that slips can be seen."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from registry.matching.linkage.arrays import Codes
from registry.matching.nik import FEMALE_DAY_OFFSET, LENGTH

DEFAULT_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y%m%d", "%Y")

_ISO = "%Y-%m-%d"
_ISO_LENGTH = 10
_NUMERIC = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})"}
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Dates:
    """Year, month and day of every record; 0 for what is missing."""

    years: Codes
    months: Codes
    days: Codes


def dates_of(written: Iterable[str], date_format: str | None) -> Dates:
    seen: dict[str, tuple[int, int, int]] = {"": (0, 0, 0)}
    parts = []
    for text in written:
        found = seen.get(text)
        if found is None:
            found = seen[text] = read_date(text, date_format)
        parts.append(found)
    table = np.array(parts, dtype=np.int32).reshape(-1, _PARTS)
    return Dates(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy())


def read_date(text: str, date_format: str | None) -> tuple[int, int, int]:
    """Year, month, day; an impossible day is kept as typed, for its digits still say something."""
    if date_format == _ISO and len(text) == _ISO_LENGTH and text[4] == text[7] == "-":
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            return day.year, day.month, day.day
    for form in (date_format,) if date_format else DEFAULT_FORMATS:
        try:
            # Only the calendar date is taken, so the zone does not matter.
            day = datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            parts = _typed(text, form)
            if parts:
                return parts
        else:
            return day.year, day.month, day.day
    return 0, 0, 0


def _typed(text: str, form: str) -> tuple[int, int, int] | None:
    pattern = re.sub(
        r"%([Ymd])", lambda found: _NUMERIC[found[1]], re.escape(form).replace(r"\%", "%")
    )
    try:
        found = re.fullmatch(pattern, text, re.ASCII)
    except re.error:
        return None
    if not found or len(found.groupdict()) != _PARTS:
        return None
    return int(found["Y"]), int(found["m"]), int(found["d"])


def nik_dates(numbers: Iterable[bytes]) -> Dates:
    """The birth dates that NIKs encode, years of two digits; 0 where a number is no NIK."""
    parts = [nik_date(number) for number in numbers]
    table = np.array(parts, dtype=np.int32).reshape(-1, _PARTS)
    return Dates(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy())


def nik_date(number: bytes) -> tuple[int, int, int]:
    """Two-digit year, month, day of a well-formed NIK; the month is 0 where it is none."""
    if len(number) != LENGTH or not number.isdigit() or number[12:] == b"0000":
        return 0, 0, 0
    day, month, year = int(number[6:8]), int(number[8:10]), int(number[10:12])
    day -= FEMALE_DAY_OFFSET if day > FEMALE_DAY_OFFSET else 0
    if not (1 <= day <= 31 and 1 <= month <= 12):  # noqa: PLR2004 - the calendar.
        return 0, 0, 0
    return year, month, day
