"""What may become of a link, and what an officer may do. Pure."""

from enum import StrEnum
from math import sqrt
from uuid import UUID

from shared.errors import Conflict, Invalid, NotFound, Text


class LinkAction(StrEnum):
    """What a decision did with a record."""

    LINKED = "LINKED"
    REGISTERED = "REGISTERED"
    KEPT = "KEPT"
    MOVED = "MOVED"
    UNLINKED = "UNLINKED"


class ReviewState(StrEnum):
    """AWAITING_SECOND: an officer has answered, and what hangs on it asks for one more."""

    OPEN = "OPEN"
    AWAITING_SECOND = "AWAITING_SECOND"
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    SUPERSEDED = "SUPERSEDED"


class AgreementKind(StrEnum):
    """SECOND_OFFICER: where two must answer. BLIND_REPEAT: asked again without saying so."""

    SECOND_OFFICER = "SECOND_OFFICER"
    BLIND_REPEAT = "BLIND_REPEAT"


PENDING = frozenset({ReviewState.OPEN, ReviewState.AWAITING_SECOND})

IN_AN_OPEN_CASE = 1000
"""Added to the urgency of a review that concerns somebody in an open protection case; otherwise it
is the number of counted presences that the answer SAME takes away."""

_REPEATED_ONE_IN = 50


def is_repeated(review_id: UUID) -> bool:
    """Whether a closed review is put to another officer once more, who does not know of it.

    One in fifty, drawn by the random tail of its id (a UUIDv7), so nobody can choose which.
    """
    return int.from_bytes(review_id.bytes[-4:], "big") % _REPEATED_ONE_IN == 0


def wilson_interval(agreed: int, pairs: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); nothing seen says nothing: 0 to 1."""
    if pairs == 0:
        return 0.0, 1.0
    z, share = 1.959964, agreed / pairs
    middle = share + z * z / (2 * pairs)
    spread = z * sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs))
    scale = 1 + z * z / pairs
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


MATCHER = "matcher"
"""Who takes decisions that no person takes."""

OFFICER = "officer"
"""The model of decisions that a person took; the matcher does not reverse them."""

OWNER_OF_SYSTEM = {"SISKOP2MI": "KP2MI", "PEDULI_WNI": "KEMLU", "CASES": "KEMLU"}


class MergeWithItself(Invalid):
    code = "merge-with-itself"
    title = Text("Orang yang sama", "The same person")
    detail = Text(
        "Seseorang tidak dapat digabung dengan dirinya sendiri.",
        "A person cannot be merged with itself.",
    )


class RecordsNotOfPerson(Conflict):
    code = "records-not-of-person"
    title = Text("Rekaman bukan milik orang ini", "Records of another person")
    detail = Text(
        "Hanya rekaman yang kini tertaut pada orang ini yang dapat dipisahkan.",
        "Only records that are linked to this person now can be split off.",
    )


class NothingLeft(Conflict):
    code = "split-leaves-nothing"
    title = Text("Tidak ada rekaman yang tersisa", "No record would be left")
    detail = Text(
        "Setelah pemisahan harus ada sedikitnya satu rekaman pada orang semula.",
        "At least one record must stay with the person that is split.",
    )


class ReviewNotFound(NotFound):
    code = "review-not-found"
    title = Text("Tinjauan tidak ditemukan", "Review not found")
    detail = Text(
        "Tidak ada tinjauan dengan id ini yang boleh Anda lihat.",
        "There is no review with this id that you may see.",
    )


class ReviewClosed(Conflict):
    code = "review-closed"
    title = Text("Tinjauan sudah selesai", "Review already closed")
    detail = Text(
        "Tinjauan ini sudah berstatus {current_status}.", "This review is {current_status} already."
    )


class OpinionAlreadyGiven(Conflict):
    code = "opinion-already-given"
    title = Text("Anda sudah memberi jawaban", "You have answered already")
    detail = Text(
        "Tinjauan ini memerlukan jawaban petugas lain; jawaban Anda sudah dicatat.",
        "This review needs the answer of another officer; yours is recorded.",
    )


class NotACandidate(Invalid):
    code = "not-a-candidate"
    title = Text("Bukan calon pada tinjauan ini", "Not a candidate of this review")
    detail = Text(
        "person_id harus salah satu dari candidate_person_ids.",
        "person_id must be one of candidate_person_ids.",
    )
