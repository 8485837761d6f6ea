"""Which identifiers there are, and which source wins for which attribute. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, Invalid, NotFound, Text


class IdentifierKind(StrEnum):
    NIK = "NIK"
    PASSPORT = "PASSPORT"
    SPLP = "SPLP"
    SISKO_P2MI_ID = "SISKO_P2MI_ID"
    E_PMI_NUMBER = "E_PMI_NUMBER"


class PersonNotFound(NotFound):
    code = "person-not-found"
    title = Text("Orang tidak ditemukan", "Person not found")
    detail = Text(
        "Tidak ada orang dengan id ini yang boleh Anda lihat.",
        "There is no person with this id that you may see.",
    )


class PersonMergedAway(Conflict):
    code = "person-merged"
    title = Text("Orang ini telah digabung", "This person was merged")
    detail = Text(
        "Id ini kini milik {person_id}; ulangi perintah dengan id tersebut.",
        "This id now belongs to {person_id}; repeat the command with that id.",
    )


class SearchTooWide(Invalid):
    code = "search-too-wide"
    title = Text("Pencarian terlalu luas", "Search too wide")
    detail = Text(
        "Sebutkan sebuah nomor, atau full_name bersama birth_date.",
        "Give a number, or a full_name together with a birth_date.",
    )


class Order(StrEnum):
    """How statements of one attribute are ranked."""

    SYSTEM_THEN_NEWEST = "SYSTEM_THEN_NEWEST"
    NEWEST = "NEWEST"
    ISSUED_LAST = "ISSUED_LAST"


@dataclass(frozen=True, slots=True)
class Survival:
    """Who wins for an attribute: the systems in their order, then the newest statement."""

    order: Order
    systems: tuple[str, ...] = ()


_KP2MI_FIRST = Survival(Order.SYSTEM_THEN_NEWEST, ("SISKOP2MI", "PEDULI_WNI", "CASES"))
_KEMLU_FIRST = Survival(Order.SYSTEM_THEN_NEWEST, ("PEDULI_WNI", "SISKOP2MI", "CASES"))

# System of record per datum. The civil register, which would win for identity, is no source yet:
# SiskoP2MI's accounts rest on the NIK and come next. Contact and address abroad are Kemlu's.
SURVIVORSHIP: dict[str, Survival] = {
    "nik": _KP2MI_FIRST,
    "full_name": _KP2MI_FIRST,
    "birth_date": _KP2MI_FIRST,
    "birth_place": _KP2MI_FIRST,
    "sex": _KP2MI_FIRST,
    "marital_status": Survival(Order.NEWEST),
    "education": Survival(Order.NEWEST),
    "passport_number": Survival(Order.ISSUED_LAST),
    "phone": _KEMLU_FIRST,
    "email": _KEMLU_FIRST,
    "address": _KP2MI_FIRST,
    "address_abroad": _KEMLU_FIRST,
    "city_abroad": _KEMLU_FIRST,
    "occupation_label": _KP2MI_FIRST,
    "employer_name": _KP2MI_FIRST,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One record's value of one attribute."""

    value: str
    system: str
    record_id: UUID
    stated_at: datetime
    issued_on: date | None = None


def survive(attribute: str, statements: Iterable[Statement]) -> list[Statement]:
    """Statements in order of precedence, the winner first; equal later ones are no losers."""
    rule = SURVIVORSHIP[attribute]

    def rank(one: Statement) -> tuple[int, date, datetime, str]:
        system = rule.systems.index(one.system) if one.system in rule.systems else 99
        issued = (one.issued_on or date.min) if rule.order is Order.ISSUED_LAST else date.min
        return (-system, issued, one.stated_at, str(one.record_id))

    ranked = sorted(statements, key=rank, reverse=True)
    return [one for place, one in enumerate(ranked) if place == 0 or one.value != ranked[0].value]
