"""Decisions that no pair can take alone: partners of one record exclude or confirm each other.

A record that has two likely partners who cannot be one person belongs to one of them at most, so
each takes from the other's probability. Partners who are one person share the better evidence.
"""

import numpy as np

from registry.matching.linkage.arrays import Floats, Ints
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.guards import MOST_UNDER_GUARD
from registry.matching.linkage.model import Weights
from registry.matching.linkage.rarity import Rarities
from registry.matching.linkage.records import Records
from registry.matching.linkage.scoring import Scored, score
from registry.matching.linkage.weighing import probabilities

MOST_PARTNERS = 30
_UNLIKELY = float(np.log2(0.02))
_LIKELY = float(np.log2(0.95 / 0.05))
_NEVER = -1e6
_BEYOND_DOUBT = 14.0


def weigh_together(
    records: Records, scored: Scored, weights: Weights, *, rarities: Rarities
) -> Scored:
    """The scored pairs with each record's partners weighed against one another."""
    size = len(records)
    ends = np.concatenate([scored.pairs.ours, scored.pairs.theirs])
    others = np.concatenate([scored.pairs.theirs, scored.pairs.ours])
    edges = np.tile(np.arange(len(scored)), 2)
    first, second = _couples(ends)
    if not len(first):
        return scored
    a, b = others[first], others[second]
    low, high = np.minimum(a, b), np.maximum(a, b)
    unique, back = np.unique(low * size + high, return_inverse=True)
    between = score(
        records, Pairs(unique // size, unique % size), weights, rarities=rarities, least=-np.inf
    ).weights[back]
    excluded = between < _UNLIKELY
    one_edge, other_edge = edges[first], edges[second]
    taken = _against(scored.weights, one_edge[excluded], other_edge[excluded])
    renewed = scored.weights - taken
    lifted = _confirmed(scored, renewed, one_edge, other_edge, between)
    return Scored(scored.pairs, lifted, scored.guards)


def _couples(ends: Ints) -> tuple[Ints, Ints]:
    """Places in `ends` of every two partners of one record, both ways round."""
    order = np.argsort(ends, kind="stable")
    _, begin, count = np.unique(ends[order], return_index=True, return_counts=True)
    firsts, seconds = [], []
    for partners in np.unique(count[(count > 1) & (count <= MOST_PARTNERS)]).tolist():
        rows = order[begin[count == partners][:, None] + np.arange(partners)[None, :]]
        i, j = np.nonzero(~np.eye(partners, dtype=np.bool_))
        firsts.append(rows[:, i].ravel())
        seconds.append(rows[:, j].ravel())
    if not firsts:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    return np.concatenate(firsts), np.concatenate(seconds)


def _against(weights: Floats, edges: Ints, rivals: Ints) -> Floats:
    """The bits that every edge loses to its rivals: log2(1 + the sum of their odds)."""
    odds = np.bincount(
        edges, weights=np.exp2(np.clip(weights[rivals], -60.0, 60.0)), minlength=len(weights)
    )
    result: Floats = np.log2(1.0 + odds)
    return result


def _confirmed(
    scored: Scored, weights: Floats, edges: Ints, others: Ints, between: Floats
) -> Floats:
    """Weights no less than what a likely partner says who is surely the same person."""
    sure = (between > _LIKELY) & (scored.guards[edges] == 0) & (scored.guards[others] == 0)
    edges, others, between = edges[sure], others[sure], between[sure]
    chance = probabilities(weights[others]) * probabilities(between)
    told = np.log2(np.maximum(chance, 1e-12)) - np.log2(np.maximum(1.0 - chance, 1e-12))
    # Hearsay alone makes a link only if it comes from beyond doubt.
    told = np.where(weights[others] >= _BEYOND_DOUBT, told, np.minimum(told, MOST_UNDER_GUARD))
    best = np.full(len(weights), _NEVER)
    np.maximum.at(best, edges, told)
    result: Floats = np.maximum(weights, best)
    return result
