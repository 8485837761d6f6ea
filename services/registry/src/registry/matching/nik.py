"""The NIK, Indonesia's identity number: PPKKCC DDMMYY SSSS, day + 40 for women, no check digit.

A malformed NIK is told apart from a surprising one. Only the first is unfit for matching; a NIK
keeps a wrong encoded birth date or sex for life, so a contradiction is a warning and no more.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

LENGTH = 16
FEMALE_DAY_OFFSET = 40
FIRST_SERIAL = "0001"
"""Whoever has another is not the first of one sex registered for that day and district."""
# Kemendagri's province codes, old and new; other codes occur on cards and are only surprising.
PROVINCES = frozenset(
    {*range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82}
    | set(range(91, 97))
)


class NikFault(StrEnum):
    LENGTH = "NIK_LENGTH"
    NOT_DIGITS = "NIK_NOT_DIGITS"
    ALL_SAME = "NIK_ALL_SAME"
    IMPOSSIBLE_DATE = "NIK_IMPOSSIBLE_DATE"
    ZERO_SERIAL = "NIK_ZERO_SERIAL"


class NikWarning(StrEnum):
    UNKNOWN_REGION = "NIK_UNKNOWN_REGION"
    BIRTH_DATE_MISMATCH = "NIK_BIRTH_DATE_MISMATCH"
    SEX_MISMATCH = "NIK_SEX_MISMATCH"


@dataclass(frozen=True, slots=True)
class Nik:
    """A NIK as written (spaces, dots and hyphens apart) and what it says about its holder."""

    digits: str
    fault: NikFault | None
    sex: str | None = None
    day_month_year: tuple[int, int, int] | None = None
    warnings: tuple[NikWarning, ...] = ()

    @property
    def is_well_formed(self) -> bool:
        return self.fault is None

    def may_be_born_on(self, born_on: date) -> bool:
        """Whether the encoded date fits; the century is not encoded."""
        if self.day_month_year is None:
            return True
        day, month, year = self.day_month_year
        return (born_on.day, born_on.month, born_on.year % 100) == (day, month, year)


@lru_cache(maxsize=1024)
def read_nik(
    text: str | None, *, born_on: date | None = None, sex: str | None = None
) -> Nik | None:
    """What a written NIK says, with its contradictions to the stated birth date and sex."""
    digits = "".join(sign for sign in text or "" if sign not in " .-\t\u00a0")
    if not digits:
        return None
    fault = _fault(digits)
    if fault:
        return Nik(digits, fault)
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    encoded_sex = "F" if day > FEMALE_DAY_OFFSET else "M"
    nik = Nik(digits, None, encoded_sex, (day % FEMALE_DAY_OFFSET, month, year))
    warnings = []
    if int(digits[:2]) not in PROVINCES:
        warnings.append(NikWarning.UNKNOWN_REGION)
    if born_on and not nik.may_be_born_on(born_on):
        warnings.append(NikWarning.BIRTH_DATE_MISMATCH)
    if sex and sex != encoded_sex:
        warnings.append(NikWarning.SEX_MISMATCH)
    return Nik(digits, None, encoded_sex, nik.day_month_year, tuple(warnings))


def _fault(digits: str) -> NikFault | None:
    if len(digits) != LENGTH:
        return NikFault.LENGTH
    if not (digits.isascii() and digits.isdigit()):
        return NikFault.NOT_DIGITS
    if len(set(digits)) == 1:
        return NikFault.ALL_SAME
    if not _is_date(int(digits[6:8]), int(digits[8:10]), int(digits[10:12])):
        return NikFault.IMPOSSIBLE_DATE
    if digits[12:] == "0000":
        return NikFault.ZERO_SERIAL
    return None


def _is_date(day: int, month: int, year: int) -> bool:
    if day > FEMALE_DAY_OFFSET:
        day -= FEMALE_DAY_OFFSET
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
