"""What another model would change, and who may be asked about which. Pure."""

from enum import StrEnum

from shared.errors import Conflict, NotFound, Text


class RehearsalState(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Failure(StrEnum):
    """Why a rehearsal stopped before its end."""

    MODEL_GONE = "MODEL_GONE"
    MODEL_IN_USE_CHANGED = "MODEL_IN_USE_CHANGED"


class AdoptionState(StrEnum):
    """AWAITING_SECOND: one officer has asked, another must confirm."""

    AWAITING_SECOND = "AWAITING_SECOND"
    RUNNING = "RUNNING"
    DONE = "DONE"
    WITHDRAWING = "WITHDRAWING"
    WITHDRAWN = "WITHDRAWN"


PENDING_ADOPTION = frozenset(
    {AdoptionState.AWAITING_SECOND, AdoptionState.RUNNING, AdoptionState.WITHDRAWING}
)


class AdoptedKind(StrEnum):
    """JOINED: its person became another one. ASKED: an officer is asked. SETTLED: no longer is."""

    JOINED = "JOINED"
    ASKED = "ASKED"
    SETTLED = "SETTLED"


class AdoptedState(StrEnum):
    """LEFT: the adoption was withdrawn, and an officer had the last word here."""

    STANDS = "STANDS"
    TAKEN_BACK = "TAKEN_BACK"
    LEFT = "LEFT"


class Standing(StrEnum):
    """Where a model sees a record: where it stands, with another person, apart, or in doubt."""

    STAYS = "STAYS"
    JOINS = "JOINS"
    PARTS = "PARTS"
    DOUBTFUL = "DOUBTFUL"


class Change(StrEnum):
    """What becomes of a record's automatic decision with another model.

    WOULD_STAY: the model in use would move or part it if it were asked again, the other would not.
    """

    WOULD_LINK = "WOULD_LINK"
    WOULD_PART = "WOULD_PART"
    WOULD_GO_TO_REVIEW = "WOULD_GO_TO_REVIEW"
    WOULD_LEAVE_REVIEW = "WOULD_LEAVE_REVIEW"
    WOULD_STAY = "WOULD_STAY"


_BY_STANDING = {
    Standing.JOINS: Change.WOULD_LINK,
    Standing.PARTS: Change.WOULD_PART,
    Standing.DOUBTFUL: Change.WOULD_GO_TO_REVIEW,
}


def change_of(before: Standing, after: Standing) -> Change | None:
    """What differs between two models that see one record so; None where nothing does."""
    if before is after:
        return None
    if after is Standing.STAYS:
        is_doubted = before is Standing.DOUBTFUL
        return Change.WOULD_LEAVE_REVIEW if is_doubted else Change.WOULD_STAY
    return _BY_STANDING[after]


class LinkModelNotFound(NotFound):
    code = "link-model-not-found"
    title = Text("Model penautan tidak ditemukan", "Linkage model not found")
    detail = Text(
        "Tidak ada model dengan label ini yang tanda tangannya sah; lihat /v1/link-models.",
        "There is no model with this label whose signature verifies; see /v1/link-models.",
    )


class RehearsalNotFound(NotFound):
    code = "link-model-rehearsal-not-found"
    title = Text("Uji coba model tidak ditemukan", "Rehearsal of a model not found")
    detail = Text(
        "Tidak ada uji coba model dengan id ini.", "There is no rehearsal of a model with this id."
    )


class RehearsalNotDone(Conflict):
    code = "link-model-rehearsal-not-done"
    title = Text("Uji coba model belum selesai", "Rehearsal of the model is not done")
    detail = Text(
        "Uji coba ini berstatus {current_status}; hanya yang DONE dapat diterapkan.",
        "This rehearsal is {current_status}; only one that is DONE can be adopted.",
    )


class RehearsalOutdated(Conflict):
    code = "link-model-rehearsal-outdated"
    title = Text("Uji coba model sudah usang", "Rehearsal of the model is outdated")
    detail = Text(
        "Model yang dipakai kini bukan pembanding uji coba ini; lakukan uji coba baru.",
        "The model in use is not the one that this rehearsal compared with; rehearse anew.",
    )


class AdoptionUnderWay(Conflict):
    code = "link-model-adoption-under-way"
    title = Text("Penerapan model lain belum selesai", "Another adoption is not at its end")
    detail = Text(
        "Tunggu, konfirmasikan, atau tarik kembali penerapan model yang sedang berjalan.",
        "Wait for the adoption that is under way, confirm it, or withdraw it.",
    )


class AdoptionNotFound(NotFound):
    code = "link-model-adoption-not-found"
    title = Text("Penerapan model tidak ditemukan", "Adoption of a model not found")
    detail = Text(
        "Tidak ada penerapan model dengan id ini.", "There is no adoption of a model with this id."
    )


class AdoptionNotWaiting(Conflict):
    code = "link-model-adoption-not-waiting"
    title = Text("Penerapan model tidak menunggu konfirmasi", "Adoption awaits no confirmation")
    detail = Text(
        "Penerapan ini sudah berstatus {current_status}.",
        "This adoption is {current_status} already.",
    )


class SecondOfficerNeeded(Conflict):
    code = "link-model-needs-second-officer"
    title = Text("Perlu petugas lain", "Another officer is needed")
    detail = Text(
        "Petugas yang meminta penerapan model tidak dapat mengonfirmasinya sendiri.",
        "Who asked for the adoption of a model cannot confirm it as well.",
    )


class AdoptionNotInUse(Conflict):
    code = "link-model-adoption-not-in-use"
    title = Text("Model ini tidak sedang dipakai", "This model is not in use")
    detail = Text(
        "Hanya penerapan model yang sedang dipakai dapat ditarik kembali.",
        "Only the adoption of the model in use can be withdrawn.",
    )
