"""What forbids a link without a person's look, however much the weights say."""

from enum import StrEnum
from functools import cache

import numpy as np

from registry.matching.linkage.arrays import Bytes, Flags, Floats
from registry.matching.linkage.comparing import Compared
from registry.matching.linkage.levels import FIELDS, OTHER_DATE, WIDEST, Field, place_of


class Guard(StrEnum):
    """Why a pair is held in the review band."""

    TWIN_NUMBERS = "TWIN_NUMBERS"
    OTHER_NAME = "OTHER_NAME"
    OTHER_BIRTH = "OTHER_BIRTH"
    BORROWED_NUMBER = "BORROWED_NUMBER"
    NUMBERS_DIFFER = "NUMBERS_DIFFER"
    SEX_AND_DATE_DIFFER = "SEX_AND_DATE_DIFFER"
    TWIN_KNOWN = "TWIN_KNOWN"


GUARDS = tuple(Guard)
MOST_UNDER_GUARD = float(np.log2(0.98 / 0.02))
"""The weight in bits that a guarded pair cannot pass: below the links, within the review band."""

_NEAR = ("SLIP_OF_REGION", "TYPING_SLIP", "UNPROVED")
_ALIKE = ("EQUAL", "SOUND", "TYPING_SLIP", "ABBREVIATED", "WORDS_MISSING")
_UNLIKE = ("ONE_WORD_OTHER", "PARTLY_OTHER", "OTHER")


def guards_of(compared: Compared) -> Bytes:
    """The guards that fire for each pair, a bit each in the order of GUARDS."""
    identity = Field.NATIONAL_ID
    twin_numbers = _has(compared, identity, "OTHER_SERIAL", "OTHER_SERIAL" + OTHER_DATE)
    other_number = _has(compared, identity, "DIFFERENT", "DIFFERENT" + OTHER_DATE)
    same_number = _has(compared, identity, "EQUAL", "EQUAL" + OTHER_DATE)
    same_book = _has(compared, Field.PASSPORT, "EQUAL", "TYPING_SLIP")
    same_mail = _has(compared, Field.EMAIL, "EQUAL")
    unlike = _has(compared, Field.NAME, *_UNLIKE)
    born_alike = _has(compared, Field.BIRTH_DATE, "EQUAL", "DATE_OF_NIK")
    born_apart = _has(compared, Field.BIRTH_DATE, "DIFFERENT", "SAME_YEAR", "SAME_YEAR_AND_MONTH")
    near_number = _has(compared, identity, *_NEAR, *(name + OTHER_DATE for name in _NEAR))
    document = (
        same_number
        | same_book
        | _has(compared, Field.CONTRACT, "EQUAL")
        | _has(compared, identity, "TYPING_SLIP", "TYPING_SLIP" + OTHER_DATE)
    )
    in_common = document | same_mail | _has(compared, Field.EMAIL, "TYPING_SLIP")
    alike = _has(compared, Field.NAME, *_ALIKE)
    fired = [
        twin_numbers & ~same_book & ~same_mail,
        # Twins share birth date, telephone, address and half the name.
        unlike & ~in_common,
        # Addresses made of a name are as common as the name.
        born_apart & ~document,
        same_number & unlike & born_apart & ~same_book,
        (other_number & ~(same_book & ~unlike & born_alike))
        | (near_number & ~alike & ~same_book & ~same_mail),
        _has(compared, Field.SEX, "DIFFERENT") & born_apart,
        compared.twins & born_alike & ~_has(compared, Field.NAME, "EQUAL") & ~in_common,
    ]
    result = np.zeros(len(compared), dtype=np.uint8)
    for place, flags in enumerate(fired):
        result |= np.where(flags, 1 << place, 0).astype(np.uint8)
    return result


def held(weights: Floats, guards: Bytes) -> Floats:
    """Weights with guarded pairs held in the review band."""
    result: Floats = np.where(guards > 0, np.minimum(weights, MOST_UNDER_GUARD), weights)
    return result


def names_of(guards: int) -> list[Guard]:
    return [guard for place, guard in enumerate(GUARDS) if guards >> place & 1]


def _has(compared: Compared, field: Field, *names: str) -> Flags:
    result: Flags = _places(field, names)[compared.levels[:, FIELDS.index(field)]]
    return result


@cache
def _places(field: Field, names: tuple[str, ...]) -> Flags:
    """Which numbers of a field's levels are those of these names."""
    flags = np.zeros(WIDEST, dtype=np.bool_)
    flags[[place_of(field, name) for name in names]] = True
    return flags
