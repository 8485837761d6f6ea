"""Calendar days as ordinals, so that a life is plain arithmetic, and their ISO texts."""

from datetime import date
from functools import lru_cache
from typing import Final

# The day both ministries cut their export. Nothing in the files is younger.
EXPORTED_ON: Final = date(2026, 10, 31).toordinal()
YEAR: Final = 365


@lru_cache(maxsize=65_536)
def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


@lru_cache(maxsize=65_536)
def day_month_year(day: int) -> tuple[int, int, int]:
    moment = date.fromordinal(day)
    return moment.day, moment.month, moment.year


def ordinal(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()


def months_after(day: int, months: int) -> int:
    """The same day of a later month, or the 28th where that month is shorter."""
    day_of_month, month, year = day_month_year(day)
    years, month_index = divmod(month - 1 + months, 12)
    return ordinal(year + years, month_index + 1, min(day_of_month, 28))


def moment_of(day: int, second: int) -> str:
    """An RFC 3339 instant within the day."""
    return f"{iso(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
