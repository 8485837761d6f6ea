"""How a placement agency stands on a day, and what that lets it do. Pure rules over plain values.

Sanctions climb a ladder: written warning, stop of part or of all placement, revocation of the
licence (Permen P2MI 4/2025). The history is the truth; a standing is read from it for any date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from shared.errors import Conflict, Invalid, NotFound, Text

# A SIP3MI is granted for five years and may be extended once as long.
LONGEST_LICENCE = timedelta(days=10 * 366)
FURTHEST_EFFECT = timedelta(days=366)


class Sanction(StrEnum):
    WARNING = "WARNING"
    PARTIAL_STOP = "PARTIAL_STOP"
    FULL_STOP = "FULL_STOP"
    REVOCATION = "REVOCATION"


class Standing(StrEnum):
    ACTIVE = "ACTIVE"
    WARNED = "WARNED"
    PARTLY_STOPPED = "PARTLY_STOPPED"
    STOPPED = "STOPPED"
    REVOKED = "REVOKED"
    NOT_LICENSED = "NOT_LICENSED"


class AgencyAction(StrEnum):
    LICENSE = "LICENSE"
    SANCTION = "SANCTION"
    RESTORE = "RESTORE"
    AMEND = "AMEND"
    LINK = "LINK"
    UNLINK = "UNLINK"


_BY_WEIGHT = {
    Sanction.REVOCATION: Standing.REVOKED,
    Sanction.FULL_STOP: Standing.STOPPED,
    Sanction.PARTIAL_STOP: Standing.PARTLY_STOPPED,
    Sanction.WARNING: Standing.WARNED,
}

ALLOWED = {
    Standing.ACTIVE: {AgencyAction.LICENSE, AgencyAction.SANCTION},
    Standing.WARNED: {AgencyAction.LICENSE, AgencyAction.SANCTION, AgencyAction.RESTORE},
    Standing.PARTLY_STOPPED: {AgencyAction.LICENSE, AgencyAction.SANCTION, AgencyAction.RESTORE},
    Standing.STOPPED: {AgencyAction.LICENSE, AgencyAction.SANCTION, AgencyAction.RESTORE},
    # A revoked licence does not come back; the agency starts anew with another one.
    Standing.REVOKED: {AgencyAction.LICENSE},
    Standing.NOT_LICENSED: {AgencyAction.LICENSE, AgencyAction.SANCTION, AgencyAction.RESTORE},
}


class AgencyNotFound(NotFound):
    code = "placement-agency-not-found"
    title = Text("P3MI tidak ditemukan", "Placement agency not found")
    detail = Text(
        "Tidak ada P3MI dengan id atau kode ini.",
        "There is no placement agency with this id or code.",
    )


class AgencyAlreadyRegistered(Conflict):
    code = "placement-agency-already-registered"
    title = Text("P3MI sudah terdaftar", "Placement agency already registered")
    detail = Text(
        "Kode atau nomor SIP3MI ini sudah terdaftar; lihat placement_agency_id.",
        "This code or SIP3MI number is already registered; see placement_agency_id.",
    )


class AgencyActionRefused(Conflict):
    code = "placement-agency-action-refused"
    title = Text("Tindakan tidak berlaku bagi P3MI ini", "Action not possible for this agency")
    detail = Text(
        "Pada tanggal itu P3MI berstatus {current_status}; yang mungkin: {allowed_actions}.",
        "On that date the agency is {current_status}; possible actions: {allowed_actions}.",
    )


class SanctionNotInForce(Conflict):
    code = "sanction-not-in-force"
    title = Text("Tidak ada sanksi yang berlaku", "No sanction in force")
    detail = Text(
        "Pada tanggal itu tidak ada sanksi yang dapat dicabut.",
        "On that date there is no sanction that could be lifted.",
    )


class LicencePeriodInvalid(Invalid):
    code = "licence-period-invalid"
    title = Text("Masa izin tidak sah", "Licence period not valid")
    detail = Text(
        "Tanggal akhir harus sesudah tanggal awal dan masa izin paling lama sepuluh tahun.",
        "The end date must lie after the start date, at most ten years later.",
    )


class EffectTooFar(Invalid):
    code = "effective-date-invalid"
    title = Text("Tanggal berlaku tidak sah", "Effective date not valid")
    detail = Text(
        "Tanggal berlaku paling jauh satu tahun sebelum atau sesudah hari ini.",
        "The effective date may lie at most one year before or after today.",
    )


class StoppedCountriesMisplaced(Invalid):
    code = "stopped-countries-misplaced"
    title = Text("Daftar negara tidak berlaku di sini", "Countries do not belong here")
    detail = Text(
        "Hanya PARTIAL_STOP yang dapat menyebut negara.",
        "Only a PARTIAL_STOP may name countries.",
    )


class AgencyNotLicensed(Conflict):
    code = "placement-agency-not-licensed"
    title = Text("P3MI tidak berizin", "Placement agency not licensed")
    detail = Text(
        "P3MI berstatus {standing}; job order memerlukan SIP3MI yang berlaku.",
        "The agency is {standing}; a job order needs a SIP3MI in force.",
    )


class AgencyStopped(Conflict):
    code = "placement-agency-stopped"
    title = Text("P3MI sedang dihentikan", "Placement agency stopped")
    detail = Text(
        "P3MI berstatus {standing} untuk negara ini; tunggu sampai sanksi dicabut.",
        "The agency is {standing} for this country; wait until the sanction is lifted.",
    )


class Entry(Protocol):
    """One line of an agency's history, as far as its standing depends on it."""

    @property
    def version(self) -> int: ...
    @property
    def action(self) -> AgencyAction: ...
    @property
    def effective_on(self) -> date: ...
    @property
    def sip3mi_number(self) -> str | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def sanction(self) -> Sanction | None: ...
    @property
    def countries(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class StandingOn:
    """How an agency stands on one day; a stop without countries stops every country."""

    on: date
    status: Standing
    sip3mi_number: str | None
    licence_valid_to: date | None
    sanctions: tuple[Sanction, ...]
    stopped_countries: frozenset[str]

    def is_stopped_for(self, country: str) -> bool:
        if self.status is Standing.PARTLY_STOPPED:
            return not self.stopped_countries or country in self.stopped_countries
        return self.status is Standing.STOPPED


def standing_on(history: Iterable[Entry], on: date) -> StandingOn:
    """The standing that follows from everything that took effect up to and on a day."""
    licences: list[Entry] = []
    sanctions: list[Entry] = []
    effective = (entry for entry in history if entry.effective_on <= on)
    for entry in sorted(effective, key=lambda entry: (entry.effective_on, entry.version)):
        if entry.action is AgencyAction.LICENSE:
            if any(one.sanction is Sanction.REVOCATION for one in sanctions):
                sanctions = []
            licences.append(entry)
        elif entry.action is AgencyAction.RESTORE:
            sanctions = [one for one in sanctions if one.sanction is Sanction.REVOCATION]
        elif entry.action is AgencyAction.SANCTION:
            sanctions.append(entry)
            if entry.sanction is Sanction.REVOCATION:
                licences = []
    licence = max(
        (one for one in licences if one.valid_to is not None and one.valid_to >= on),
        key=lambda one: one.valid_to or on,
        default=None,
    )
    stops = [one for one in sanctions if one.sanction is Sanction.PARTIAL_STOP]
    in_force = {one.sanction for one in sanctions if one.sanction is not None}
    return StandingOn(
        on=on,
        status=_status(in_force, is_licensed=licence is not None),
        sip3mi_number=licence.sip3mi_number if licence else None,
        licence_valid_to=licence.valid_to if licence else None,
        sanctions=tuple(sanction for sanction in _BY_WEIGHT if sanction in in_force),
        stopped_countries=frozenset()
        if any(not one.countries for one in stops)
        else frozenset(country for one in stops for country in one.countries),
    )


def check_may_place(standing: StandingOn, country: str) -> None:
    """Raises AgencyNotLicensed or AgencyStopped where the agency may not recruit for a country."""
    if standing.status in {Standing.REVOKED, Standing.NOT_LICENSED}:
        raise AgencyNotLicensed(standing=standing.status.value)
    if standing.is_stopped_for(country):
        raise AgencyStopped(standing=standing.status.value)


def check_action(standing: StandingOn, action: AgencyAction) -> None:
    """Raises AgencyActionRefused, or SanctionNotInForce where there is nothing to lift."""
    allowed = ALLOWED[standing.status]
    if action not in allowed:
        raise AgencyActionRefused(
            current_status=standing.status.value, allowed_actions=sorted(a.value for a in allowed)
        )
    if action is AgencyAction.RESTORE and not standing.sanctions:
        raise SanctionNotInForce


def check_licence(valid_from: date, valid_to: date) -> None:
    """Raises LicencePeriodInvalid."""
    if not valid_from < valid_to <= valid_from + LONGEST_LICENCE:
        raise LicencePeriodInvalid


def check_effective(effective_on: date, *, today: date) -> None:
    """Raises EffectTooFar."""
    if abs(effective_on - today) > FURTHEST_EFFECT:
        raise EffectTooFar


def check_countries(sanction: Sanction, countries: Sequence[str]) -> None:
    """Raises StoppedCountriesMisplaced."""
    if countries and sanction is not Sanction.PARTIAL_STOP:
        raise StoppedCountriesMisplaced


def _status(in_force: set[Sanction], *, is_licensed: bool) -> Standing:
    if Sanction.REVOCATION in in_force:
        return Standing.REVOKED
    if not is_licensed:
        return Standing.NOT_LICENSED
    heaviest = next((sanction for sanction in _BY_WEIGHT if sanction in in_force), None)
    return _BY_WEIGHT[heaviest] if heaviest else Standing.ACTIVE
