"""When a seat may be held, and for whom. Pure rules over plain values.

filled + reserved <= endorsed <= host quota. The database holds that sum; these rules only say why
something is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from job_orders.placements.rules import PlacementPhase
from shared.errors import Conflict, Invalid, NotFound, Text

USUAL_HOLD = timedelta(days=90)
LONGEST_HOLD = timedelta(days=180)


class Place(StrEnum):
    """Where a seat stands in the ledger of its line; PERMIT lies outside the job order."""

    PERMIT = "PERMIT"
    FREE = "FREE"
    RESERVED = "RESERVED"
    FILLED = "FILLED"


class SlotCause(StrEnum):
    OPEN = "OPEN"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    CONSUME = "CONSUME"
    CLOSE = "CLOSE"


MOVES = {
    SlotCause.OPEN: (Place.PERMIT, Place.FREE),
    SlotCause.RESERVE: (Place.FREE, Place.RESERVED),
    SlotCause.RELEASE: (Place.RESERVED, Place.FREE),
    SlotCause.CONSUME: (Place.RESERVED, Place.FILLED),
    SlotCause.CLOSE: (Place.FREE, Place.PERMIT),
}


class ReservationStatus(StrEnum):
    HELD = "HELD"
    RELEASED = "RELEASED"
    CONSUMED = "CONSUMED"


class ReleaseReason(StrEnum):
    """Why a seat became free again: the first four by request, the others by an event."""

    CANDIDATE_WITHDREW = "CANDIDATE_WITHDREW"
    MEDICALLY_UNFIT = "MEDICALLY_UNFIT"
    AGENCY_DECIDED = "AGENCY_DECIDED"
    ENTERED_BY_MISTAKE = "ENTERED_BY_MISTAKE"
    PLACEMENT_WITHDRAWN = "PLACEMENT_WITHDRAWN"
    PLACEMENT_ENDED = "PLACEMENT_ENDED"
    RESERVATION_LAPSED = "RESERVATION_LAPSED"


class SlotTrouble(StrEnum):
    """Why a seat could not follow an event; told by SlotRefused, for a person to look at."""

    NOT_RESERVED = "NOT_RESERVED"
    RESERVATION_UNKNOWN = "RESERVATION_UNKNOWN"
    RESERVATION_RELEASED = "RESERVATION_RELEASED"
    RESERVATION_OF_ANOTHER_PLACEMENT = "RESERVATION_OF_ANOTHER_PLACEMENT"
    SEAT_FILLED = "SEAT_FILLED"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moved a seat: a caller, an event of another service, or a timer."""

    subject: str
    organisation: str


class SlotsNotFound(NotFound):
    code = "slots-not-found"
    title = Text("Kursi tidak ditemukan", "Seats not found")
    detail = Text(
        "Tidak ada kursi pada job order ini yang boleh Anda lihat: belum terbit, atau bukan milik "
        "Anda.",
        "There are no seats under this job order that you may see: not issued yet, or not yours.",
    )


class ReservationNotFound(NotFound):
    code = "reservation-not-found"
    title = Text("Reservasi tidak ditemukan", "Reservation not found")
    detail = Text(
        "Tidak ada reservasi dengan id ini yang boleh Anda lihat.",
        "There is no reservation with this id that you may see.",
    )


class NoFreeSlot(Conflict):
    code = "no-free-slot"
    title = Text("Tidak ada kursi bebas", "No free seat")
    detail = Text(
        "Semua {endorsed} kursi pada baris ini terisi atau dipesan. Tunggu pelepasan, atau pilih "
        "baris pada lines_with_free_slots.",
        "All {endorsed} seats of this line are filled or reserved. Wait for a release, or choose "
        "one of lines_with_free_slots.",
    )


class RecruitmentClosed(Conflict):
    code = "recruitment-closed"
    title = Text("Perekrutan sudah ditutup", "Recruitment is closed")
    detail = Text(
        "Job order ini berakhir pada {valid_to} atau ditutup; kursi tidak dapat dipesan lagi.",
        "This job order ended on {valid_to} or was closed; no further seat can be reserved.",
    )


class EmployerOnProblemList(Conflict):
    code = "employer-on-problem-list"
    title = Text("Pemberi kerja bermasalah", "Employer on the problem list")
    detail = Text(
        "Pemberi kerja tercantum dalam daftar pemberi kerja bermasalah.",
        "The employer is on the list of problematic employers.",
    )


class PlacementUnknown(Conflict):
    code = "placement-unknown"
    title = Text("Penempatan belum dikenal", "Placement not known yet")
    detail = Text(
        "Penempatan ini belum sampai di layanan ini. Ulangi sebentar lagi; bila tetap, periksa id.",
        "This placement has not arrived here yet. Repeat shortly; if that persists, check the id.",
    )


class PlacementNotOpen(Conflict):
    code = "placement-not-open"
    title = Text("Penempatan tidak memerlukan kursi", "Placement needs no seat")
    detail = Text(
        "Penempatan berstatus {current_status}; hanya yang belum berangkat dapat memesan kursi.",
        "The placement is {current_status}; only one before departure can hold a seat.",
    )


class PlacementMismatch(Conflict):
    code = "placement-mismatch"
    title = Text("Penempatan tidak cocok dengan job order", "Placement does not fit the job order")
    detail = Text(
        "Yang berbeda antara penempatan dan job order: {mismatch}.",
        "Placement and job order differ in: {mismatch}.",
    )


class AlreadyReserved(Conflict):
    code = "already-reserved"
    title = Text("Penempatan sudah punya kursi", "Placement already has a seat")
    detail = Text(
        "Satu penempatan memegang satu kursi; lihat reservation_id.",
        "One placement holds one seat; see reservation_id.",
    )


class ReservationSettled(Conflict):
    code = "reservation-settled"
    title = Text("Reservasi sudah selesai", "Reservation already settled")
    detail = Text(
        "Reservasi berstatus {current_status} dan tidak dapat dilepas lagi.",
        "The reservation is {current_status} and cannot be released any more.",
    )


class ReservationExpiryInvalid(Invalid):
    code = "reservation-expiry-invalid"
    title = Text("Batas waktu reservasi tidak sah", "Reservation expiry not valid")
    detail = Text(
        "expires_at harus sesudah sekarang dan paling lama 180 hari.",
        "expires_at must lie ahead, at most 180 days.",
    )


class QuotaExceeded(Conflict):
    code = "host-quota-exceeded"
    title = Text("Kuota izin setempat terlampaui", "Host quota exceeded")
    detail = Text(
        "Izin setempat menyetujui {positions_approved}; masih bebas {positions_free}.",
        "The host permit approves {positions_approved}; {positions_free} are still free.",
    )


class HostPermitDiffers(Conflict):
    code = "host-permit-differs"
    title = Text("Izin setempat berbeda", "Host permit differs")
    detail = Text(
        "Nomor izin ini sudah diverifikasi dengan isi lain: {mismatch}. Kembalikan job order.",
        "This permit number was verified with other contents: {mismatch}. Return the job order.",
    )


def expiry(asked: datetime | None, *, now: datetime) -> datetime:
    """Until when a seat is held; raises ReservationExpiryInvalid."""
    if asked is None:
        return now + USUAL_HOLD
    if not now < asked <= now + LONGEST_HOLD:
        raise ReservationExpiryInvalid
    return asked


def check_recruiting(*, is_open: bool, valid_to: date, is_listed: bool, today: date) -> None:
    """Raises RecruitmentClosed or EmployerOnProblemList."""
    if not is_open or valid_to < today:
        raise RecruitmentClosed(valid_to=valid_to.isoformat())
    if is_listed:
        raise EmployerOnProblemList


def check_candidate(phase: PlacementPhase, *, differing: Iterable[tuple[str, bool]]) -> None:
    """Raises PlacementNotOpen, or PlacementMismatch naming the fields that differ."""
    if phase is not PlacementPhase.OPEN:
        raise PlacementNotOpen(current_status=phase.value)
    mismatch = [name for name, differs in differing if differs]
    if mismatch:
        raise PlacementMismatch(mismatch=mismatch)
