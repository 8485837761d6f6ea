"""Candidate keys: what another record of the same person would have in common, as keyed hashes.

The kinds are those of `linkage`, which compares whole files, and two more by which all that hold
a number are found: a telephone, and the part of a NIK that twins share.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from registry.matching.features import Features
from registry.matching.likeness import rows_of
from registry.matching.linkage.arrays import Flags, Ints, Keys, mixed
from registry.matching.linkage.keys import NUMBER_KEYS, key_of, keys_of
from registry.matching.linkage.numbers import numbers_of
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import NIK_HEAD, NUMBER_READERS, Records
from registry.matching.nik import LENGTH
from shared.privacy import Keyring

_WEAK = frozenset({"letters", "date and initial", "date of NIK and first letter"})
"""Kinds that find somebody among few and lead to everybody else among many."""

_HEAD = "head of NIK"
_PHONE = "phone"
_SAME_NAME = "letters and year"
_SAME_DATE = "date and initial"


def key_hashes(features: Sequence[Features], keyring: Keyring) -> list[list[int]]:
    """The candidate keys of each of the features, as the tables hold them: 64 bits."""
    if not features:
        return []
    rows = rows_of(features)
    owner = np.zeros(len(rows.records), dtype=np.int64)
    for number, places in enumerate(rows.places.values()):
        owner[places.start : places.stop] = number
    found = [(owner[keys != 0], _hashed(kind, keys, keyring)) for kind, keys in _keys(rows.records)]
    owners, hashes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((hashes, owners))
    owners, hashes = owners[order], hashes[order]
    once = (np.diff(owners, prepend=-1) != 0) | (np.diff(hashes, prepend=0) != 0)
    owners, hashes = owners[once], hashes[once]
    ends = np.searchsorted(owners, np.arange(1, len(rows.places)))
    of_each = dict(zip(rows.places, np.split(hashes, ends), strict=True))
    return [of_each[one].tolist() for one in features]


def crowded(hubs: Collection[int], keyring: Keyring) -> Callable[[Meaning, Keys], Flags]:
    """Tells which numbers, by their keys, stand under a hash that too many records share."""
    many = np.array(sorted(hubs), dtype=np.int64)

    def are_crowded(meaning: Meaning, keys: Keys) -> Flags:
        flags = np.zeros(len(keys), dtype=np.bool_)
        if meaning is Meaning.PHONE:
            flags[keys != 0] = np.isin(_hashed(_PHONE, keys, keyring), many)
        elif meaning in NUMBER_KEYS:
            alone = key_of(keys != 0, keys)
            flags[alone != 0] = np.isin(_hashed(meaning.value, alone, keyring), many)
        return flags

    return are_crowded


def crowds_among(
    features: Iterable[Features], hubs: Collection[int], keyring: Keyring
) -> frozenset[str]:
    """The document numbers of these features that too many records share."""
    many, found = set(hubs), set[str]()
    for kind, told in (
        (Meaning.NATIONAL_ID, {one.nik for one in features if one.nik}),
        (Meaning.PASSPORT, {number for one in features for number in one.passports}),
    ):
        width, read = NUMBER_READERS[kind]
        texts = sorted(told)
        column = numbers_of(texts, width, read=read)
        keys = column.keys[column.codes]
        hashes = iter(_hashed(kind.value, key_of(keys != 0, keys), keyring).tolist())
        found |= {
            text for text, key in zip(texts, keys, strict=True) if key and next(hashes) in many
        }
    return frozenset(found)


def head_hashes(features: Sequence[Features], keyring: Keyring) -> list[int]:
    """The keys under which those stand who may be a twin of one of these, by their NIKs."""
    return _hashed(_HEAD, _heads(rows_of(features).records), keyring).tolist() if features else []


def search_hashes(name_and_date: Features, keyring: Keyring) -> tuple[list[int], list[int]]:
    """Keys of one name and birth date: a record has one of the first and one of the second."""
    found: dict[str, list[int]] = {_SAME_NAME: [], _SAME_DATE: []}
    for kind, keys in _keys(rows_of([name_and_date]).records):
        if kind in found:
            found[kind] += _hashed(kind, keys, keyring).tolist()
    return found[_SAME_NAME], found[_SAME_DATE]


def _keys(records: Records) -> Iterator[tuple[str, Keys]]:
    for kind, arrays in keys_of(records, names_elsewhere=True):
        for keys in arrays:
            yield kind, keys
    phone = records.numbers[Meaning.PHONE]
    yield _PHONE, phone.keys[phone.codes]
    yield _HEAD, _heads(records)


def _heads(records: Records) -> Keys:
    """A number for the district and birth date in each NIK, 0 where there is none."""
    nik = records.numbers[Meaning.NATIONAL_ID]
    parts = np.ascontiguousarray(nik.signs[:, :NIK_HEAD]).view("<u4").astype(np.uint64)
    keys = np.full(len(parts), 0x48, dtype=np.uint64)
    for column in range(parts.shape[1]):
        keys = mixed(keys ^ parts[:, column])
    heads: Keys = np.where(nik.lengths == LENGTH, keys | np.uint64(1), np.uint64(0))[nik.codes]
    return heads


def _hashed(kind: str, keys: Keys, keyring: Keyring) -> Ints:
    """The keys that are there under a key of their kind: AES as a keyed function of one block."""
    there = keys[keys != 0]
    blocks = np.zeros((len(there), 2), dtype="<u8")
    blocks[:, 0] = there
    cipher = _cipher(kind, keyring)
    hashed = np.frombuffer(cipher.encryptor().update(blocks.tobytes()), dtype="<i8")
    # The last bit tells the database how many may share such a key.
    result: Ints = (hashed[::2] & ~1) | int(kind in _WEAK)
    return result


@lru_cache(maxsize=256)
def _cipher(kind: str, keyring: Keyring) -> Cipher[modes.ECB]:
    key = keyring.blind_index("match-key", kind)
    # Every block is hashed for itself, and half of the hash thrown away; nothing is encrypted.
    return Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305
