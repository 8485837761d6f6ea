"""What becomes of a review, and how soon one must look."""

from datetime import date, timedelta

import pytest

from job_orders.organisations.rules import (
    OrganisationReviewActionRefused,
    OrganisationReviewState,
    ReviewAction,
    Urgency,
    check_action,
    state_found,
    urgency_of,
)

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("older_trouble", "newer_trouble", "urgency"),
    [
        (DAY - timedelta(days=1), None, Urgency.AFTER_TROUBLE),
        (DAY, None, Urgency.AFTER_TROUBLE),
        (DAY + timedelta(days=1), None, Urgency.SHORTLY_BEFORE_TROUBLE),
        (DAY + timedelta(days=365), DAY, Urgency.SHORTLY_BEFORE_TROUBLE),
        (DAY + timedelta(days=366), None, Urgency.TROUBLE),
        (None, DAY, Urgency.TROUBLE),
        (None, None, Urgency.NONE),
    ],
)
def test_the_order_of_time_says_how_soon_one_must_look(
    older_trouble: date | None, newer_trouble: date | None, urgency: Urgency
) -> None:
    found = urgency_of(
        newer_began_on=DAY, older_trouble_on=older_trouble, newer_trouble_on=newer_trouble
    )
    assert found is urgency


def test_urgencies_have_their_order() -> None:
    ranks = [one.rank for one in Urgency]
    assert ranks == sorted(ranks, reverse=True) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("state", "is_proposed", "is_changed", "after"),
    [
        (None, True, True, OrganisationReviewState.OPEN),
        (None, False, True, None),
        (OrganisationReviewState.OPEN, True, False, OrganisationReviewState.OPEN),
        (OrganisationReviewState.OPEN, False, True, OrganisationReviewState.SUPERSEDED),
        (OrganisationReviewState.UNSURE, True, False, OrganisationReviewState.UNSURE),
        (OrganisationReviewState.UNSURE, True, True, OrganisationReviewState.OPEN),
        (OrganisationReviewState.UNSURE, False, True, OrganisationReviewState.SUPERSEDED),
        (OrganisationReviewState.SUPERSEDED, True, True, OrganisationReviewState.OPEN),
        (OrganisationReviewState.SUPERSEDED, False, True, OrganisationReviewState.SUPERSEDED),
        (OrganisationReviewState.SAME, False, True, OrganisationReviewState.SAME),
        (OrganisationReviewState.SAME, True, True, OrganisationReviewState.SAME),
        (OrganisationReviewState.DIFFERENT, True, True, OrganisationReviewState.DIFFERENT),
        (OrganisationReviewState.DIFFERENT, False, True, OrganisationReviewState.DIFFERENT),
    ],
)
def test_the_finder_opens_and_puts_away_and_never_touches_an_answer(
    state: OrganisationReviewState | None,
    *,
    is_proposed: bool,
    is_changed: bool,
    after: OrganisationReviewState | None,
) -> None:
    assert state_found(state, is_proposed=is_proposed, is_changed=is_changed) is after


@pytest.mark.parametrize("state", OrganisationReviewState)
def test_an_officer_decides_what_is_open_and_takes_back_what_is_decided(
    state: OrganisationReviewState,
) -> None:
    may_decide = state in {OrganisationReviewState.OPEN, OrganisationReviewState.UNSURE}
    may_reverse = state in {OrganisationReviewState.SAME, OrganisationReviewState.DIFFERENT}
    for action, may in ((ReviewAction.DECIDE, may_decide), (ReviewAction.REVERSE, may_reverse)):
        if may:
            check_action(state, action)
        else:
            with pytest.raises(OrganisationReviewActionRefused):
                check_action(state, action)
