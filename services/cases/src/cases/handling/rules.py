"""What may become of a case, and when. Pure rules over plain values."""

from datetime import date, datetime
from enum import StrEnum

from cases.clocks.rules import Priority, response_due
from cases.handling.reference.categories import SECRET_CATEGORIES, CaseCategory
from cases.handling.reference.closures import CLOSURE_PERIODS, OUTCOMES, ClosureReason
from cases.handling.reference.states import ALLOWED, WAITS_FOR_OFFICE, CaseAction, CaseStatus
from shared.errors import Conflict, Invalid, NotFound, Text

MOST_PARTICIPANTS = 200
ADULT_AT = 18


class Channel(StrEnum):
    """How a report reached us."""

    WALK_IN = "WALK_IN"
    PHONE = "PHONE"
    WEB = "WEB"
    EMAIL = "EMAIL"
    SMS = "SMS"
    LETTER = "LETTER"
    SOCIAL_MEDIA = "SOCIAL_MEDIA"
    PANIC_BUTTON = "PANIC_BUTTON"
    PARTNER_API = "PARTNER_API"
    HOST_AUTHORITY = "HOST_AUTHORITY"
    OTHER = "OTHER"


class Severity(StrEnum):
    """How bad it is, whatever the hurry."""

    LOW = "LOW"
    MODERATE = "MODERATE"
    SERIOUS = "SERIOUS"
    CRITICAL = "CRITICAL"


class ParticipantRole(StrEnum):
    """A part in a case. Whoever needs protection is a WORKER, or else an AFFECTED_PERSON."""

    WORKER = "WORKER"
    AFFECTED_PERSON = "AFFECTED_PERSON"
    COMPLAINANT = "COMPLAINANT"
    RESPONDENT = "RESPONDENT"
    WITNESS = "WITNESS"
    FAMILY_MEMBER = "FAMILY_MEMBER"


class Identification(StrEnum):
    """Whether we know who a participant is."""

    UNKNOWN = "UNKNOWN"
    RESOLVING = "RESOLVING"
    REVIEW = "REVIEW"
    PROVISIONAL = "PROVISIONAL"
    RESOLVED = "RESOLVED"


class Audience(StrEnum):
    """For whom a line of the timeline is written."""

    MISSION = "MISSION"
    MINISTRIES = "MINISTRIES"


class SuspensionReason(StrEnum):
    """Why nothing can be done for now: a pause needs a reason."""

    NO_CONTACT = "NO_CONTACT"
    AWAITING_DATA = "AWAITING_DATA"
    AWAITING_HOST_STATE = "AWAITING_HOST_STATE"


class CaseNotFound(NotFound):
    code = "case-not-found"
    title = Text("Kasus tidak ditemukan", "Case not found")
    detail = Text(
        "Tidak ada kasus dengan id ini yang boleh Anda lihat.",
        "There is no case with this id that you may see.",
    )


class CaseActionRefused(Conflict):
    code = "case-action-refused"
    title = Text("Tindakan tidak berlaku pada status ini", "Action not possible in this status")
    detail = Text(
        "Status kasus {current_status}; yang mungkin: {allowed_actions}.",
        "The case is {current_status}; possible actions: {allowed_actions}.",
    )


class CaseAlreadyClosed(Conflict):
    code = "case-already-closed"
    title = Text("Kasus sudah ditutup", "Case already closed")
    detail = Text(
        "Kasus yang ditutup tidak menerima isian baru; yang mungkin: {allowed_actions}.",
        "A closed case takes no new entries; possible actions: {allowed_actions}.",
    )


class CaseFull(Conflict):
    code = "case-full"
    title = Text("Kasus sudah penuh", "Case full")
    detail = Text(
        "Satu kasus memuat paling banyak {limit} orang; laporkan selebihnya sebagai kasus lain.",
        "One case holds at most {limit} persons; report the others as another case.",
    )


class MissionUnknown(Invalid):
    code = "mission-unknown"
    title = Text("Perwakilan tidak dikenal", "Mission unknown")
    detail = Text(
        "Sebutkan mission, atau country yang dilayani perwakilan; lihat /v1/reference/missions.",
        "Name a mission, or a country that a mission serves; see /v1/reference/missions.",
    )


class PriorityLoweredWithoutReason(Invalid):
    code = "priority-lowered-without-reason"
    title = Text("Prioritas diturunkan tanpa alasan", "Priority lowered without a reason")
    detail = Text(
        "Siapa pun boleh menaikkan prioritas; untuk menurunkannya isi reason.",
        "Anybody may raise the priority; to lower it, give a reason.",
    )


class SuspensionReasonMismatch(Invalid):
    code = "suspension-reason-mismatch"
    title = Text("Alasan penangguhan tidak sesuai", "Reason of suspension does not fit")
    detail = Text(
        "suspension_reason wajib untuk SUSPENDED dan kosong untuk status lain.",
        "suspension_reason is required for SUSPENDED and left out for every other status.",
    )


class StageUnknown(Invalid):
    code = "stage-unknown"
    title = Text("Status tidak dipilih dengan cara ini", "Status not chosen this way")
    detail = Text(
        "to_status adalah salah satu dari {allowed_statuses}; selebihnya punya perintah sendiri.",
        "to_status is one of {allowed_statuses}; every other status has its own command.",
    )


class ClosureTooEarly(Conflict):
    code = "closure-too-early"
    title = Text("Jangka waktu penutupan belum lewat", "Closure too early")
    detail = Text(
        "Alasan {closure_reason} baru berlaku setelah {possible_from}.",
        "The reason {closure_reason} holds only after {possible_from}.",
    )


class ClosureStartMissing(Invalid):
    code = "closure-start-missing"
    title = Text("Awal jangka waktu belum disebut", "Start of the period missing")
    detail = Text(
        "Alasan ini memerlukan counted_from, hari mulainya jangka waktu, tidak di masa depan.",
        "This reason needs counted_from, the day its period began, not in the future.",
    )


def next_status(status: CaseStatus, action: CaseAction) -> CaseStatus:
    """The status after an action; raises CaseAlreadyClosed or CaseActionRefused, with what would
    be possible.
    """
    allowed = ALLOWED[status]
    if action not in allowed:
        refusal = CaseAlreadyClosed if status is CaseStatus.CLOSED else CaseActionRefused
        raise refusal(current_status=status.value, allowed_actions=sorted(a.value for a in allowed))
    return allowed[action]


def check_room(participants: int) -> None:
    """Raises CaseFull."""
    if participants >= MOST_PARTICIPANTS:
        raise CaseFull(limit=MOST_PARTICIPANTS)


def check_priority(before: Priority | None, after: Priority, *, reason: str | None) -> None:
    """Raised by anybody, lowered only with a reason; raises PriorityLoweredWithoutReason."""
    if before is not None and after.urgency < before.urgency and reason is None:
        raise PriorityLoweredWithoutReason


def check_stage(to_status: CaseStatus, reason: SuspensionReason | None) -> None:
    """Raises SuspensionReasonMismatch."""
    if (to_status is CaseStatus.SUSPENDED) is (reason is None):
        raise SuspensionReasonMismatch


def check_closure(
    reason: ClosureReason,
    *,
    status: CaseStatus,
    reported_on: date,
    counted_from: date | None,
    today: date,
) -> None:
    """Raises CaseActionRefused for an unresolved case, ClosureStartMissing, ClosureTooEarly."""
    if reason in OUTCOMES and status is not CaseStatus.RESOLVED:
        next_status(status, CaseAction.CLOSE)
        allowed = sorted(a.value for a in ALLOWED[status] if a is not CaseAction.CLOSE)
        raise CaseActionRefused(current_status=status.value, allowed_actions=allowed)
    period = CLOSURE_PERIODS.get(reason)
    if period is None:
        return
    if reason is ClosureReason.DOCUMENTS_INCOMPLETE:
        counted_from = reported_on
    if counted_from is None or counted_from > today:
        raise ClosureStartMissing
    possible_from = period.end_from(counted_from)
    if today < possible_from:
        raise ClosureTooEarly(closure_reason=reason.value, possible_from=str(possible_from))


def is_minor(birth_date: date | None, *, on: date) -> bool | None:
    """Under eighteen on a day, None where the birth date is not known."""
    if birth_date is None:
        return None
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1) < ADULT_AT


def is_secret(category: CaseCategory, *, has_minor: bool) -> bool:
    """Whether only the assigned mission and Kemlu's desk may know of the case at all."""
    return has_minor or category in SECRET_CATEGORIES


def due_at(status: CaseStatus, priority: Priority | None, since: datetime) -> datetime | None:
    """By when the office must act next; None while nothing waits for it."""
    return response_due(priority, since) if status in WAITS_FOR_OFFICE else None
