"""Pure rules about time: when the next step is due, and when a period is over.

The limits per priority follow the triage criteria (P1 minutes to hours, P2 the same day, P3 days);
the periods after which a case may be closed are those of Perban BP2MI 6/2024 art. 30.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

_SATURDAY = 6
_MONTHS_A_YEAR = 12


class Priority(StrEnum):
    """How soon: P1 life at risk, P2 the same day, P3 days, P4 information and paperwork."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def urgency(self) -> int:
        """Higher is sooner."""
        return -int(self.value[1:])


TRIAGE_LIMIT = timedelta(hours=8)
"""Nobody knows yet how urgent an untriaged report is: it is looked at the same day."""

RESPONSE_LIMITS = {
    Priority.P1: timedelta(hours=1),
    Priority.P2: timedelta(hours=8),
    Priority.P3: timedelta(days=3),
    Priority.P4: timedelta(days=10),
}


class Light(StrEnum):
    """How near a limit is: amber from half of the time on, red past it."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class Unit(StrEnum):
    DAYS = "DAYS"
    WORKING_DAYS = "WORKING_DAYS"
    MONTHS = "MONTHS"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, working days or months."""

    length: int
    unit: Unit

    def end_from(self, since: date) -> date:
        """The day on which the period is over that began on `since`."""
        if self.unit is Unit.DAYS:
            return since + timedelta(days=self.length)
        if self.unit is Unit.WORKING_DAYS:
            return _after_working_days(since, self.length)
        return _after_months(since, self.length)


def response_due(priority: Priority | None, since: datetime) -> datetime:
    """By when the office must have acted that has had the case since then."""
    limit = TRIAGE_LIMIT if priority is None else RESPONSE_LIMITS[priority]
    return since + limit


def light(since: datetime, due_at: datetime, *, at: datetime) -> Light:
    """The colour of a clock that runs from `since` to `due_at`."""
    if at > due_at:
        return Light.RED
    return Light.AMBER if at - since >= (due_at - since) / 2 else Light.GREEN


def _after_working_days(since: date, count: int) -> date:
    """Monday to Friday; public holidays differ per office and are not counted out."""
    day = since
    while count:
        day += timedelta(days=1)
        if day.isoweekday() < _SATURDAY:
            count -= 1
    return day


def _after_months(since: date, count: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    months = since.month - 1 + count
    first = date(since.year + months // _MONTHS_A_YEAR, months % _MONTHS_A_YEAR + 1, 1)
    following = _first_of_next_month(first)
    return min(first + timedelta(days=since.day - 1), following - timedelta(days=1))


def _first_of_next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
