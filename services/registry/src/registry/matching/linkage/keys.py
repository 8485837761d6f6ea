"""Match keys: what two records of one person have in common, whatever else went wrong."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from registry.matching.linkage.arrays import MISSING, Codes, Flags, Ints, Keys
from registry.matching.linkage.dates import Dates
from registry.matching.linkage.numbers import Numbers
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import Records
from registry.matching.linkage.texts import Texts
from registry.matching.linkage.words import letters_of

_MIXER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_TAIL = 7
_LEAD_WORDS = 4


def keys_of(records: Records) -> Iterator[tuple[str, list[Keys]]]:
    """The keys by name; each array has a key for every record, 0 where the record has none.

    Arrays of one name meet each other: a record's second word may be another's first.
    """
    for meaning in (Meaning.NATIONAL_ID, Meaning.PASSPORT, Meaning.EMAIL, Meaning.CONTRACT):
        if meaning in records.numbers:
            codes = records.numbers[meaning].codes
            yield meaning.value, [_key(codes != MISSING, codes)]
    yield from _by_name_and_date(records)
    yield from _by_other_contact(records)


def _by_name_and_date(records: Records) -> Iterator[tuple[str, list[Keys]]]:
    words, birth, nik = records.names, records.birth, records.nik_birth
    sounds = words.vocabulary.sounds[words.own]
    whole = _set_of_words(sounds)
    letters = words.letters
    named, dated = letters != MISSING, birth.years > 0
    date = _date(birth)
    two_digit_date = _date(Dates(birth.years % 100, birth.months, birth.days))
    yield (
        "date and word",
        [
            _key(dated & (sounds[:, place] != MISSING), date, sounds[:, place])
            for place in range(_LEAD_WORDS)
        ],
    )
    yield "words and year", [_key(named & dated, whole, birth.years)]
    mailed = _mail_letters(records)
    yield (
        "letters and year",
        [_key(one & dated, key, birth.years) for one, key in ((named, letters), *mailed)],
    )
    yield (
        "words and day",
        [
            _key(
                named & dated,
                whole,
                np.minimum(birth.days, birth.months),
                np.maximum(birth.days, birth.months),
            )
        ],
    )
    initials = words.vocabulary.initials[words.own]
    first = initials[:, 0]
    yield (
        "date and initial",
        [_key(dated & (initials[:, n] != 0), date, initials[:, n]) for n in range(_LEAD_WORDS)],
    )
    known = nik.months > 0
    yield (
        "date of NIK and first letter",
        [
            _key(named & dated, two_digit_date, first),
            _key(named & known & (_date(nik) != two_digit_date), _date(nik), first),
        ],
    )
    yield "letters", [_key(one, key) for one, key in ((named, letters), *mailed)]
    pairs = [
        _key(
            (sounds[:, i] != MISSING) & (sounds[:, k] != MISSING) & dated,
            np.minimum(sounds[:, i], sounds[:, k]),
            np.maximum(sounds[:, i], sounds[:, k]),
            birth.years,
        )
        for i, k in combinations(range(_LEAD_WORDS), 2)
    ]
    yield "two words and year", pairs


def _by_other_contact(records: Records) -> Iterator[tuple[str, list[Keys]]]:
    words, birth = records.names, records.birth
    sounds = words.vocabulary.sounds[words.own]
    dated = birth.years > 0
    phone = records.numbers.get(Meaning.PHONE)
    if phone is not None:
        tail = _tail(phone)
        yield "phone and year", [_key(phone.known & dated, tail, birth.years)]
        yield (
            "phone and word",
            [
                _key(phone.known & (sounds[:, n] != MISSING), tail, sounds[:, n])
                for n in range(_LEAD_WORDS)
            ],
        )
    for meaning in (Meaning.POSTCODE, Meaning.ADDRESS, Meaning.STREET):
        codes = _codes(records, meaning)
        if codes is not None:
            yield (
                f"{meaning.value} and word",
                [
                    _key((codes != MISSING) & (sounds[:, n] != MISSING), codes, sounds[:, n])
                    for n in range(_LEAD_WORDS)
                ],
            )
            yield (
                f"{meaning.value} and date",
                [_key((codes != MISSING) & dated, codes, _date(birth))],
            )
    place = _codes(records, Meaning.BIRTH_PLACE)
    if place is not None:
        letters = words.letters
        yield "date and place", [_key((place != MISSING) & dated, _date(birth), place)]
        day = np.minimum(birth.days, birth.months) * 32 + np.maximum(birth.days, birth.months)
        yield (
            "word, day and place",
            [
                _key(
                    (place != MISSING) & dated & (sounds[:, n] != MISSING), place, day, sounds[:, n]
                )
                for n in range(_LEAD_WORDS)
            ],
        )
        yield "letters and place", [_key((letters != MISSING) & (place != MISSING), letters, place)]


def _mail_letters(records: Records) -> list[tuple[Flags, Codes]]:
    """Names of which the e-mail address has the letters, as the codes of such names."""
    if records.mails is None:
        return []
    places = {key: place for place, key in enumerate(records.names.whole)}
    found = np.array(
        [places.get(letters_of(letters), MISSING) for letters in records.mails.letters],
        dtype=np.int32,
    )
    codes = np.where(records.mails.codes == MISSING, MISSING, found[records.mails.codes])
    return [(codes != MISSING, codes)]


def _codes(records: Records, meaning: Meaning) -> Codes | None:
    column: Numbers | Texts | None = records.numbers.get(meaning) or records.texts.get(meaning)
    return None if column is None else column.codes


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


def _set_of_words(sounds: Codes) -> Keys:
    """A number for the words of a name in any order."""
    mixed = _mix(sounds.astype(np.uint64) + np.uint64(1))
    total: Keys = np.where(sounds == MISSING, np.uint64(0), mixed).sum(axis=1, dtype=np.uint64)
    return total


def _key(there: Flags, *parts: Codes | Ints | Keys) -> Keys:
    key = np.full(len(there), 0x51, dtype=np.uint64)
    for part in parts:
        key = _mix(key ^ part.astype(np.uint64))
    return np.where(there, np.maximum(key, np.uint64(1)), np.uint64(0))


def _mix(values: Keys) -> Keys:
    mixed = values * _MIXER
    mixed = (mixed ^ (mixed >> _SHIFT)) * _MIXER
    result: Keys = mixed ^ (mixed >> _SHIFT)
    return result
