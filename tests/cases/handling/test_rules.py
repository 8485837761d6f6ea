"""What may become of a case, as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.clocks.rules import Priority
from cases.handling import rules
from cases.handling.reference.categories import (
    LABOUR_CATEGORIES,
    SECRET_CATEGORIES,
    CaseCategory,
    CategoryGroup,
)
from cases.handling.reference.closures import CLOSURE_MEANINGS, ClosureReason
from cases.handling.reference.states import ALLOWED, CaseAction, CaseStatus
from shared.errors import Refusal

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
S, A = CaseStatus, CaseAction
LEADS_TO = {
    (S.REPORTED, A.TRIAGE): S.TRIAGED,
    (S.REPORTED, A.CLOSE): S.CLOSED,
    (S.TRIAGED, A.TRIAGE): S.TRIAGED,
    (S.TRIAGED, A.ASSIGN): S.ASSIGNED,
    (S.TRIAGED, A.CLOSE): S.CLOSED,
    (S.ASSIGNED, A.TRIAGE): S.ASSIGNED,
    (S.ASSIGNED, A.ASSIGN): S.ASSIGNED,
    (S.ASSIGNED, A.HANDLE): S.IN_HANDLING,
    (S.ASSIGNED, A.SUSPEND): S.SUSPENDED,
    (S.ASSIGNED, A.CLOSE): S.CLOSED,
    (S.IN_HANDLING, A.TRIAGE): S.IN_HANDLING,
    (S.IN_HANDLING, A.ASSIGN): S.ASSIGNED,
    (S.IN_HANDLING, A.SUSPEND): S.SUSPENDED,
    (S.IN_HANDLING, A.RESOLVE): S.RESOLVED,
    (S.IN_HANDLING, A.CLOSE): S.CLOSED,
    (S.SUSPENDED, A.TRIAGE): S.SUSPENDED,
    (S.SUSPENDED, A.ASSIGN): S.ASSIGNED,
    (S.SUSPENDED, A.HANDLE): S.IN_HANDLING,
    (S.SUSPENDED, A.CLOSE): S.CLOSED,
    (S.RESOLVED, A.HANDLE): S.IN_HANDLING,
    (S.RESOLVED, A.CLOSE): S.CLOSED,
    (S.CLOSED, A.REOPEN): S.REOPENED,
    (S.REOPENED, A.TRIAGE): S.REOPENED,
    (S.REOPENED, A.ASSIGN): S.ASSIGNED,
    (S.REOPENED, A.HANDLE): S.IN_HANDLING,
    (S.REOPENED, A.CLOSE): S.CLOSED,
} | {
    (status, action): status
    for status in S
    for action in (A.ADD_ENTRY, A.ADD_PARTICIPANT)
    if status is not S.CLOSED
}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("action", list(A))
def test_each_action_leads_where_the_table_says_or_is_refused_with_what_is_possible(
    status: CaseStatus, action: CaseAction
) -> None:
    expected = LEADS_TO.get((status, action))
    if expected is not None:
        assert rules.next_status(status, action) is expected
        return
    with pytest.raises((rules.CaseActionRefused, rules.CaseAlreadyClosed)) as refused:
        rules.next_status(status, action)
    assert isinstance(refused.value, rules.CaseAlreadyClosed) is (status is S.CLOSED)
    assert refused.value.facts == {
        "current_status": status.value,
        "allowed_actions": sorted(a.value for s, a in LEADS_TO if s is status),
    }


def test_every_status_can_be_reached_and_left() -> None:
    reached = {to for moves in ALLOWED.values() for to in moves.values()}
    assert reached == set(S) - {S.REPORTED} | {S.REPORTED}
    assert set(ALLOWED) == set(S)


@pytest.mark.parametrize(
    ("before", "after", "reason", "is_fine"),
    [
        (None, "P4", None, True),
        ("P3", "P1", None, True),
        ("P2", "P2", None, True),
        ("P1", "P3", None, False),
        ("P1", "P3", "employer has paid", True),
    ],
)
def test_priority_is_raised_by_anybody_and_lowered_with_a_reason(
    before: str | None, after: str, reason: str | None, is_fine: bool
) -> None:
    known = Priority(before) if before else None
    if is_fine:
        rules.check_priority(known, Priority(after), reason=reason)
    else:
        with pytest.raises(rules.PriorityLoweredWithoutReason):
            rules.check_priority(known, Priority(after), reason=reason)


@pytest.mark.parametrize(
    ("reason", "status", "days_ago", "refusal"),
    [
        ("RESOLVED", S.RESOLVED, None, None),
        ("RESOLVED", S.IN_HANDLING, None, rules.CaseActionRefused),
        ("RIGHTS_RECOVERED", S.RESOLVED, None, None),
        ("REPATRIATED", S.ASSIGNED, None, rules.CaseActionRefused),
        ("DUPLICATE", S.REPORTED, None, None),
        ("HANDED_OVER", S.IN_HANDLING, None, None),
        ("COMPLAINANT_UNREACHABLE", S.SUSPENDED, 60, None),
        ("COMPLAINANT_UNREACHABLE", S.SUSPENDED, 59, rules.ClosureTooEarly),
        ("COMPLAINANT_UNREACHABLE", S.SUSPENDED, None, rules.ClosureStartMissing),
        ("COMPLAINANT_UNREACHABLE", S.SUSPENDED, -1, rules.ClosureStartMissing),
        ("DATA_NOT_CLARIFIED", S.SUSPENDED, 21, None),
        ("DATA_NOT_CLARIFIED", S.SUSPENDED, 20, rules.ClosureTooEarly),
        ("UNSOLVABLE_NO_RESPONSE", S.IN_HANDLING, 182, None),
        ("UNSOLVABLE_NO_RESPONSE", S.IN_HANDLING, 181, rules.ClosureTooEarly),
        # Thirty days run from the report itself, whatever day is named.
        ("DOCUMENTS_INCOMPLETE", S.SUSPENDED, 300, rules.ClosureTooEarly),
    ],
)
def test_a_closure_needs_its_state_and_its_period(
    reason: str, status: CaseStatus, days_ago: int | None, refusal: type[Refusal] | None
) -> None:
    today = NOW.date()

    def close() -> None:
        rules.check_closure(
            ClosureReason(reason),
            status=status,
            reported_on=today - timedelta(days=29),
            counted_from=None if days_ago is None else today - timedelta(days=days_ago),
            today=today,
        )

    if refusal is None:
        close()
    else:
        with pytest.raises(refusal):
            close()


@pytest.mark.parametrize("reason", list(ClosureReason))
def test_each_reason_of_closure_is_described(reason: ClosureReason) -> None:
    assert len(CLOSURE_MEANINGS[reason]) > 20


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (None, None),
        (date(2008, 6, 1), False),
        (date(2008, 6, 2), True),
        (date(2020, 2, 29), True),
        (date(1990, 1, 1), False),
    ],
)
def test_a_person_is_a_minor_until_the_eighteenth_birthday(
    born: date | None, expected: bool | None
) -> None:
    assert rules.is_minor(born, on=NOW.date()) is expected


@pytest.mark.parametrize(
    ("status", "has_clock"),
    [
        (S.REPORTED, True),
        (S.TRIAGED, True),
        (S.ASSIGNED, True),
        (S.REOPENED, True),
        (S.IN_HANDLING, False),
        (S.SUSPENDED, False),
        (S.RESOLVED, False),
        (S.CLOSED, False),
    ],
)
def test_a_clock_runs_while_it_is_the_offices_turn(status: CaseStatus, has_clock: bool) -> None:
    assert (rules.due_at(status, Priority.P1, NOW) is not None) is has_clock


@pytest.mark.parametrize("category", list(CaseCategory))
def test_each_category_has_its_group_and_only_labour_is_open_to_kp2mi(
    category: CaseCategory,
) -> None:
    assert category.value.startswith(category.group.value)
    is_labour = category.group in {CategoryGroup.LABOUR, CategoryGroup.CREW}
    assert (category in LABOUR_CATEGORIES) is is_labour


def test_trafficking_and_children_are_secret_whatever_the_kind() -> None:
    for category in CaseCategory:
        if category.group in {CategoryGroup.TPPO, CategoryGroup.CHILD}:
            assert category in SECRET_CATEGORIES
    assert rules.is_secret(CaseCategory.HEALTH_SICK, has_minor=True)
    assert not rules.is_secret(CaseCategory.HEALTH_SICK, has_minor=False)
