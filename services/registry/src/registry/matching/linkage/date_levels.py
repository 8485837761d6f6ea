"""How far two birth dates agree, and a birth date with the one inside the other side's NIK."""

import numpy as np

from registry.matching.features import DEFAULT_BIRTHDAYS
from registry.matching.linkage.arrays import Bytes, Codes, Flags, Floats, Ints
from registry.matching.linkage.dates import Dates
from registry.matching.linkage.levels import UNKNOWN, Field, places_of

_NEAR_YEARS = 5
_LEVEL = places_of(Field.BIRTH_DATE)


def compare_dates(birth: Dates, nik_birth: Dates, ours: Ints, theirs: Ints) -> Bytes:
    """The level of each pair's birth dates."""
    y1, m1, d1 = birth.years[ours], birth.months[ours], birth.days[ours]
    y2, m2, d2 = birth.years[theirs], birth.months[theirs], birth.days[theirs]
    year, month, day = y1 == y2, m1 == m2, d1 == d2
    swapped = year & (d1 == m2) & (m1 == d2)
    inside = _is_inside(birth, ours, nik_birth, theirs) | _is_inside(birth, theirs, nik_birth, ours)
    slipped = (
        (year & month & _digit_apart(d1, d2, 2))
        | (year & day & _digit_apart(m1, m2, 2))
        | (month & day & _digit_apart(y1, y2, 4))
    )
    apart = np.abs(y1 - y2)
    default = is_default(m1, d1) | is_default(m2, d2)
    level = np.select(
        [
            (y1 == 0) | (y2 == 0),
            year & month & day,
            inside,
            swapped,
            slipped,
            month & day & (apart <= _NEAR_YEARS),
            month & day,
            year & default,
            year & month,
            year,
        ],
        [
            UNKNOWN,
            _LEVEL["EQUAL"],
            _LEVEL["DATE_OF_NIK"],
            _LEVEL["DAY_AND_MONTH_SWAPPED"],
            _LEVEL["TYPING_SLIP"],
            _LEVEL["OTHER_YEAR_NEAR"],
            _LEVEL["OTHER_YEAR_FAR"],
            _LEVEL["ONLY_YEAR_KNOWN"],
            _LEVEL["SAME_YEAR_AND_MONTH"],
            _LEVEL["SAME_YEAR"],
        ],
        default=_LEVEL["DIFFERENT"],
    )
    return level.astype(np.uint8)


def agrees_with_own_nik(birth: Dates, nik_birth: Dates) -> Flags:
    """Whether each record's birth date is the one that its own NIK encodes."""
    result: Flags = (
        (nik_birth.months > 0)
        & (birth.months == nik_birth.months)
        & (birth.days == nik_birth.days)
        & (birth.years % 100 == nik_birth.years)
    )
    return result


def is_default(months: Codes, days: Codes) -> Flags:
    """Whether a birthday stands for a day that nobody knew."""
    found = np.zeros(len(days), dtype=np.bool_)
    for day, month in DEFAULT_BIRTHDAYS:
        found |= (days == day) & (months == month)
    return found


def date_bits(
    birth: Dates, ours: Ints, theirs: Ints, levels: Bytes, *, day_bits: Floats, year_bits: Floats
) -> Floats:
    """How rare the date is by its day in the year, and by its year where that agrees."""
    bits = np.minimum(_day_bits(birth, ours, day_bits), _day_bits(birth, theirs, day_bits))
    year, their_year = (
        year_bits[np.clip(birth.years[side] - FIRST_YEAR, 0, YEARS - 1)] for side in (ours, theirs)
    )
    other_year = (levels == _LEVEL["OTHER_YEAR_NEAR"]) | (levels == _LEVEL["OTHER_YEAR_FAR"])
    result: Floats = bits + np.where(other_year, 0.0, np.minimum(year, their_year))
    return result


def _day_bits(birth: Dates, places: Ints, bits: Floats) -> Floats:
    found: Floats = bits[np.clip(birth.months[places] * 32 + birth.days[places], 0, DAYS - 1)]
    return found


FIRST_YEAR, YEARS, DAYS = 1600, 600, 13 * 32


def _is_inside(birth: Dates, ours: Ints, nik_birth: Dates, theirs: Ints) -> Flags:
    """Whether our date is the one that their NIK encodes (it has no century).

    Asked only where we have no NIK: two NIKs are compared for themselves.
    """
    result: Flags = (
        (nik_birth.months[ours] == 0)
        & (nik_birth.months[theirs] > 0)
        & (birth.months[ours] == nik_birth.months[theirs])
        & (birth.days[ours] == nik_birth.days[theirs])
        & (birth.years[ours] % 100 == nik_birth.years[theirs])
    )
    return result


def _digit_apart(a: Codes, b: Codes, width: int) -> Flags:
    """One digit wrong, or two neighbouring digits swapped."""
    digits_a = [a // 10**place % 10 for place in range(width)]
    digits_b = [b // 10**place % 10 for place in range(width)]
    wrong = sum((x != y).astype(np.int8) for x, y in zip(digits_a, digits_b, strict=True))
    swapped = np.zeros(len(a), dtype=np.bool_)
    for place in range(width - 1):
        swapped |= (
            (digits_a[place] == digits_b[place + 1])
            & (digits_a[place + 1] == digits_b[place])
            & (wrong == 2)  # noqa: PLR2004 - both of them.
        )
    result: Flags = (wrong == 1) | swapped
    return result
