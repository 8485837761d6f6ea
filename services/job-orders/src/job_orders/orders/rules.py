"""What a job order may become, by whom, and with how many seats. Pure rules over plain values.

UU 18/2017 art. 10-13: the mission verifies employer and demand; KP2MI permits recruitment (SIP2MI).
Who endorses is not who issues.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from job_orders.employers.rules import EmployerStatus
from job_orders.slots.rules import EmployerOnProblemList
from shared.errors import Conflict, Forbidden, Invalid, NotFound, Text

LONGEST_VALIDITY = timedelta(days=366)  # Practice: a job order stands for about a year.


class JobOrderStatus(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    REJECTED = "REJECTED"
    ENDORSED = "ENDORSED"
    ISSUED = "ISSUED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class JobOrderAction(StrEnum):
    DRAFT = "DRAFT"
    AMEND = "AMEND"
    SUBMIT = "SUBMIT"
    RETURN = "RETURN"
    REJECT = "REJECT"
    ENDORSE = "ENDORSE"
    ISSUE = "ISSUE"
    CANCEL = "CANCEL"
    EXPIRE = "EXPIRE"


class WagePeriod(StrEnum):
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    PIECE = "PIECE"


_Status, _Action = JobOrderStatus, JobOrderAction

ALLOWED: dict[JobOrderStatus, dict[JobOrderAction, JobOrderStatus]] = {
    _Status.DRAFT: {
        _Action.AMEND: _Status.DRAFT,
        _Action.SUBMIT: _Status.SUBMITTED,
        _Action.CANCEL: _Status.CANCELLED,
    },
    _Status.SUBMITTED: {
        _Action.RETURN: _Status.RETURNED,
        _Action.REJECT: _Status.REJECTED,
        _Action.ENDORSE: _Status.ENDORSED,
        _Action.CANCEL: _Status.CANCELLED,
    },
    _Status.RETURNED: {
        _Action.AMEND: _Status.RETURNED,
        _Action.SUBMIT: _Status.SUBMITTED,
        _Action.CANCEL: _Status.CANCELLED,
    },
    _Status.ENDORSED: {
        _Action.RETURN: _Status.RETURNED,
        _Action.REJECT: _Status.REJECTED,
        _Action.ISSUE: _Status.ISSUED,
        _Action.CANCEL: _Status.CANCELLED,
        _Action.EXPIRE: _Status.EXPIRED,
    },
    _Status.ISSUED: {
        _Action.CANCEL: _Status.CANCELLED,
        _Action.EXPIRE: _Status.EXPIRED,
    },
    _Status.REJECTED: {},
    _Status.CANCELLED: {},
    _Status.EXPIRED: {},
}

# Returning and rejecting is the mission's part until it endorses, and KP2MI's from then on.
_WHOSE_TURN = {
    _Status.SUBMITTED: frozenset({"mission-officer", "mission-head"}),
    _Status.ENDORSED: frozenset({"kp2mi-regulator"}),
}


class JobOrderNotFound(NotFound):
    code = "job-order-not-found"
    title = Text("Job order tidak ditemukan", "Job order not found")
    detail = Text(
        "Tidak ada job order dengan id ini yang boleh Anda lihat.",
        "There is no job order with this id that you may see.",
    )


class JobOrderActionRefused(Conflict):
    code = "job-order-action-refused"
    title = Text("Tindakan tidak berlaku pada status ini", "Action not possible in this status")
    detail = Text(
        "Status job order {current_status}; yang mungkin: {allowed_actions}.",
        "The job order is {current_status}; possible actions: {allowed_actions}.",
    )


class NotYourTurn(Forbidden):
    code = "not-your-turn"
    title = Text("Keputusan ada pada pihak lain", "The decision lies with another body")
    detail = Text(
        "Pada status {current_status} keputusan ini milik: {deciding_roles}.",
        "In status {current_status} this decision belongs to: {deciding_roles}.",
    )


class SameOfficer(Forbidden):
    code = "same-officer"
    title = Text("Perlu petugas lain", "Another officer is needed")
    detail = Text(
        "Satu orang tidak dapat mengambil dua langkah ini pada job order yang sama.",
        "One person cannot take both of these steps on the same job order.",
    )


class EmployerNotAccredited(Conflict):
    code = "employer-not-accredited"
    title = Text("Pemberi kerja belum terakreditasi", "Employer not accredited")
    detail = Text(
        "Akreditasi pemberi kerja oleh perwakilan belum ada atau sudah lewat.",
        "The employer's accreditation by the mission is missing or has expired.",
    )


class HostPermitExpired(Conflict):
    code = "host-permit-expired"
    title = Text("Izin setempat kedaluwarsa", "Host permit expired")
    detail = Text(
        "Izin setempat berlaku sampai {permit_valid_to}.",
        "The host permit ended {permit_valid_to}.",
    )


class JobOrderNumberTaken(Conflict):
    code = "job-order-number-taken"
    title = Text("Nomor job order sudah dipakai", "Job order number already used")
    detail = Text(
        "Job order lain sudah memakai nomor ini. Pakai nomor lain, atau kosongkan.",
        "Another job order has this number. Use another one, or leave it out.",
    )


class OccupationUnknown(Invalid):
    code = "occupation-unknown"
    title = Text("Kode jabatan tidak dikenal", "Occupation code unknown")
    detail = Text(
        "Baris {line_number}: pakai unit group ISCO-08; lihat /v1/reference/occupations.",
        "Line {line_number}: use an ISCO-08 unit group; see /v1/reference/occupations.",
    )


class WageInvalid(Invalid):
    code = "wage-invalid"
    title = Text("Upah tidak sah", "Wage not valid")
    detail = Text(
        "Baris {line_number}: mata uang ISO 4217, jumlah di atas nol, desimal sesuai mata uang.",
        "Line {line_number}: an ISO 4217 currency, an amount above zero, its decimals as usual.",
    )


class PositionsExceedPermit(Invalid):
    code = "positions-exceed-host-permit"
    title = Text("Jumlah melebihi izin setempat", "More positions than the host permit approves")
    detail = Text(
        "Diminta {positions_requested}; izin setempat menyetujui {positions_approved}.",
        "Requested are {positions_requested}; the host permit approves {positions_approved}.",
    )


class EndorsedLinesMismatch(Invalid):
    code = "endorsed-lines-mismatch"
    title = Text("Baris endorsement tidak lengkap", "Endorsed lines do not match")
    detail = Text(
        "Sebut setiap baris job order tepat satu kali; nol berarti tidak disetujui.",
        "Name each line of the job order exactly once; zero means not endorsed.",
    )


class PositionsExceedRequest(Invalid):
    code = "positions-exceed-request"
    title = Text("Endorsement melebihi permintaan", "More endorsed than requested")
    detail = Text(
        "Jumlah yang disetujui tidak dapat melebihi yang diminta pada baris itu.",
        "A line cannot be endorsed for more positions than it requests.",
    )


class NothingEndorsed(Invalid):
    code = "nothing-endorsed"
    title = Text("Tidak ada kursi yang disetujui", "No position endorsed")
    detail = Text(
        "Setujui sedikitnya satu kursi, atau kembalikan maupun tolak job order ini.",
        "Endorse at least one position, or return or reject the job order.",
    )


class ValidityInvalid(Invalid):
    code = "validity-invalid"
    title = Text("Masa berlaku tidak sah", "Validity not valid")
    detail = Text(
        "valid_to harus sesudah hari ini, paling lama satu tahun.",
        "valid_to must lie after today, at most one year ahead.",
    )


def next_status(status: JobOrderStatus, action: JobOrderAction) -> JobOrderStatus:
    """The status after an action; raises JobOrderActionRefused with what would be possible."""
    allowed = ALLOWED[status]
    if action not in allowed:
        raise JobOrderActionRefused(
            current_status=status.value, allowed_actions=sorted(a.value for a in allowed)
        )
    return allowed[action]


def check_turn(status: JobOrderStatus, roles: frozenset[str]) -> None:
    """Raises NotYourTurn."""
    deciding = _WHOSE_TURN[status]
    if not roles & deciding:
        raise NotYourTurn(current_status=status.value, deciding_roles=", ".join(sorted(deciding)))


def check_other_officer(subject: str, *, earlier: Sequence[str | None]) -> None:
    """Four eyes, bound to the person and not to the role: raises SameOfficer."""
    if subject in earlier:
        raise SameOfficer


def check_employer(
    status: EmployerStatus, accreditation_valid_to: date | None, *, today: date
) -> None:
    """Raises EmployerOnProblemList or EmployerNotAccredited."""
    if status is EmployerStatus.LISTED:
        raise EmployerOnProblemList
    if (
        status is not EmployerStatus.ACCREDITED
        or accreditation_valid_to is None
        or accreditation_valid_to < today
    ):
        raise EmployerNotAccredited


def check_requested(positions: int, *, approved: int | None) -> None:
    """Requested <= host quota; raises PositionsExceedPermit."""
    if approved is not None and positions > approved:
        raise PositionsExceedPermit(positions_requested=positions, positions_approved=approved)


def check_endorsed(requested: Mapping[UUID, int], endorsed: Sequence[tuple[UUID, int]]) -> int:
    """Endorsed <= requested, line by line; gives the sum.

    Raises EndorsedLinesMismatch, PositionsExceedRequest or NothingEndorsed.
    """
    given = dict(endorsed)
    if len(given) != len(endorsed) or given.keys() != requested.keys():
        raise EndorsedLinesMismatch
    if any(given[line_id] > requested[line_id] for line_id in given):
        raise PositionsExceedRequest
    positions = sum(given.values())
    if positions == 0:
        raise NothingEndorsed
    return positions


def check_validity(valid_to: date, *, today: date) -> None:
    """Raises ValidityInvalid."""
    if not today < valid_to <= today + LONGEST_VALIDITY:
        raise ValidityInvalid


def check_permit(permit_valid_to: date | None, *, today: date) -> None:
    """Raises HostPermitExpired."""
    if permit_valid_to is not None and permit_valid_to < today:
        raise HostPermitExpired(permit_valid_to=permit_valid_to.isoformat())


def is_due_to_expire(status: JobOrderStatus, valid_to: date | None, *, today: date) -> bool:
    """An order stands to the end of its last day, then expires if it was endorsed or issued."""
    return _Action.EXPIRE in ALLOWED[status] and valid_to is not None and valid_to < today
