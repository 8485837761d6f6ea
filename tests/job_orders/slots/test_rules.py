"""When a seat may be held, as tables of cases with their refusals."""

from datetime import date, datetime, timedelta

import pytest

from job_orders.placements.rules import PlacementPhase
from job_orders.slots import rules
from job_orders.slots.rules import MOVES, Place, SlotCause
from shared.errors import Refusal

NOW = datetime.fromisoformat("2026-07-01T10:00:00+00:00")
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("is_open", "days", "is_listed", "refusal"),
    [
        (True, 0, False, None),
        (True, 10, False, None),
        (True, -1, False, rules.RecruitmentClosed),
        (False, 10, False, rules.RecruitmentClosed),
        (True, 10, True, rules.EmployerOnProblemList),
    ],
)
def test_recruitment_is_open_until_the_last_day_and_never_for_a_listed_employer(
    is_open: bool, days: int, is_listed: bool, refusal: type[Refusal] | None
) -> None:
    def check() -> None:
        rules.check_recruiting(
            is_open=is_open,
            valid_to=TODAY + timedelta(days=days),
            is_listed=is_listed,
            today=TODAY,
        )

    if refusal is None:
        check()
        return
    with pytest.raises(refusal):
        check()


@pytest.mark.parametrize("phase", list(PlacementPhase))
def test_a_seat_is_for_a_placement_before_departure(phase: PlacementPhase) -> None:
    if phase is PlacementPhase.OPEN:
        rules.check_candidate(phase, differing=[("country", False)])
        return
    with pytest.raises(rules.PlacementNotOpen) as refused:
        rules.check_candidate(phase, differing=[])
    assert refused.value.facts["current_status"] == phase.value


def test_a_placement_that_does_not_fit_is_told_where() -> None:
    differing = [("country", True), ("placement_agency_code", False)]
    with pytest.raises(rules.PlacementMismatch) as refused:
        rules.check_candidate(PlacementPhase.OPEN, differing=differing)
    assert refused.value.facts["mismatch"] == ["country"]


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (None, timedelta(days=90)),
        (timedelta(seconds=1), timedelta(seconds=1)),
        (timedelta(days=180), timedelta(days=180)),
        (timedelta(0), None),
        (timedelta(days=-1), None),
        (timedelta(days=180, seconds=1), None),
    ],
)
def test_a_seat_is_held_for_a_time_that_lies_ahead(
    asked: timedelta | None, outcome: timedelta | None
) -> None:
    wanted = None if asked is None else NOW + asked
    if outcome is not None:
        assert rules.expiry(wanted, now=NOW) == NOW + outcome
        return
    with pytest.raises(rules.ReservationExpiryInvalid):
        rules.expiry(wanted, now=NOW)


def test_every_cause_moves_seats_between_two_places_and_a_filled_one_never_leaves() -> None:
    assert set(MOVES) == set(SlotCause)
    assert all(source is not target for source, target in MOVES.values())
    assert Place.FILLED not in {source for source, _ in MOVES.values()}


def test_the_refusal_tells_the_last_day() -> None:
    with pytest.raises(rules.RecruitmentClosed) as refused:
        rules.check_recruiting(
            is_open=False, valid_to=date(2026, 6, 1), is_listed=False, today=TODAY
        )
    assert "2026-06-01" in refused.value.told("en")[1]
