"""What of a source record identifies its subject, in one comparable form for every ministry."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from registry.matching.names import Name, read_name
from registry.matching.nik import Nik, read_nik
from registry.sources.content import Content, day, text

# Birth dates given to people without a certificate: they say a year at best.
DEFAULT_BIRTHDAYS = frozenset({(1, 1), (1, 7), (31, 12)})
SEXES = frozenset({"M", "F"})

_NOT_DOCUMENT_SIGN = re.compile(r"[^A-Z0-9]+")
_SHORTEST_DOCUMENT_NUMBER = 5


@dataclass(frozen=True, slots=True)
class Features:
    """The comparable part of one record, or of all records of one person taken together.

    NIKs and document numbers are compared for equality alone, so they may as well be keyed hashes.
    """

    niks: frozenset[str] = frozenset()
    passports: frozenset[str] = frozenset()
    names: tuple[Name, ...] = ()
    birth_dates: tuple[date, ...] = ()
    sexes: frozenset[str] = frozenset()
    birth_places: frozenset[str] = frozenset()


def read_features(content: Content) -> Features:
    """The features of a record's verbatim content; what cannot be read is left out."""
    born_on = day(content, "birth_date")
    sex = text(content, "sex")
    nik = stated_nik(content)
    passport = document_number(text(content, "passport_number"))
    names = (read_name(text(content, "full_name")), read_name(text(content, "passport_name")))
    return Features(
        niks=frozenset({nik.digits} if nik and nik.is_well_formed else ()),
        passports=frozenset({passport} if passport else ()),
        names=tuple(dict.fromkeys(name for name in names if name)),
        birth_dates=(born_on,) if born_on else (),
        sexes=frozenset({sex} if sex in SEXES else ()),
        birth_places=_place_keys(text(content, "birth_place")),
    )


@lru_cache(maxsize=20_000)
def _place_keys(written: str | None) -> frozenset[str]:
    """Places are written as freely as names, and repeat."""
    place = read_name(written)
    return frozenset({place.key} if place else ())


def stated_nik(content: Content) -> Nik | None:
    """The NIK that a record states, read against the birth date and sex that it states."""
    sex = text(content, "sex")
    return read_nik(
        text(content, "nik"),
        born_on=day(content, "birth_date"),
        sex=sex if sex in SEXES else None,
    )


def together(parts: list[Features]) -> Features:
    """Everything that a person's records say, none preferred."""
    return Features(
        niks=frozenset().union(*(part.niks for part in parts)),
        passports=frozenset().union(*(part.passports for part in parts)),
        names=tuple(dict.fromkeys(name for part in parts for name in part.names)),
        birth_dates=tuple(dict.fromkeys(born_on for part in parts for born_on in part.birth_dates)),
        sexes=frozenset().union(*(part.sexes for part in parts)),
        birth_places=frozenset().union(*(part.birth_places for part in parts)),
    )


def candidate_keys(features: Features) -> list[str]:
    """What another record of the same person would have in common; hashed before it is stored.

    The date key leaves the order of day and month open, and the name key word order and spacing.
    """
    keys = [f"nik:{nik}" for nik in sorted(features.niks)]
    keys += [f"passport:{number}" for number in sorted(features.passports)]
    keys += [
        f"name-date:{name.key}:{born_on.year}-{sorted((born_on.day, born_on.month))}"
        for name in features.names
        for born_on in features.birth_dates
    ]
    return list(dict.fromkeys(keys))


def document_number(written: str | None) -> str | None:
    """A passport or other travel document number, upper case without spaces or punctuation."""
    number = _NOT_DOCUMENT_SIGN.sub("", (written or "").upper())
    if len(number) < _SHORTEST_DOCUMENT_NUMBER or len(set(number)) == 1:
        return None
    return number
