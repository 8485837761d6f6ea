"""A model learned from two files: their candidates, and pairs of theirs taken at random."""

import logging
from collections.abc import Mapping

import numpy as np

from registry.matching.linkage.arrays import Ints
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.comparing import compare
from registry.matching.linkage.em import Evidence, learn
from registry.matching.linkage.model import Kind, Model, Weights
from registry.matching.linkage.rarity import Rarities, learn_rarities, rarities_of
from registry.matching.linkage.records import Records

MOST_CANDIDATES = 600_000
MOST_AT_RANDOM = 200_000
_SEED = 20_240_917

_log = logging.getLogger(__name__)


def train(records: Records, candidates: Mapping[Kind, Pairs]) -> Model:
    """The model of these records; the same records give the same model."""
    tables = learn_rarities(records)
    rarities = rarities_of(records, tables)
    weights = {
        kind: learn_weights(records, pairs, kind, rarities=rarities)
        for kind, pairs in candidates.items()
    }
    return Model(weights, tables)


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
    )
    weights = learn(evidence)
    _log.info("%s: %d candidates, %.0f matches expected", kind, count, weights.matches)
    return weights


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
