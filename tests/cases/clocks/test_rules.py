"""Periods and clocks, as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.clocks.rules import Light, Period, Priority, Unit, light, response_due

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "since", "end"),
    [
        (Period(30, Unit.DAYS), date(2026, 1, 31), date(2026, 3, 2)),
        (Period(60, Unit.DAYS), date(2026, 12, 15), date(2027, 2, 13)),
        (Period(15, Unit.WORKING_DAYS), date(2026, 3, 2), date(2026, 3, 23)),
        (Period(1, Unit.WORKING_DAYS), date(2026, 3, 6), date(2026, 3, 9)),
        (Period(1, Unit.WORKING_DAYS), date(2026, 3, 7), date(2026, 3, 9)),
        (Period(6, Unit.MONTHS), date(2026, 3, 31), date(2026, 9, 30)),
        (Period(6, Unit.MONTHS), date(2026, 8, 31), date(2027, 2, 28)),
        (Period(6, Unit.MONTHS), date(2027, 8, 29), date(2028, 2, 29)),
        (Period(6, Unit.MONTHS), date(2026, 7, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_ends_on_its_day(period: Period, since: date, end: date) -> None:
    assert period.end_from(since) == end


@pytest.mark.parametrize(
    ("priority", "hours"),
    [(None, 8), (Priority.P1, 1), (Priority.P2, 8), (Priority.P3, 72), (Priority.P4, 240)],
)
def test_the_office_acts_within_the_limit_of_the_priority(
    priority: Priority | None, hours: int
) -> None:
    assert response_due(priority, START) == START + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("minutes", "colour"),
    [
        (0, Light.GREEN),
        (29, Light.GREEN),
        (30, Light.AMBER),
        (60, Light.AMBER),
        (61, Light.RED),
    ],
)
def test_a_clock_turns_amber_at_half_time_and_red_past_its_end(minutes: int, colour: Light) -> None:
    due_at = START + timedelta(hours=1)
    assert light(START, due_at, at=START + timedelta(minutes=minutes)) is colour


def test_an_urgent_priority_is_more_urgent_than_a_lesser_one() -> None:
    urgencies = [priority.urgency for priority in Priority]
    assert urgencies == sorted(urgencies, reverse=True)
