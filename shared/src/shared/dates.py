"""Days and instants as callers send them: one that no reckoning of ours could count with is refused
at the door, and not where a day more or an hour less falls off the calendar.
"""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


def _reckonable(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise PydanticCustomError("date_out_of_range", "The day must lie between 1900 and 2999")
    return day


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError(
            "instant_out_of_range", "The instant lies outside of the calendar"
        ) from None


Day = Annotated[date, AfterValidator(_reckonable)]
"""A day between 1900 and 2999."""
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with an offset, taken to UTC. The year 1 stays: systems mark the unknown by it."""
