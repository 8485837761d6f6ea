"""A model learned from two files: their candidates, and pairs of theirs taken at random."""

import logging
from collections.abc import Mapping

import numpy as np

from registry.matching.linkage.arrays import MISSING, Codes, Ints
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.comparing import compare
from registry.matching.linkage.em import Evidence, learn
from registry.matching.linkage.levels import TEXT_FIELDS, Field
from registry.matching.linkage.model import Kind, Model, Weights
from registry.matching.linkage.rarity import MOST_KEPT, Rarities, learn_rarities, rarities_of
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import Records

MOST_CANDIDATES = 300_000
MOST_AT_RANDOM = 100_000
_SEED = 20_240_917

_log = logging.getLogger(__name__)


def train(
    records: Records,
    candidates: Mapping[Kind, Pairs],
    *,
    name: str = "",
    most_kept: int = MOST_KEPT,
) -> Model:
    """The model of these records; the same records give the same model."""
    tables = learn_rarities(records, most_kept=most_kept)
    rarities = rarities_of(records, tables)
    weights = {
        kind: learn_weights(records, pairs, kind, rarities=rarities)
        for kind, pairs in candidates.items()
    }
    return Model(weights, tables, name=name)


def learn_weights(records: Records, pairs: Pairs, kind: Kind, *, rarities: Rarities) -> Weights:
    """The weights of one kind of pair."""
    chance = np.random.default_rng(_SEED)
    count = len(pairs.ours)
    chosen = (
        np.sort(chance.choice(count, MOST_CANDIDATES, replace=False))
        if count > MOST_CANDIDATES
        else np.arange(count)
    )
    ours, theirs = _at_random(records, kind, chance)
    known = np.isin(ours * len(records) + theirs, pairs.ours * len(records) + pairs.theirs)
    left, right = records.left, len(records) - records.left
    total = {
        Kind.ACROSS: left * right,
        Kind.LEFT: left * (left - 1) // 2,
        Kind.RIGHT: right * (right - 1) // 2,
    }[kind]
    smaller = {Kind.ACROSS: min(left, right), Kind.LEFT: left, Kind.RIGHT: right}[kind]
    evidence = Evidence(
        candidates=compare(records, pairs.ours[chosen], pairs.theirs[chosen], rarities=rarities),
        each=count / max(len(chosen), 1),
        others=compare(records, ours[~known], theirs[~known], rarities=rarities),
        pairs=float(max(total, 1)),
        persons=float(max(smaller, 1)),
        equal=_pairs_that_agree(records, kind),
        numbered=_pairs_of_one_date_with_numbers(records, kind),
    )
    weights = learn(evidence)
    _log.info("%s: %d candidates, %.0f matches expected", kind, count, weights.matches)
    return weights


def _pairs_that_agree(records: Records, kind: Kind) -> dict[Field, float]:
    """How many of all pairs have equal values, counted and not guessed from a sample."""
    columns = {Field.NAME: records.names.letters, Field.BIRTH_DATE: _dates(records)}
    for field, meaning in TEXT_FIELDS.items():
        if meaning in records.texts:
            columns[field] = records.texts[meaning].codes
    return {field: _equal_pairs(codes, records.left, kind) for field, codes in columns.items()}


def _pairs_of_one_date_with_numbers(records: Records, kind: Kind) -> float:
    """How many pairs have equal birth dates and an identity number on both sides."""
    numbers = records.numbers.get(Meaning.NATIONAL_ID)
    if numbers is None or not records.nik_birth.months.any():
        return 0.0
    return _equal_pairs(np.where(numbers.known, _dates(records), MISSING), records.left, kind)


def _dates(records: Records) -> Codes:
    birth = records.birth
    date: Codes = np.where(
        birth.years > 0, birth.years * 512 + birth.months * 32 + birth.days, MISSING
    ).astype(np.int32)
    return date


def _equal_pairs(codes: Codes, left: int, kind: Kind) -> float:
    known = codes[codes != MISSING]
    if not len(known):
        return 0.0
    size = int(known.max()) + 1
    ours, theirs = (
        np.bincount(part[part != MISSING], minlength=size).astype(np.float64)
        for part in (codes[:left], codes[left:])
    )
    if kind is Kind.ACROSS:
        return float((ours * theirs).sum())
    counts = ours if kind is Kind.LEFT else theirs
    return float((counts * (counts - 1.0)).sum() / 2.0)


def _at_random(records: Records, kind: Kind, chance: np.random.Generator) -> tuple[Ints, Ints]:
    left, size = records.left, len(records)
    begin, end = {Kind.ACROSS: (0, left), Kind.LEFT: (0, left), Kind.RIGHT: (left, size)}[kind]
    other_begin, other_end = (left, size) if kind is Kind.ACROSS else (begin, end)
    if begin >= end or other_begin >= other_end:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    ours = chance.integers(begin, end, MOST_AT_RANDOM)
    theirs = chance.integers(other_begin, other_end, MOST_AT_RANDOM)
    low, high = np.minimum(ours, theirs), np.maximum(ours, theirs)
    return low[low != high], high[low != high]
