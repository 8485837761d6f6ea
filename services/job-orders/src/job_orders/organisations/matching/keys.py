"""Candidate keys: what the same organisation under another name would have in common, hashed.

Some lead to candidates, some only tell how many share a value.
"""

from dataclasses import dataclass
from itertools import combinations

from job_orders.organisations.matching.features import Features, KeyKind
from shared.privacy import Keyring

_MOST_NAMES = 10
_MOST_OWNER_WORDS = 5

LEADING = tuple(kind.value for kind in KeyKind if kind is not KeyKind.BUILDING)
"""A building alone leads to nobody: it would lead to everybody in it."""


@dataclass(frozen=True, slots=True)
class Key:
    """One hash. `beside` is the hash of the owner, or of the owner's telephone: a value that many
    with different ones share is a hub, one that somebody shares with himself is none. `word` is
    known in memory alone.
    """

    kind: KeyKind
    hash: bytes
    beside: bytes | None = None
    word: str | None = None


def keys_of(features: Features, keyring: Keyring, *, scope: str) -> list[Key]:
    """All keys of one organisation; those of another scope never equal them."""

    def hashed(kind: KeyKind, value: str) -> bytes:
        return keyring.blind_index(f"organisation_keys.{scope}.{kind}", value)

    owner = hashed(KeyKind.OWNER, features.owner.key) if features.owner else None
    phone = hashed(KeyKind.PHONE, features.phone) if features.phone else None
    names = features.names[:_MOST_NAMES]
    found = [Key(KeyKind.NAME, hashed(KeyKind.NAME, name.letters)) for name in names]
    found += [
        Key(KeyKind.NAME_WORD, hashed(KeyKind.NAME_WORD, word), word=word)
        for word in dict.fromkeys(word for name in names for word in name.own_words)
    ]
    if features.owner and owner:
        words = features.owner.words[:_MOST_OWNER_WORDS]
        found.append(Key(KeyKind.OWNER, owner, phone))
        found += [
            Key(KeyKind.OWNER_WORDS, hashed(KeyKind.OWNER_WORDS, " ".join(pair)))
            for pair in combinations(words, 2)
        ]
    if phone:
        found.append(Key(KeyKind.PHONE, phone, owner))
    if features.account:
        account = hashed(KeyKind.ACCOUNT, features.account.hex())
        found.append(Key(KeyKind.ACCOUNT, account, owner))
    if features.address:
        address = hashed(KeyKind.ADDRESS, features.address.key)
        building = hashed(KeyKind.BUILDING, features.address.building_key)
        found.append(Key(KeyKind.ADDRESS, address, owner))
        found.append(Key(KeyKind.BUILDING, building, owner))
    return list({key.hash: key for key in found}.values())
