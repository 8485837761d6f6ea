"""The rules of job orders, as tables of cases with their refusals."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from job_orders.employers.rules import EmployerStatus
from job_orders.orders import rules
from job_orders.orders.reference.reasons import REMEDIES, Reason
from job_orders.orders.rules import ALLOWED, JobOrderAction, JobOrderStatus, next_status
from job_orders.slots.rules import EmployerOnProblemList
from shared.errors import Refusal

S, A = JobOrderStatus, JobOrderAction
TODAY = date(2026, 7, 1)
L1, L2 = UUID(int=1), UUID(int=2)

STEPS = {
    (S.DRAFT, A.AMEND): S.DRAFT,
    (S.DRAFT, A.SUBMIT): S.SUBMITTED,
    (S.DRAFT, A.CANCEL): S.CANCELLED,
    (S.SUBMITTED, A.RETURN): S.RETURNED,
    (S.SUBMITTED, A.REJECT): S.REJECTED,
    (S.SUBMITTED, A.ENDORSE): S.ENDORSED,
    (S.SUBMITTED, A.CANCEL): S.CANCELLED,
    (S.RETURNED, A.AMEND): S.RETURNED,
    (S.RETURNED, A.SUBMIT): S.SUBMITTED,
    (S.RETURNED, A.CANCEL): S.CANCELLED,
    (S.ENDORSED, A.RETURN): S.RETURNED,
    (S.ENDORSED, A.REJECT): S.REJECTED,
    (S.ENDORSED, A.ISSUE): S.ISSUED,
    (S.ENDORSED, A.CANCEL): S.CANCELLED,
    (S.ENDORSED, A.EXPIRE): S.EXPIRED,
    (S.ISSUED, A.CANCEL): S.CANCELLED,
    (S.ISSUED, A.EXPIRE): S.EXPIRED,
}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("action", list(A))
def test_every_pair_of_status_and_action_is_decided(
    status: JobOrderStatus, action: JobOrderAction
) -> None:
    if (status, action) in STEPS:
        assert next_status(status, action) is STEPS[status, action]
        return
    with pytest.raises(rules.JobOrderActionRefused) as refused:
        next_status(status, action)
    assert refused.value.facts["current_status"] == status.value
    assert refused.value.facts["allowed_actions"] == sorted(a.value for a in ALLOWED[status])


@pytest.mark.parametrize(
    ("status", "roles", "is_theirs"),
    [
        (S.SUBMITTED, {"mission-officer"}, True),
        (S.SUBMITTED, {"mission-head"}, True),
        (S.SUBMITTED, {"kp2mi-regulator"}, False),
        (S.ENDORSED, {"kp2mi-regulator"}, True),
        (S.ENDORSED, {"mission-officer"}, False),
        (S.ENDORSED, {"mission-officer", "kp2mi-regulator"}, True),
    ],
)
def test_whose_turn_it_is(status: JobOrderStatus, roles: set[str], is_theirs: bool) -> None:
    if is_theirs:
        rules.check_turn(status, frozenset(roles))
        return
    with pytest.raises(rules.NotYourTurn):
        rules.check_turn(status, frozenset(roles))


def test_four_eyes_are_two_persons() -> None:
    rules.check_other_officer("b", earlier=["a", None])
    with pytest.raises(rules.SameOfficer):
        rules.check_other_officer("a", earlier=["a", None])


@pytest.mark.parametrize(
    ("status", "days", "refusal"),
    [
        (EmployerStatus.ACCREDITED, 0, None),
        (EmployerStatus.ACCREDITED, 30, None),
        (EmployerStatus.ACCREDITED, -1, rules.EmployerNotAccredited),
        (EmployerStatus.ACCREDITED, None, rules.EmployerNotAccredited),
        (EmployerStatus.REGISTERED, 30, rules.EmployerNotAccredited),
        (EmployerStatus.LISTED, 30, EmployerOnProblemList),
    ],
)
def test_an_employer_is_accredited_today_and_not_listed(
    status: EmployerStatus, days: int | None, refusal: type[Refusal] | None
) -> None:
    valid_to = None if days is None else TODAY + timedelta(days=days)
    if refusal is None:
        rules.check_employer(status, valid_to, today=TODAY)
        return
    with pytest.raises(refusal):
        rules.check_employer(status, valid_to, today=TODAY)


@pytest.mark.parametrize(
    ("endorsed", "outcome"),
    [
        ([(L1, 10), (L2, 5)], 15),
        ([(L2, 5), (L1, 0)], 5),
        ([(L1, 1), (L2, 0)], 1),
        ([(L1, 11), (L2, 5)], rules.PositionsExceedRequest),
        ([(L1, 0), (L2, 0)], rules.NothingEndorsed),
        ([(L1, 10)], rules.EndorsedLinesMismatch),
        ([(L1, 10), (L1, 10)], rules.EndorsedLinesMismatch),
        ([(L1, 5), (L1, 5), (L2, 5)], rules.EndorsedLinesMismatch),
        ([(L1, 10), (UUID(int=3), 5)], rules.EndorsedLinesMismatch),
    ],
)
def test_no_line_is_endorsed_beyond_its_request(
    endorsed: list[tuple[UUID, int]], outcome: int | type[Refusal]
) -> None:
    requested = {L1: 10, L2: 5}
    if isinstance(outcome, int):
        assert rules.check_endorsed(requested, endorsed) == outcome
        return
    with pytest.raises(outcome):
        rules.check_endorsed(requested, endorsed)


@pytest.mark.parametrize(
    ("positions", "approved", "is_refused"), [(5, None, False), (5, 5, False), (6, 5, True)]
)
def test_no_more_is_requested_than_the_host_permit_approves(
    positions: int,
    approved: int | None,
    is_refused: bool,
) -> None:
    if not is_refused:
        rules.check_requested(positions, approved=approved)
        return
    with pytest.raises(rules.PositionsExceedPermit):
        rules.check_requested(positions, approved=approved)


@pytest.mark.parametrize(("days", "is_good"), [(0, False), (1, True), (366, True), (367, False)])
def test_an_order_stands_for_a_year_at_most(days: int, is_good: bool) -> None:
    valid_to = TODAY + timedelta(days=days)
    if is_good:
        rules.check_validity(valid_to, today=TODAY)
        return
    with pytest.raises(rules.ValidityInvalid):
        rules.check_validity(valid_to, today=TODAY)


def test_a_host_permit_counts_to_the_end_of_its_last_day() -> None:
    rules.check_permit(TODAY, today=TODAY)
    rules.check_permit(None, today=TODAY)
    with pytest.raises(rules.HostPermitExpired):
        rules.check_permit(TODAY - timedelta(days=1), today=TODAY)


@pytest.mark.parametrize(
    ("status", "days", "is_due"),
    [
        (S.ISSUED, -1, True),
        (S.ISSUED, 0, False),
        (S.ENDORSED, -1, True),
        (S.CANCELLED, -1, False),
        (S.SUBMITTED, None, False),
    ],
)
def test_an_order_expires_after_its_last_day(
    status: JobOrderStatus,
    days: int | None,
    is_due: bool,
) -> None:
    valid_to = None if days is None else TODAY + timedelta(days=days)
    assert rules.is_due_to_expire(status, valid_to, today=TODAY) is is_due


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_tells_a_remedy_in_both_languages(reason: Reason) -> None:
    remedy = REMEDIES[reason]
    assert remedy.id != remedy.en
    assert all(text.endswith(".") and len(text) <= 200 for text in remedy)
