"""The journey takes legal steps only, by the right hands and in time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.placements.reference.p_to_p import MAIN_LINE, P_TO_P, SIDE_EXITS
from registry.placements.rules import (
    Attempt,
    ContractEndMissing,
    Done,
    MedicalResultExpired,
    ReservationMissing,
    StepBeforeItsGround,
    StepInTheFuture,
    StepNotAllowed,
    StepNotYours,
    StepUnknown,
    allowed_steps,
    check_step,
    dues,
    is_abroad,
    may_lapse,
)
from shared.errors import Refusal

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
SYSTEM = frozenset({"system-siskop2mi"})
LINE = [step.code for step in MAIN_LINE]

NO_SEAT = ReservationMissing
SIDE_EXIT_CODES = [step.code for step in SIDE_EXITS]
ENDS = ["DEPORTED", "DIED", "LOST_CONTACT", "NATURALISED", "REPATRIATED", "RETURNED"]


def past(*codes: str, on: date = TODAY) -> list[Done]:
    return [Done(code, on) for code in codes]


def up_to(code: str) -> list[Done]:
    return past(*LINE[: LINE.index(code) + 1])


def attempt(step: str, **changes: Any) -> Attempt:
    fields: dict[str, Any] = {
        "completed_on": TODAY,
        "roles": SYSTEM,
        "reservation_expires_at": NOW + timedelta(days=1),
        "contract_ends_on": TODAY + timedelta(days=730),
    }
    return Attempt(step, **(fields | changes))


def test_the_main_line_can_be_walked_from_start_to_end() -> None:
    done: list[Done] = []
    for code in (*LINE, "ARRIVED", "EXTENDED", "EXTENDED", "RETURNED", "REINTEGRATED"):
        assert check_step(P_TO_P, done, attempt(code), at=NOW).code == code
        done += past(code)
    assert allowed_steps(P_TO_P, done) == []


@pytest.mark.parametrize(
    ("done", "allowed"),
    [
        ([], ["REGISTERED"]),
        (
            up_to("SELECTED"),
            ["PLACEMENT_AGREED", *SIDE_EXIT_CODES],
        ),
        (
            [*up_to("DEPARTED"), *past("ARRIVED")],
            ["EXTENDED", "TRANSFERRED_EMPLOYER", *ENDS],
        ),
        ([*up_to("SELECTED"), *past("WITHDRAWN")], []),
        ([*up_to("DEPARTED"), *past("DIED")], []),
        ([*up_to("DEPARTED"), *past("RETURNED")], ["REINTEGRATED"]),
    ],
)
def test_only_what_follows_is_allowed(done: list[Done], allowed: list[str]) -> None:
    assert allowed_steps(P_TO_P, done) == allowed


@pytest.mark.parametrize(
    ("done", "tried", "refusal"),
    [
        ([], attempt("SELECTED"), StepNotAllowed),
        (up_to("REGISTERED"), attempt("REGISTERED"), StepNotAllowed),
        (up_to("CONTRACTED"), attempt("DEPARTED"), StepNotAllowed),
        (up_to("DEPARTED"), attempt("WITHDRAWN"), StepNotAllowed),
        (up_to("DEPARTED"), attempt("MEDICAL_FIT"), StepNotAllowed),
        ([*up_to("DEPARTED"), *past("RETURNED")], attempt("ARRIVED"), StepNotAllowed),
        (up_to("SELECTED"), attempt("DANCED"), StepUnknown),
        (
            up_to("INSURED"),
            attempt("OPP_DONE", roles=frozenset({"placement-agency"})),
            StepNotYours,
        ),
        (
            [*up_to("DEPARTED"), *past("ARRIVED")],
            attempt("EXTENDED", roles=frozenset({"placement-agency"})),
            StepNotYours,
        ),
        (
            up_to("SELECTED"),
            attempt("PLACEMENT_AGREED", reservation_expires_at=None),
            ReservationMissing,
        ),
        (
            up_to("SELECTED"),
            attempt("PLACEMENT_AGREED", reservation_expires_at=NOW),
            ReservationMissing,
        ),
        (up_to("COMPETENT"), attempt("CONTRACTED", reservation_expires_at=NOW), NO_SEAT),
        (up_to("COMPETENT"), attempt("CONTRACTED", contract_ends_on=None), ContractEndMissing),
        (up_to("COMPETENT"), attempt("CONTRACTED", contract_ends_on=TODAY), ContractEndMissing),
        (
            up_to("REGISTERED"),
            attempt("SELECTED", completed_on=TODAY + timedelta(days=1)),
            StepInTheFuture,
        ),
        (
            up_to("REGISTERED"),
            attempt("SELECTED", completed_on=TODAY - timedelta(days=1)),
            StepBeforeItsGround,
        ),
        (
            past(*LINE[: LINE.index("INSURED") + 1], on=TODAY - timedelta(days=93)),
            attempt("OPP_DONE"),
            MedicalResultExpired,
        ),
    ],
)
def test_an_illegal_step_is_refused(
    done: list[Done], tried: Attempt, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        check_step(P_TO_P, done, tried, at=NOW)


def test_a_refused_step_names_the_allowed_ones() -> None:
    with pytest.raises(StepNotAllowed) as refused:
        check_step(P_TO_P, [], attempt("DEPARTED"), at=NOW)
    assert refused.value.facts["allowed_actions"] == ["REGISTERED"]


def test_a_repeated_medical_result_counts_anew() -> None:
    long_ago = past(*LINE[: LINE.index("INSURED") + 1], on=TODAY - timedelta(days=93))
    renewed = [*long_ago, *past("MEDICAL_FIT")]
    assert check_step(P_TO_P, renewed, attempt("OPP_DONE"), at=NOW).code == "OPP_DONE"


@pytest.mark.parametrize(
    ("done", "expires_at", "lapses"),
    [
        (up_to("PLACEMENT_AGREED"), NOW, True),
        (up_to("PLACEMENT_AGREED"), NOW + timedelta(seconds=1), False),
        (up_to("CONTRACTED"), NOW - timedelta(days=9), False),
    ],
)
def test_a_reservation_lapses_unless_the_contract_came_first(
    done: list[Done], expires_at: datetime, *, lapses: bool
) -> None:
    assert may_lapse(done, expires_at, at=NOW) is lapses


def test_time_limits_name_their_source_and_last_day() -> None:
    (due,) = dues(P_TO_P, up_to("DEPARTED"))
    assert (due.step, due.due_on) == ("ARRIVED", TODAY + timedelta(days=30))
    assert "UU 23/2006" in due.source


def test_working_days_skip_the_weekend() -> None:
    friday = date(2026, 2, 27)
    (due,) = dues(P_TO_P, past(*LINE[: LINE.index("INSURED") + 1], on=friday))
    assert (due.step, due.due_on) == ("OPP_DONE", date(2026, 3, 2))


@given(st.data())
def test_no_walk_leaves_the_table(data: st.DataObject) -> None:
    done: list[Done] = []
    for _ in range(30):
        allowed = allowed_steps(P_TO_P, done)
        if not allowed:
            break
        code = data.draw(st.sampled_from(allowed))
        check_step(P_TO_P, done, attempt(code), at=NOW)
        done += past(code)
    assert not is_abroad(P_TO_P, done) or "DEPARTED" in {step.code for step in done}


def test_every_step_rests_on_steps_of_the_same_scheme() -> None:
    for step in P_TO_P.steps:
        named = step.needs | step.blocked_by | ({step.limit.after} if step.limit else set())
        assert named <= set(P_TO_P.by_code)
        assert step.roles
