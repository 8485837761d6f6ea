"""Why a case may end, what each reason means, and the period that must have run out for it.

The periods are those of Perban BP2MI 6/2024 art. 30; the outcomes are those that Kemlu reports.
"""

from enum import StrEnum

from cases.clocks.rules import Period, Unit


class ClosureReason(StrEnum):
    """Why a case ended. The periods are those of Perban BP2MI 6/2024 art. 30."""

    RESOLVED = "RESOLVED"
    RIGHTS_RECOVERED = "RIGHTS_RECOVERED"
    REPATRIATED = "REPATRIATED"
    FREED = "FREED"
    SENTENCE_REDUCED = "SENTENCE_REDUCED"
    BURIED_ABROAD = "BURIED_ABROAD"
    VOLUNTARY_STAY = "VOLUNTARY_STAY"
    DOCUMENTS_INCOMPLETE = "DOCUMENTS_INCOMPLETE"
    DATA_NOT_CLARIFIED = "DATA_NOT_CLARIFIED"
    COMPLAINANT_UNREACHABLE = "COMPLAINANT_UNREACHABLE"
    HANDED_OVER = "HANDED_OVER"
    UNSOLVABLE_NO_RESPONSE = "UNSOLVABLE_NO_RESPONSE"
    WITHDRAWN = "WITHDRAWN"
    DUPLICATE = "DUPLICATE"
    REPORTED_IN_ERROR = "REPORTED_IN_ERROR"


CLOSURE_MEANINGS = {
    ClosureReason.RESOLVED: "The trouble is over in a way that none of the others names.",
    ClosureReason.RIGHTS_RECOVERED: "Wages or other rights were obtained.",
    ClosureReason.REPATRIATED: "The person, or the body, was brought home.",
    ClosureReason.FREED: "Released from detention, captivity or prosecution.",
    ClosureReason.SENTENCE_REDUCED: "A sentence was reduced; no further remedy is open.",
    ClosureReason.BURIED_ABROAD: "Buried abroad with the consent of the family.",
    ClosureReason.VOLUNTARY_STAY: "The person chose to stay where they are.",
    ClosureReason.DOCUMENTS_INCOMPLETE: "Documents not completed within 30 days of the report.",
    ClosureReason.DATA_NOT_CLARIFIED: "No answer to a request for data in 15 working days.",
    ClosureReason.COMPLAINANT_UNREACHABLE: "No contact with the complainant for 60 days on end.",
    ClosureReason.HANDED_OVER: "Handed to the authority that is competent, and followed there.",
    ClosureReason.UNSOLVABLE_NO_RESPONSE: "Cannot be solved; told so and unanswered for 6 months.",
    ClosureReason.WITHDRAWN: "The complainant took the report back.",
    ClosureReason.DUPLICATE: "The same trouble is handled under another case.",
    ClosureReason.REPORTED_IN_ERROR: "There was no trouble.",
}
OUTCOMES = frozenset(
    {
        ClosureReason.RESOLVED,
        ClosureReason.RIGHTS_RECOVERED,
        ClosureReason.REPATRIATED,
        ClosureReason.FREED,
        ClosureReason.SENTENCE_REDUCED,
        ClosureReason.BURIED_ABROAD,
        ClosureReason.VOLUNTARY_STAY,
    }
)
"""The reasons that say how the trouble ended; only a resolved case can have one of them."""
CLOSURE_PERIODS = {
    ClosureReason.DOCUMENTS_INCOMPLETE: Period(30, Unit.DAYS),
    ClosureReason.DATA_NOT_CLARIFIED: Period(15, Unit.WORKING_DAYS),
    ClosureReason.COMPLAINANT_UNREACHABLE: Period(60, Unit.DAYS),
    ClosureReason.UNSOLVABLE_NO_RESPONSE: Period(6, Unit.MONTHS),
}
