"""What may become of a link, and what an officer may do. Pure."""

from enum import StrEnum

from shared.errors import Conflict, Invalid, NotFound, Text


class LinkAction(StrEnum):
    """What a decision did with a record."""

    LINKED = "LINKED"
    REGISTERED = "REGISTERED"
    KEPT = "KEPT"
    MOVED = "MOVED"
    UNLINKED = "UNLINKED"


class ReviewState(StrEnum):
    OPEN = "OPEN"
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    SUPERSEDED = "SUPERSEDED"


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


class NotACandidate(Invalid):
    code = "not-a-candidate"
    title = Text("Bukan calon pada tinjauan ini", "Not a candidate of this review")
    detail = Text(
        "person_id harus salah satu dari candidate_person_ids.",
        "person_id must be one of candidate_person_ids.",
    )
