"""Pairs of records compared field by field, many pairs at once; the one code for every path."""

from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import MISSING, Bytes, Codes, Flags, Floats, Halves, Ints
from registry.matching.linkage.date_levels import agrees_with_own_nik, compare_dates, date_bits
from registry.matching.linkage.levels import (
    FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    UNKNOWN,
    Field,
    place_of,
)
from registry.matching.linkage.name_levels import compare_names
from registry.matching.linkage.numbers import Numbers, digit_sums, one_slip_apart
from registry.matching.linkage.rarity import Rarities
from registry.matching.linkage.records import Records
from registry.matching.linkage.texts import Texts, near
from registry.matching.linkage.words import Words
from registry.matching.nik import LENGTH

_NEAR_NUMBERS = [
    place_of(Field.NATIONAL_ID, n) for n in ("SLIP_OF_REGION", "TYPING_SLIP", "OTHER_SERIAL")
]
_OTHER_DATE = place_of(Field.NATIONAL_ID, "EQUAL_WITH_OTHER_BIRTH_DATE") - place_of(
    Field.NATIONAL_ID, "EQUAL"
)
_NIK_DATE = 6
_NIK_HEAD = 12
_AREA = 3
_ZERO = ord("0")
_PLUS = ord("+")


@dataclass(frozen=True, slots=True)
class Compared:
    """Levels of pairs by field, and the rarity in bits of what agrees."""

    levels: Bytes
    bits: Halves
    twins: Flags
    """Whether either side's NIK tells of another one born on that day in that district."""

    def __len__(self) -> int:
        return len(self.levels)


def compare(records: Records, ours: Ints, theirs: Ints, *, rarities: Rarities) -> Compared:
    """Every field of every pair; a field that the records lack is UNKNOWN."""
    levels = np.full((len(ours), len(FIELDS)), UNKNOWN, dtype=np.uint8)
    bits = np.zeros((len(ours), len(FIELDS)), dtype=np.float32)
    at = {field: place for place, field in enumerate(FIELDS)}
    level, rarity = compare_names(records.names, records.mails, ours, theirs, bits=rarities.words)
    letters = records.names.letters
    whole = np.minimum(rarities.names[letters[ours]], rarities.names[letters[theirs]])
    levels[:, at[Field.NAME]] = level
    bits[:, at[Field.NAME]] = np.minimum(rarity, whole)
    fathers = _fathers(records.names, ours, theirs, bits=rarities.words)
    levels[:, at[Field.FATHER]], bits[:, at[Field.FATHER]] = fathers
    levels[:, at[Field.BIRTH_DATE]] = compare_dates(records.birth, records.nik_birth, ours, theirs)
    level = levels[:, at[Field.BIRTH_DATE]]
    bits[:, at[Field.BIRTH_DATE]] = date_bits(
        records.birth, ours, theirs, level, day_bits=rarities.days, year_bits=rarities.years
    )
    for field, meaning in NUMBER_FIELDS.items():
        if meaning in records.numbers:
            found = _numbers(field, records.numbers[meaning], ours, theirs)
            levels[:, at[field]], bits[:, at[field]] = found
    identity = levels[:, at[Field.NATIONAL_ID]]
    if records.nik_birth.months.any():
        dates_differ = levels[:, at[Field.BIRTH_DATE]] != place_of(Field.BIRTH_DATE, "EQUAL")
        # Two records that each agree with their own NIK are of two people, however near those are.
        own = agrees_with_own_nik(records.birth, records.nik_birth)
        proved = dates_differ & own[ours] & own[theirs] & np.isin(identity, _NEAR_NUMBERS)
        identity[proved] = place_of(Field.NATIONAL_ID, "DIFFERENT")
        identity += np.where(dates_differ & (identity != UNKNOWN), _OTHER_DATE, 0).astype(np.uint8)
    for field, meaning in TEXT_FIELDS.items():
        if meaning in records.texts:
            text = records.texts[meaning]
            levels[:, at[field]] = _texts(field, text, ours, theirs)
            rarity = rarities.texts[field]
            bits[:, at[field]] = np.minimum(rarity[text.codes[ours]], rarity[text.codes[theirs]])
    return Compared(levels, bits, records.twins[ours] | records.twins[theirs])


def _fathers(words: Words, ours: Ints, theirs: Ints, *, bits: Floats) -> tuple[Bytes, Floats]:
    sounds = words.vocabulary.sounds
    a, b = sounds[words.father[ours]], sounds[words.father[theirs]]
    known = (a[:, 0] != MISSING) & (b[:, 0] != MISSING)
    equal = known & (a[:, 0] == b[:, 0])
    level = np.where(
        known,
        np.where(equal, place_of(Field.FATHER, "EQUAL"), place_of(Field.FATHER, "OTHER")),
        UNKNOWN,
    )
    rarity = np.minimum(bits[words.father[ours, 0]], bits[words.father[theirs, 0]])
    return level.astype(np.uint8), np.where(equal, rarity, 0.0)


def _numbers(field: Field, numbers: Numbers, ours: Ints, theirs: Ints) -> tuple[Bytes, Floats]:
    a, b = numbers.codes[ours], numbers.codes[theirs]
    known = (a != MISSING) & (b != MISSING)
    equal = known & (a == b)
    level = np.where(known, place_of(field, "DIFFERENT"), UNKNOWN).astype(np.uint8)
    open_rows = np.flatnonzero(known & ~equal)
    x, y = a[open_rows], b[open_rows]
    if field is Field.NATIONAL_ID:
        level[open_rows] = _identity_levels(numbers, x, y)
    else:
        if field is Field.PHONE:
            level[open_rows] = _phone_levels(numbers, x, y)
        if field is Field.POSTCODE:
            area = (numbers.signs[x, :_AREA] == numbers.signs[y, :_AREA]).all(axis=1)
            level[open_rows[area]] = place_of(field, "SAME_AREA")
        slip = one_slip_apart(numbers, x, y)
        if field is Field.EMAIL:
            # Namesakes differ by the digits behind their names; that is no slip.
            slip &= digit_sums(numbers, x) == digit_sums(numbers, y)
        slipped = open_rows[slip]
        level[slipped] = place_of(field, "TYPING_SLIP")
    level[equal] = place_of(field, "EQUAL")
    holders = np.maximum(numbers.counts[a], 1)
    rarity = np.where(equal, np.log2(max(numbers.total, 1) / holders), 0.0)
    return level, rarity


def _identity_levels(numbers: Numbers, x: Codes, y: Codes) -> Bytes:
    whole = (numbers.lengths == LENGTH) & (
        (numbers.signs[:, :LENGTH] >= _ZERO) & (numbers.signs[:, :LENGTH] <= _ZERO + 9)
    ).all(axis=1)
    level = np.full(len(x), place_of(Field.NATIONAL_ID, "DIFFERENT"), dtype=np.uint8)
    # Only two well-formed NIKs that differ prove that two people have them.
    level[~(whole[x] & whole[y])] = place_of(Field.NATIONAL_ID, "UNPROVED")
    slip = one_slip_apart(numbers, x, y)
    level[slip] = place_of(Field.NATIONAL_ID, "TYPING_SLIP")
    same_tail = (numbers.signs[x, _NIK_DATE:LENGTH] == numbers.signs[y, _NIK_DATE:LENGTH]).all(
        axis=1
    )
    level[slip & whole[x] & whole[y] & same_tail] = place_of(Field.NATIONAL_ID, "SLIP_OF_REGION")
    same_head = (numbers.signs[x, :_NIK_HEAD] == numbers.signs[y, :_NIK_HEAD]).all(axis=1)
    # A sign lost from the serial leaves open which of two twins it was.
    level[same_head & ((whole[x] & whole[y]) | (slip & (whole[x] | whole[y])))] = place_of(
        Field.NATIONAL_ID, "OTHER_SERIAL"
    )
    return level


def _phone_levels(numbers: Numbers, x: Codes, y: Codes) -> Bytes:
    """A number of another country was never the same number, so it contradicts nothing."""
    first, other = numbers.signs[x], numbers.signs[y]
    abroad, abroad_too = first[:, 0] == _PLUS, other[:, 0] == _PLUS
    both_abroad = abroad & abroad_too & (first[:, 1:3] == other[:, 1:3]).all(axis=1)
    comparable = (~abroad & ~abroad_too) | both_abroad
    return np.where(
        comparable, place_of(Field.PHONE, "DIFFERENT"), place_of(Field.PHONE, "OTHER_COUNTRY")
    ).astype(np.uint8)


def _texts(field: Field, texts: Texts, ours: Ints, theirs: Ints) -> Bytes:
    a, b = texts.codes[ours], texts.codes[theirs]
    known = (a != MISSING) & (b != MISSING)
    level = np.where(known, place_of(field, "DIFFERENT"), UNKNOWN).astype(np.uint8)
    if field is not Field.SEX:
        level[near(texts, a, b)] = place_of(field, "NEAR")
    level[known & (a == b)] = place_of(field, "EQUAL")
    return level
