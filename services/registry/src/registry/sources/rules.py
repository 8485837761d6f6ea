"""What is accepted from whom, and which version of a record is current."""

from datetime import datetime
from enum import StrEnum

from shared.errors import Forbidden, Invalid, NotFound, Text


class SourceSystem(StrEnum):
    SISKOP2MI = "SISKOP2MI"
    PEDULI_WNI = "PEDULI_WNI"
    CASES = "CASES"


class LinkDue(StrEnum):
    """What the second transaction owes a stored record; HELD waits for a repair of ours."""

    MATCH = "MATCH"
    EFFECTS = "EFFECTS"
    HELD = "HELD"


class SystemNotYours(Forbidden):
    code = "source-system-not-yours"
    title = Text("Sistem sumber milik pihak lain", "Source system of another body")
    detail = Text(
        "Peran Anda mengirim data untuk {source_system} saja.",
        "Your role sends records for {source_system} only.",
    )


class SourceRecordNotFound(NotFound):
    code = "source-record-not-found"
    title = Text("Rekaman sumber tidak ditemukan", "Source record not found")
    detail = Text(
        "Tidak ada rekaman dengan id ini yang boleh Anda lihat.",
        "There is no record with this id that you may see.",
    )


class UpdatedInTheFuture(Invalid):
    code = "updated-in-the-future"
    title = Text("Waktu perubahan belum terjadi", "Update dated in the future")
    detail = Text(
        "source_updated_at tidak boleh lebih dari satu jam di depan jam kami.",
        "source_updated_at may not lie more than an hour ahead of our clock.",
    )


SYSTEM_OF_ROLE = {
    "system-siskop2mi": SourceSystem.SISKOP2MI,
    "system-peduliwni": SourceSystem.PEDULI_WNI,
}


def check_system(roles: frozenset[str], system: SourceSystem) -> None:
    """A system speaks for itself alone; raises SystemNotYours."""
    own = {SYSTEM_OF_ROLE[role] for role in roles if role in SYSTEM_OF_ROLE}
    if system not in own:
        raise SystemNotYours(source_system=", ".join(sorted(own)))


def becomes_current(offered: datetime, current: datetime) -> bool:
    """The system's own clock decides; of two equal times the later arrival is the newer."""
    return offered >= current
