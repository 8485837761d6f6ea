"""What of a source record identifies its subject, whichever ministry's record it is."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from registry.matching.linkage.reading import LONGEST_VALUE
from registry.matching.names import read_name
from registry.matching.nik import Nik, read_nik
from registry.sources.content import Content, day, text

# Birth dates given to people without a certificate: they say a year at best.
DEFAULT_BIRTHDAYS = frozenset({(1, 1), (1, 7), (31, 12)})
SEXES = frozenset({"M", "F"})

_NOT_DOCUMENT_SIGN = re.compile(r"[^A-Z0-9]+")
_SHORTEST_DOCUMENT_NUMBER = 5
_MOST_PASSPORTS = 8


@dataclass(frozen=True, slots=True)
class Features:
    """The comparable part of one record: texts as they were written, and no malformed NIK.

    Passports are all that the record ever stated, the latest one last.
    """

    names: tuple[str, ...] = ()
    born_on: date | None = None
    sex: str | None = None
    birth_place: str | None = None
    nik: str | None = None
    passports: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Worked out once: pairs of features are looked up many times."""
        if not self._hash:
            said = (self.names, self.born_on, self.nik, self.passports, self.phone, self.email)
            object.__setattr__(self, "_hash", hash(said))
        return self._hash

    @property
    def identity(self) -> "Features":
        """Without what changes while one stays the same: telephone, e-mail, address."""
        return replace(self, phone=None, email=None, address=None)

    @property
    def documents(self) -> frozenset[str]:
        """NIK and passport numbers."""
        return frozenset((*self.passports, self.nik) if self.nik else self.passports)

    def with_earlier(self, earlier: "Features") -> "Features":
        """The same, with the passports of an earlier version of the record."""
        held = [*(one for one in earlier.passports if one not in self.passports), *self.passports]
        return replace(self, passports=tuple(held[-_MOST_PASSPORTS:]))

    def packed(self) -> bytes:
        """One compact text, to be sealed."""
        told = (
            *(self.names, self.born_on and self.born_on.isoformat(), self.sex, self.birth_place),
            *(self.nik, self.passports, self.phone, self.email, self.address),
        )
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def unpacked(packed: bytes) -> Features:
    """The features that `packed` gave."""
    told: list[Any] = json.loads(packed)
    names, born_on, sex, place, nik, passports, *contacts = told
    day_of_birth = date.fromisoformat(born_on) if born_on else None
    return Features(tuple(names), day_of_birth, sex, place, nik, tuple(passports), *contacts)


def read_features(content: Content) -> Features:
    """The features of a record's verbatim content; what cannot be read is left out."""
    nik = stated_nik(content)
    passport = document_number(text(content, "passport_number"))
    sex = text(content, "sex")
    return Features(
        _names(text(content, "full_name"), text(content, "passport_name")),
        day(content, "birth_date"),
        sex if sex in SEXES else None,
        _short(text(content, "birth_place")),
        nik.digits if nik and nik.is_well_formed else None,
        (passport,) if passport else (),
        _short(text(content, "phone")),
        _short(text(content, "email")),
        _short(text(content, "address")),
    )


def _short(written: str | None) -> str | None:
    return written[:LONGEST_VALUE] if written else None


def _names(full: str | None, in_passport: str | None) -> tuple[str, ...]:
    """The names that a record states, each once however it is written."""
    if in_passport is None or full is None or in_passport.upper() == full.upper():
        only = _short(full or in_passport)
        return (only,) if only else ()
    if read_name(full) == read_name(in_passport):
        return (full[:LONGEST_VALUE],)
    return full[:LONGEST_VALUE], in_passport[:LONGEST_VALUE]


def stated_nik(content: Content) -> Nik | None:
    """The NIK that a record states, read against the birth date and sex that it states."""
    sex = text(content, "sex")
    return read_nik(
        text(content, "nik"),
        born_on=day(content, "birth_date"),
        sex=sex if sex in SEXES else None,
    )


def document_number(written: str | None) -> str | None:
    """A passport or other travel document number, upper case without spaces or punctuation."""
    number = _NOT_DOCUMENT_SIGN.sub("", (written or "").upper())
    if len(number) < _SHORTEST_DOCUMENT_NUMBER or len(set(number)) == 1:
        return None
    return number
