"""What may become of a review of two organisations, and how soon one must look. Pure."""

from datetime import date, timedelta
from enum import StrEnum

from shared.errors import Conflict, NotFound, Text

FINDER = "finder"
"""Who opens, refreshes and puts away reviews; it never decides one."""

PREPARED_WITHIN = timedelta(days=365)
"""Who registers another firm in the year before a sanction may have seen it coming."""


class OrganisationKind(StrEnum):
    EMPLOYER = "EMPLOYER"
    PLACEMENT_AGENCY = "PLACEMENT_AGENCY"


class OrganisationReviewState(StrEnum):
    """SUPERSEDED: what was found no longer holds, as after a corrected telephone number."""

    OPEN = "OPEN"
    UNSURE = "UNSURE"
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    SUPERSEDED = "SUPERSEDED"


class Decision(StrEnum):
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    UNSURE = "UNSURE"


class ReviewAction(StrEnum):
    OPEN = "OPEN"
    REFRESH = "REFRESH"
    SUPERSEDE = "SUPERSEDE"
    DECIDE = "DECIDE"
    REVERSE = "REVERSE"


class Urgency(StrEnum):
    """Why a review comes before another: by the order of the registration and of the trouble."""

    AFTER_TROUBLE = "AFTER_TROUBLE"
    SHORTLY_BEFORE_TROUBLE = "SHORTLY_BEFORE_TROUBLE"
    TROUBLE = "TROUBLE"
    NONE = "NONE"

    @property
    def rank(self) -> int:
        """The higher, the sooner."""
        return len(Urgency) - 1 - list(Urgency).index(self)


PENDING = frozenset({OrganisationReviewState.OPEN, OrganisationReviewState.UNSURE})
DECIDED = frozenset({OrganisationReviewState.SAME, OrganisationReviewState.DIFFERENT})

_ALLOWED: dict[OrganisationReviewState, frozenset[ReviewAction]] = {
    OrganisationReviewState.OPEN: frozenset({ReviewAction.DECIDE}),
    OrganisationReviewState.UNSURE: frozenset({ReviewAction.DECIDE}),
    OrganisationReviewState.SAME: frozenset({ReviewAction.REVERSE}),
    OrganisationReviewState.DIFFERENT: frozenset({ReviewAction.REVERSE}),
    OrganisationReviewState.SUPERSEDED: frozenset(),
}
"""What an officer may do; the finder touches no review that an officer has decided."""


class OrganisationReviewNotFound(NotFound):
    code = "organisation-review-not-found"
    title = Text("Tinjauan tidak ditemukan", "Review not found")
    detail = Text(
        "Tidak ada tinjauan organisasi dengan id ini yang boleh Anda lihat.",
        "There is no review of organisations with this id that you may see.",
    )


class OrganisationReviewActionRefused(Conflict):
    code = "organisation-review-action-refused"
    title = Text("Tindakan tidak berlaku pada status ini", "Action not possible in this state")
    detail = Text(
        "Tinjauan berstatus {current_status}; yang mungkin: {allowed_actions}.",
        "The review is {current_status}; possible actions: {allowed_actions}.",
    )


def check_action(state: OrganisationReviewState, action: ReviewAction) -> None:
    """Raises OrganisationReviewActionRefused with what would be possible."""
    allowed = _ALLOWED[state]
    if action not in allowed:
        raise OrganisationReviewActionRefused(
            current_status=state.value, allowed_actions=sorted(one.value for one in allowed)
        )


def state_found(
    state: OrganisationReviewState | None, *, is_proposed: bool, is_changed: bool
) -> OrganisationReviewState | None:
    """What the finder makes of a review's state; None where there is none and none is needed.

    An officer's SAME and DIFFERENT stand. An UNSURE is asked again only when something changed.
    """
    if state is None:
        return OrganisationReviewState.OPEN if is_proposed else None
    if state in DECIDED:
        return state
    if not is_proposed:
        return OrganisationReviewState.SUPERSEDED
    is_still_unsure = state is OrganisationReviewState.UNSURE and not is_changed
    return state if is_still_unsure else OrganisationReviewState.OPEN


def urgency_of(
    *, newer_began_on: date, older_trouble_on: date | None, newer_trouble_on: date | None
) -> Urgency:
    """How the beginning of the newer one lies to the first stop, revocation or listing."""
    if older_trouble_on is not None:
        if newer_began_on >= older_trouble_on:
            return Urgency.AFTER_TROUBLE
        if newer_began_on + PREPARED_WITHIN >= older_trouble_on:
            return Urgency.SHORTLY_BEFORE_TROUBLE
        return Urgency.TROUBLE
    return Urgency.NONE if newer_trouble_on is None else Urgency.TROUBLE
