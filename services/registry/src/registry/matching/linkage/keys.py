"""Match keys: what two records of one person have in common, whatever else went wrong."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from registry.matching.linkage.arrays import (
    MISSING,
    Codes,
    Flags,
    Ints,
    Keys,
    mixed,
    stable_numbers,
)
from registry.matching.linkage.dates import Dates
from registry.matching.linkage.numbers import Numbers
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import Records
from registry.matching.linkage.texts import Texts
from registry.matching.linkage.words import letters_of

NUMBER_KEYS = (Meaning.NATIONAL_ID, Meaning.PASSPORT, Meaning.EMAIL, Meaning.CONTRACT)
"""Numbers that are keys alone."""

_TAIL = 7
_LEAD_WORDS = 4


def keys_of(records: Records, *, names_elsewhere: bool = False) -> Iterator[tuple[str, list[Keys]]]:
    """The keys by name; each array has a key for every record, 0 where the record has none.

    Arrays of one name meet each other: a record's second word may be another's first. Keys are
    the same in every file. An e-mail address gives the key of a name only if a record has that
    name, unless there are names elsewhere that it may meet.
    """
    for meaning in NUMBER_KEYS:
        if meaning in records.numbers:
            keys = _values(records, meaning)
            if keys is not None:
                yield meaning.value, [key_of(keys != 0, keys)]
    yield from _by_name_and_date(records, _mail_letters(records, names_elsewhere=names_elsewhere))
    yield from _by_other_contact(records)


def _by_name_and_date(records: Records, mailed: list[Keys]) -> Iterator[tuple[str, list[Keys]]]:
    words, birth, nik = records.names, records.birth, records.nik_birth
    sounds = words.vocabulary.sound_keys[words.own]
    whole = _set_of_words(sounds)
    letters = [words.letter_keys, *mailed]
    named, dated = words.letters != MISSING, birth.years > 0
    date = _date(birth)
    two_digit_date = _date(Dates(birth.years % 100, birth.months, birth.days))
    yield (
        "date and word",
        [
            key_of(dated & (sounds[:, place] != 0), date, sounds[:, place])
            for place in range(_LEAD_WORDS)
        ],
    )
    yield "words and year", [key_of(named & dated, whole, birth.years)]
    yield "letters and year", [key_of((key != 0) & dated, key, birth.years) for key in letters]
    low, high = np.minimum(birth.days, birth.months), np.maximum(birth.days, birth.months)
    yield "words and day", [key_of(named & dated, whole, low, high)]
    initials = words.vocabulary.initials[words.own]
    first = initials[:, 0]
    yield (
        "date and initial",
        [key_of(dated & (initials[:, n] != 0), date, initials[:, n]) for n in range(_LEAD_WORDS)],
    )
    known = nik.months > 0
    yield (
        "date of NIK and first letter",
        [
            key_of(named & dated, two_digit_date, first),
            key_of(named & known & (_date(nik) != two_digit_date), _date(nik), first),
        ],
    )
    yield "letters", [key_of(key != 0, key) for key in letters]
    pairs = [
        key_of(
            (sounds[:, i] != 0) & (sounds[:, k] != 0) & dated,
            np.minimum(sounds[:, i], sounds[:, k]),
            np.maximum(sounds[:, i], sounds[:, k]),
            birth.years,
        )
        for i, k in combinations(range(_LEAD_WORDS), 2)
    ]
    yield "two words and year", pairs


def _by_other_contact(records: Records) -> Iterator[tuple[str, list[Keys]]]:
    words, birth = records.names, records.birth
    sounds = words.vocabulary.sound_keys[words.own]
    dated = birth.years > 0
    phone = records.numbers.get(Meaning.PHONE)
    if phone is not None:
        tail = _tail(phone)
        yield "phone and year", [key_of(phone.known & dated, tail, birth.years)]
        yield (
            "phone and word",
            [
                key_of(phone.known & (sounds[:, n] != 0), tail, sounds[:, n])
                for n in range(_LEAD_WORDS)
            ],
        )
    for meaning in (Meaning.POSTCODE, Meaning.ADDRESS, Meaning.STREET):
        keys = _values(records, meaning)
        if keys is not None:
            yield (
                f"{meaning.value} and word",
                [
                    key_of((keys != 0) & (sounds[:, n] != 0), keys, sounds[:, n])
                    for n in range(_LEAD_WORDS)
                ],
            )
            yield f"{meaning.value} and date", [key_of((keys != 0) & dated, keys, _date(birth))]
    place = _values(records, Meaning.BIRTH_PLACE)
    if place is not None:
        letters = words.letter_keys
        yield "date and place", [key_of((place != 0) & dated, _date(birth), place)]
        day = np.minimum(birth.days, birth.months) * 32 + np.maximum(birth.days, birth.months)
        yield (
            "word, day and place",
            [
                key_of((place != 0) & dated & (sounds[:, n] != 0), place, day, sounds[:, n])
                for n in range(_LEAD_WORDS)
            ],
        )
        yield "letters and place", [key_of((letters != 0) & (place != 0), letters, place)]


def _mail_letters(records: Records, *, names_elsewhere: bool) -> list[Keys]:
    """Names of which the e-mail address has the letters, as the keys of such names."""
    if records.mails is None:
        return []
    told = [letters_of(letters) for letters in records.mails.letters]
    if not names_elsewhere:
        named = frozenset(records.names.whole)
        told = [letters if letters in named else "" for letters in told]
    keys = stable_numbers(told)
    keys[[place for place, letters in enumerate(told) if not letters]] = 0
    return [keys[records.mails.codes]]


def _values(records: Records, meaning: Meaning) -> Keys | None:
    """The keys of a column's values, 0 where a record has none."""
    column: Numbers | Texts | None = records.numbers.get(meaning) or records.texts.get(meaning)
    return None if column is None else column.keys[column.codes]


def _tail(phone: Numbers) -> Keys:
    """The last digits of a number, which stay whatever code is dialled before."""
    width = phone.signs.shape[1]
    places = phone.lengths[:, None] - 1 - np.arange(_TAIL)[None, :]
    signs = np.take_along_axis(phone.signs, np.clip(places, 0, width - 1), axis=1)
    total = np.zeros(len(signs), dtype=np.uint64)
    for column in range(_TAIL):
        total = total * np.uint64(131) + signs[:, column].astype(np.uint64)
    tails: Keys = total[phone.codes]
    return tails


def _date(birth: Dates) -> Ints:
    """A date with the order of day and month left open."""
    low, high = np.minimum(birth.days, birth.months), np.maximum(birth.days, birth.months)
    date: Ints = birth.years.astype(np.int64) * 10_000 + low * 100 + high
    return date


def _set_of_words(sounds: Keys) -> Keys:
    """A number for the words of a name in any order."""
    total: Keys = np.where(sounds == 0, np.uint64(0), mixed(sounds)).sum(axis=1, dtype=np.uint64)
    return total


def key_of(there: Flags, *parts: Codes | Ints | Keys) -> Keys:
    """One key of these parts for each record that has them all, 0 for the others."""
    key = np.full(len(there), 0x51, dtype=np.uint64)
    for part in parts:
        key = mixed(key ^ part.astype(np.uint64))
    return np.where(there, np.maximum(key, np.uint64(1)), np.uint64(0))
