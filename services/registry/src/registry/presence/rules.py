"""What an officer may report about somebody's whereabouts. Pure."""

from datetime import date
from enum import StrEnum

from shared.errors import Invalid, Text


class PresenceKind(StrEnum):
    SEEN = "SEEN"
    LEFT = "LEFT"
    DIED = "DIED"


class PresenceInTheFuture(Invalid):
    code = "presence-in-the-future"
    title = Text("Tanggal belum terjadi", "Date in the future")
    detail = Text(
        "Keberadaan tidak dapat dilaporkan untuk tanggal sesudah hari ini.",
        "Presence cannot be reported for a day after today.",
    )


class PresenceCountryUnknown(Invalid):
    code = "country-unknown"
    title = Text("Kode negara tidak dikenal", "Country code unknown")
    detail = Text(
        "Pakai kode ISO 3166-1 alpha-2; lihat /v1/reference/countries.",
        "Use an ISO 3166-1 alpha-2 code; see /v1/reference/countries.",
    )


def check_seen_on(seen_on: date, *, today: date) -> None:
    """Raises PresenceInTheFuture."""
    if seen_on > today:
        raise PresenceInTheFuture
