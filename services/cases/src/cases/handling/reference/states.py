"""The states of a case, what may be done in each, and where that leads."""

from enum import StrEnum


class CaseStatus(StrEnum):
    REPORTED = "REPORTED"
    TRIAGED = "TRIAGED"
    ASSIGNED = "ASSIGNED"
    IN_HANDLING = "IN_HANDLING"
    SUSPENDED = "SUSPENDED"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"


class CaseAction(StrEnum):
    """Everything that leaves a line in a case's timeline."""

    REPORT = "REPORT"
    ADD_ENTRY = "ADD_ENTRY"
    ADD_PARTICIPANT = "ADD_PARTICIPANT"
    TRIAGE = "TRIAGE"
    ASSIGN = "ASSIGN"
    HANDLE = "HANDLE"
    SUSPEND = "SUSPEND"
    RESOLVE = "RESOLVE"
    CLOSE = "CLOSE"
    REOPEN = "REOPEN"
    IDENTIFY = "IDENTIFY"
    ATTACH_PLACEMENT = "ATTACH_PLACEMENT"
    DETACH_PLACEMENT = "DETACH_PLACEMENT"


_STAY = {CaseAction.ADD_ENTRY, CaseAction.ADD_PARTICIPANT}
_MOVES: dict[CaseStatus, dict[CaseAction, CaseStatus]] = {
    CaseStatus.REPORTED: {
        CaseAction.TRIAGE: CaseStatus.TRIAGED,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    CaseStatus.TRIAGED: {
        CaseAction.TRIAGE: CaseStatus.TRIAGED,
        CaseAction.ASSIGN: CaseStatus.ASSIGNED,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    CaseStatus.ASSIGNED: {
        CaseAction.TRIAGE: CaseStatus.ASSIGNED,
        CaseAction.ASSIGN: CaseStatus.ASSIGNED,
        CaseAction.HANDLE: CaseStatus.IN_HANDLING,
        CaseAction.SUSPEND: CaseStatus.SUSPENDED,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    # A new officer takes the case up anew, whatever had been reached.
    CaseStatus.IN_HANDLING: {
        CaseAction.TRIAGE: CaseStatus.IN_HANDLING,
        CaseAction.ASSIGN: CaseStatus.ASSIGNED,
        CaseAction.SUSPEND: CaseStatus.SUSPENDED,
        CaseAction.RESOLVE: CaseStatus.RESOLVED,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    CaseStatus.SUSPENDED: {
        CaseAction.TRIAGE: CaseStatus.SUSPENDED,
        CaseAction.ASSIGN: CaseStatus.ASSIGNED,
        CaseAction.HANDLE: CaseStatus.IN_HANDLING,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    CaseStatus.RESOLVED: {
        CaseAction.HANDLE: CaseStatus.IN_HANDLING,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
    CaseStatus.REOPENED: {
        CaseAction.TRIAGE: CaseStatus.REOPENED,
        CaseAction.ASSIGN: CaseStatus.ASSIGNED,
        CaseAction.HANDLE: CaseStatus.IN_HANDLING,
        CaseAction.CLOSE: CaseStatus.CLOSED,
    },
}
ALLOWED: dict[CaseStatus, dict[CaseAction, CaseStatus]] = {
    status: dict.fromkeys(_STAY, status) | moves for status, moves in _MOVES.items()
} | {CaseStatus.CLOSED: {CaseAction.REOPEN: CaseStatus.REOPENED}}

STAGES = {
    CaseStatus.IN_HANDLING: CaseAction.HANDLE,
    CaseStatus.SUSPENDED: CaseAction.SUSPEND,
    CaseStatus.RESOLVED: CaseAction.RESOLVE,
}
"""The states that an officer moves a case to by name; the others have a command of their own."""

WAITS_FOR_OFFICE = {
    CaseStatus.REPORTED,
    CaseStatus.TRIAGED,
    CaseStatus.ASSIGNED,
    CaseStatus.REOPENED,
}
"""The states in which it is the office's turn, so that a clock runs."""
