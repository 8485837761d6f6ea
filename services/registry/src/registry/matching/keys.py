"""Candidate keys: what another record of the same person would have in common, as keyed hashes.

The kinds are those of `linkage`, which compares whole files, and two more by which all that hold
a number are found: a telephone, and the part of a NIK that twins share.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from registry.matching.features import Features
from registry.matching.likeness import rows_of
from registry.matching.linkage.arrays import Keys, mixed
from registry.matching.linkage.keys import keys_of
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import Records
from registry.matching.nik import LENGTH
from shared.privacy import Keyring

_NIK_HEAD = 12
_SAME_NAME = "letters and year"
_SAME_DATE = "date and initial"


def key_hashes(features: Sequence[Features], keyring: Keyring) -> list[list[int]]:
    """The candidate keys of each of the features, as the tables hold them: 64 bits."""
    rows = rows_of(features)
    known: dict[tuple[str, int], int] = {}
    by_row: list[list[int]] = [[] for _ in range(len(rows.records))]
    for kind, keys in _keys(rows.records):
        for row, key in zip(np.flatnonzero(keys).tolist(), keys[keys != 0].tolist(), strict=True):
            found = known.get((kind, key))
            if found is None:
                found = known[kind, key] = _hashed(kind, key, keyring)
            by_row[row].append(found)
    return [
        list(dict.fromkeys(key for row in rows.places[one] for key in by_row[row]))
        for one in features
    ]


def search_hashes(name_and_date: Features, keyring: Keyring) -> tuple[list[int], list[int]]:
    """Keys of one name and birth date: a record has one of the first and one of the second."""
    rows = rows_of([name_and_date])
    found: dict[str, list[int]] = {_SAME_NAME: [], _SAME_DATE: []}
    for kind, keys in _keys(rows.records):
        if kind in found:
            found[kind] += [_hashed(kind, key, keyring) for key in keys[keys != 0].tolist()]
    return found[_SAME_NAME], found[_SAME_DATE]


def _keys(records: Records) -> Iterator[tuple[str, Keys]]:
    for kind, arrays in keys_of(records, names_elsewhere=True):
        for keys in arrays:
            yield kind, keys
    phone = records.numbers[Meaning.PHONE]
    yield "phone", phone.keys[phone.codes]
    yield "head of NIK", _heads(records)


def _heads(records: Records) -> Keys:
    """A number for the district and birth date in each NIK, 0 where there is none."""
    nik = records.numbers[Meaning.NATIONAL_ID]
    parts = np.ascontiguousarray(nik.signs[:, :_NIK_HEAD]).view("<u4").astype(np.uint64)
    keys = np.full(len(parts), 0x48, dtype=np.uint64)
    for column in range(parts.shape[1]):
        keys = mixed(keys ^ parts[:, column])
    heads: Keys = np.where(nik.lengths == LENGTH, keys | np.uint64(1), np.uint64(0))[nik.codes]
    return heads


def _hashed(kind: str, key: int, keyring: Keyring) -> int:
    digest = keyring.blind_index("match-key", f"{kind}:{key}")
    return int.from_bytes(digest[:8], "big", signed=True)
