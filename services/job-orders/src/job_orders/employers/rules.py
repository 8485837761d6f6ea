"""What an employer may become, and when. Pure rules over plain values.

UU 18/2017 art. 10: missions verify employers, and establish and announce the list of problematic
ones.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from shared.errors import Conflict, Invalid, NotFound, Text

LONGEST_ACCREDITATION = timedelta(days=5 * 366)


class EmployerType(StrEnum):
    GOVERNMENT = "GOVERNMENT"
    PUBLIC_BODY = "PUBLIC_BODY"
    COMPANY = "COMPANY"
    HOUSEHOLD = "HOUSEHOLD"


class EmployerStatus(StrEnum):
    REGISTERED = "REGISTERED"
    ACCREDITED = "ACCREDITED"
    LISTED = "LISTED"


class EmployerAction(StrEnum):
    REGISTER = "REGISTER"
    AMEND = "AMEND"
    ACCREDIT = "ACCREDIT"
    LIST = "LIST"
    DELIST = "DELIST"
    LINK = "LINK"
    UNLINK = "UNLINK"


ALLOWED = {
    EmployerStatus.REGISTERED: {
        EmployerAction.AMEND: EmployerStatus.REGISTERED,
        EmployerAction.ACCREDIT: EmployerStatus.ACCREDITED,
        EmployerAction.LIST: EmployerStatus.LISTED,
    },
    EmployerStatus.ACCREDITED: {
        EmployerAction.AMEND: EmployerStatus.ACCREDITED,
        EmployerAction.ACCREDIT: EmployerStatus.ACCREDITED,
        EmployerAction.LIST: EmployerStatus.LISTED,
    },
    # Off the list an employer starts anew: accreditation is not restored by delisting.
    EmployerStatus.LISTED: {
        EmployerAction.AMEND: EmployerStatus.LISTED,
        EmployerAction.DELIST: EmployerStatus.REGISTERED,
    },
}


class EmployerNotFound(NotFound):
    code = "employer-not-found"
    title = Text("Pemberi kerja tidak ditemukan", "Employer not found")
    detail = Text(
        "Tidak ada pemberi kerja dengan id ini yang boleh Anda lihat.",
        "There is no employer with this id that you may see.",
    )


class EmployerActionRefused(Conflict):
    code = "employer-action-refused"
    title = Text("Tindakan tidak berlaku pada status ini", "Action not possible in this status")
    detail = Text(
        "Status pemberi kerja {current_status}; yang mungkin: {allowed_actions}.",
        "The employer is {current_status}; possible actions: {allowed_actions}.",
    )


class EmployerAlreadyRegistered(Conflict):
    code = "employer-already-registered"
    title = Text("Pemberi kerja sudah terdaftar", "Employer already registered")
    detail = Text(
        "Kode atau nomor registrasi ini sudah terdaftar; lihat employer_id.",
        "This code or registration number is already registered; see employer_id.",
    )


class EmployerNameMismatch(Invalid):
    code = "employer-name-mismatch"
    title = Text("Nama tidak sesuai jenis pemberi kerja", "Name does not fit the type of employer")
    detail = Text(
        "Rumah tangga diisi householder_name saja, tanpa other_names; selain itu diisi name.",
        "A household has householder_name only and no other_names; every other type has name.",
    )


class CountryUnknown(Invalid):
    code = "country-unknown"
    title = Text("Kode negara tidak dikenal", "Country code unknown")
    detail = Text(
        "Pakai kode ISO 3166-1 alpha-2 yang punya perwakilan; lihat /v1/reference/countries.",
        "Use an ISO 3166-1 alpha-2 code that a mission covers; see /v1/reference/countries.",
    )


class SectorUnknown(Invalid):
    code = "sector-unknown"
    title = Text("Kode sektor tidak dikenal", "Sector code unknown")
    detail = Text("Lihat /v1/reference/sectors.", "See /v1/reference/sectors.")


class AccreditationTooLong(Invalid):
    code = "accreditation-period-invalid"
    title = Text("Masa akreditasi tidak sah", "Accreditation period not valid")
    detail = Text(
        "Tanggal akhir harus sesudah hari ini dan paling lama lima tahun.",
        "The end date must lie after today and at most five years ahead.",
    )


def next_status(status: EmployerStatus, action: EmployerAction) -> EmployerStatus:
    """The status after an action; raises EmployerActionRefused with what would be possible."""
    allowed = ALLOWED[status]
    if action not in allowed:
        raise EmployerActionRefused(
            current_status=status.value, allowed_actions=sorted(a.value for a in allowed)
        )
    return allowed[action]


def check_named(kind: EmployerType, *, name: str | None, householder_name: str | None) -> None:
    """A household is a person and named as one; raises EmployerNameMismatch."""
    is_household = kind is EmployerType.HOUSEHOLD
    if is_household == (name is not None) or is_household != (householder_name is not None):
        raise EmployerNameMismatch


def check_other_names(kind: EmployerType, other_names: Sequence[str]) -> None:
    """Other names stand readable, and those of a person must not; raises EmployerNameMismatch."""
    if other_names and kind is EmployerType.HOUSEHOLD:
        raise EmployerNameMismatch


def check_accreditation(valid_to: date, *, today: date) -> None:
    """Raises AccreditationTooLong."""
    if not today < valid_to <= today + LONGEST_ACCREDITATION:
        raise AccreditationTooLong
