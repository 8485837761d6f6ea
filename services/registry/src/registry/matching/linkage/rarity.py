"""How rare values are, in bits: agreement on a rare name says more than on a common one."""

from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import MISSING, Codes, Floats
from registry.matching.linkage.date_levels import DAYS, FIRST_YEAR, YEARS
from registry.matching.linkage.levels import NUMBER_FIELDS, TEXT_FIELDS, Field
from registry.matching.linkage.records import Records
from registry.matching.linkage.words import shares_of

MOST_KEPT = 20_000
"""Values of a kind whose shares are kept, the commonest."""

_SEEN_TWICE = 2.0
_DAYS = [f"{n // 32:02}-{n % 32:02}" for n in range(DAYS)]
_YEARS = [str(FIRST_YEAR + n) for n in range(YEARS)]


@dataclass(frozen=True, slots=True)
class RarityTables:
    """Shares of values by field, largest first; what is not listed has the share `unlisted`.

    Of numbers no value is kept, only how many records had one: the share of a single one.
    """

    shares: dict[str, dict[str, float]]
    unlisted: dict[str, float]


@dataclass(frozen=True, slots=True)
class Rarities:
    """The bits of each code of the columns of one set of records."""

    words: Floats
    names: Floats
    days: Floats
    years: Floats
    texts: dict[Field, Floats]


def learn_rarities(records: Records, *, most_kept: int = MOST_KEPT) -> RarityTables:
    """The tables of a set of records: names by sound, dates by day and year, texts by value."""
    shares: dict[str, dict[str, float]] = {}
    unlisted: dict[str, float] = {}
    for kind, (codes, values) in _columns(records).items():
        share = shares_of(codes, len(values))
        total = max(int((codes != MISSING).sum()), 1)
        order = np.argsort(-share, kind="stable")
        kept = {values[place]: float(share[place]) for place in order[:most_kept].tolist()}
        floor = 1.0 / total
        shares[kind] = {value: one for value, one in kept.items() if one > _SEEN_TWICE * floor}
        unlisted[kind] = max(floor, _usual(share[order[most_kept:]]))
    for field, meaning in NUMBER_FIELDS.items():
        if meaning in records.numbers:
            unlisted[field.value] = 1.0 / max(records.numbers[meaning].total, 1)
    return RarityTables(shares, unlisted)


def _usual(shares: Floats) -> float:
    """The share that an entry's value has, on average over the entries."""
    total = float(shares.sum())
    return float((shares**2).sum()) / total if total else 0.0


def rarities_of(records: Records, tables: RarityTables) -> Rarities:
    """The bits of every code of these records under learned tables."""
    bits = {
        kind: _bits(values, tables.shares.get(kind, {}), tables.unlisted.get(kind, 1.0))
        for kind, (_, values) in _columns(records).items()
    }
    by_sound = bits["word"]
    sounds = records.names.vocabulary.sounds[:-1]
    words = np.append(by_sound[sounds], 0.0)
    return Rarities(
        words=words,
        names=np.append(bits["name"], 0.0),
        days=bits["day"],
        years=bits["year"],
        texts={
            field: np.append(bits[field.value], 0.0) for field in TEXT_FIELDS if field.value in bits
        },
    )


def _columns(records: Records) -> dict[str, tuple[Codes, list[str]]]:
    """What is counted: codes with the texts that they stand for."""
    own = records.names.own
    sounds = records.names.vocabulary.sounds
    heard = np.where(own == MISSING, MISSING, sounds[own]).ravel().astype(np.int32)
    known = records.birth.years > 0
    days = np.where(known, records.birth.months * 32 + records.birth.days, MISSING)
    years = np.where(known, np.clip(records.birth.years - FIRST_YEAR, 0, YEARS - 1), MISSING)
    columns = {
        "name": (records.names.letters, records.names.whole),
        "word": (heard, records.names.vocabulary.heard),
        "day": (np.minimum(days, DAYS - 1).astype(np.int32), _DAYS),
        "year": (years.astype(np.int32), _YEARS),
    }
    for field, meaning in TEXT_FIELDS.items():
        if meaning in records.texts:
            texts = records.texts[meaning]
            columns[field.value] = (texts.codes, texts.values)
    return columns


def _bits(values: list[str], shares: dict[str, float], unlisted: float) -> Floats:
    found = np.fromiter(
        (shares.get(value, unlisted) for value in values), dtype=np.float64, count=len(values)
    )
    bits: Floats = -np.log2(found)
    return bits
