"""A few invented people, and what the two ministries' systems may say of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import count
from typing import Any

from shared import clock
from tests.registry.senders import make_name, make_nik, make_passport

AGENCY_OF_RECORDS = "placement_agency_code"


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody, as they would be known if every record told everything."""

    nik: str
    name: str
    passport: str
    birth_date: str


class Aspect(StrEnum):
    """How much of somebody a record tells, from beyond doubt to nearly nothing."""

    WHOLE = "WHOLE"
    NIK = "NIK"
    NAME_AND_DATE = "NAME_AND_DATE"
    NIK_UNDER_ANOTHER_NAME = "NIK_UNDER_ANOTHER_NAME"
    PASSPORT_UNDER_ANOTHER_NAME = "PASSPORT_UNDER_ANOTHER_NAME"
    NAME = "NAME"


class Life(StrEnum):
    """What a record tells of a life abroad."""

    NOTHING = "NOTHING"
    BEGUN = "BEGUN"
    SIGNED = "SIGNED"
    ABROAD = "ABROAD"
    OVER = "OVER"


def make_humans(number: int) -> list[Human]:
    return [
        Human(make_nik(), make_name(), make_passport(), f"19{70 + place}-03-{place + 11}")
        for place in range(number)
    ]


def told_of(human: Human, aspect: Aspect, other: Human) -> dict[str, str]:
    """What a record states so that its subject can be found. `other` lends a name."""
    match aspect:
        case Aspect.WHOLE:
            return {
                "nik": human.nik,
                "full_name": human.name,
                "passport_number": human.passport,
                "birth_date": human.birth_date,
            }
        case Aspect.NIK:
            return {"nik": human.nik, "full_name": human.name}
        case Aspect.NAME_AND_DATE:
            return {"full_name": human.name, "birth_date": human.birth_date}
        case Aspect.NIK_UNDER_ANOTHER_NAME:
            return {"nik": human.nik, "full_name": other.name}
        case Aspect.PASSPORT_UNDER_ANOTHER_NAME:
            return {"passport_number": human.passport, "full_name": other.name}
        case Aspect.NAME:
            return {"full_name": human.name}


def placed(life: Life, agency_code: str) -> dict[str, str]:
    """KP2MI's half of a life."""
    if life is Life.NOTHING:
        return {}
    told = {"scheme": "P_TO_P", "country": "MY", "placement_agency_code": agency_code}
    if life is not Life.BEGUN:
        told |= {"contract_starts_on": "2025-01-15", "contract_ends_on": "2035-01-15"}
    if life in {Life.ABROAD, Life.OVER}:
        told |= {"departed_on": "2025-02-01"}
    if life is Life.OVER:
        told |= {"returned_on": "2026-02-01"}
    return told


def seen(life: Life) -> dict[str, str]:
    """Kemlu's half of a life."""
    match life:
        case Life.NOTHING | Life.BEGUN:
            return {"left_on": "2024-01-01"}
        case Life.SIGNED:
            return {"country": "SG", "reported_on": "2026-01-05"}
        case Life.ABROAD:
            return {"country": "MY", "reported_on": "2026-01-05"}
        case Life.OVER:
            return {"country": "MY", "reported_on": "2025-06-01", "left_on": "2026-03-01"}


@dataclass
class Days:
    """Moments at which systems say that they changed a record: each its own, before or after all
    that were given before.
    """

    _later: Iterator[int]
    _earlier: Iterator[int]

    @classmethod
    def begin(cls) -> "Days":
        return cls(count(1), count(1))

    def later(self) -> Any:
        return clock.now() - timedelta(days=10) + timedelta(minutes=next(self._later))

    def earlier(self) -> Any:
        return clock.now() - timedelta(days=20) - timedelta(minutes=next(self._earlier))
