"""Weights learned from the files' own pairs, without labels: expectation and maximisation.

Candidates hold nearly all matches, and all pairs that agree on something strong; pairs taken at
random speak for the rest of those that do not match.
"""

from dataclasses import dataclass, replace

import numpy as np

from registry.matching.linkage.arrays import Bytes, Flags, Floats, Halves
from registry.matching.linkage.comparing import Compared
from registry.matching.linkage.levels import FIELDS, Field, place_of
from registry.matching.linkage.model import AMONG_KIN, BY_RARITY, EXPECTED, GROUPS, STATED, Weights
from registry.matching.linkage.weighing import classes

_ROUNDS = 40
_SETTLED = 1e-4
_THOUGHT_OF = 20.0
"""How many matches the table of levels counts for beside those found."""
_MOST_KIN = 0.05
_MATCHED = 0.3
_KIN_OF_PERSONS = 0.015
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Evidence:
    """Compared pairs to learn from: candidates, each for `each` of them, and others at random."""

    candidates: Compared
    each: float
    others: Compared
    pairs: float
    """All pairs there are, compared or not."""
    persons: float
    equal: dict[Field, float]
    """Of all pairs, those with equal values of a field, where they are counted."""
    numbered: float
    """Of all pairs, those with equal birth dates and identity numbers on both sides."""


def learn(evidence: Evidence) -> Weights:
    """Weights under which the evidence is likeliest, from where the table of levels begins."""
    nothing = np.zeros(len(evidence.candidates))
    first = _weights(evidence, nothing, nothing)
    weights = replace(
        first,
        m=EXPECTED.copy(),
        matches=_MATCHED * evidence.persons + 1.0,
        kin_pairs=_KIN_OF_PERSONS * evidence.persons + 1.0,
    )
    for _ in range(_ROUNDS):
        same, kin = classes(evidence.candidates, weights)
        renewed = _weights(evidence, same, kin)
        settled = abs(renewed.matches - weights.matches) <= _SETTLED * max(weights.matches, 1.0)
        weights = renewed
        if settled:
            break
    return weights


def _weights(evidence: Evidence, same: Floats, kin: Floats) -> Weights:
    candidates, others = evidence.candidates, evidence.others
    apart = 1.0 - same - kin
    rest = (evidence.pairs - evidence.each * len(candidates)) / max(len(others), 1)
    width = EXPECTED.shape[1]
    table = np.zeros((2, *EXPECTED.shape))
    usual = np.zeros_like(EXPECTED)
    for row in range(len(FIELDS)):
        levels = candidates.levels[:, row]
        for part, chances in enumerate((same, apart)):
            table[part, row] = np.bincount(levels, weights=chances, minlength=width)
        usual[row] = _usual_bits(levels, candidates.bits[:, row], same, BY_RARITY[row])
    table *= evidence.each
    unlike = table[1].copy()
    for row in range(len(FIELDS)):
        table[1, row] += max(rest, 0.0) * np.bincount(others.levels[:, row], minlength=width)
    for field, total in evidence.equal.items():
        place = (FIELDS.index(field), 1)
        table[1][place] = max(table[1][place], total - table[0][place])
    if evidence.numbered:
        # Twins and neighbours are among those born on one day, whom few random pairs show.
        row, rest = FIELDS.index(Field.NATIONAL_ID), place_of(Field.NATIONAL_ID, "DIFFERENT")
        seen = np.where(GROUPS[row] == 0, table[0, row] + unlike[row], 0.0)[1:].sum()
        table[1, row] = np.where(GROUPS[row] == 0, unlike[row], table[1, row])
        table[1, row, rest] += max(evidence.numbered - seen, 0.0)
    return Weights(
        m=_shares(table[0] + _THOUGHT_OF * EXPECTED),
        u=_shares(table[1] + _LEAST),
        # Households are too few to be learned; a free class would settle on namesakes.
        kin=_shares(AMONG_KIN),
        usual_bits=usual,
        matches=float(evidence.each * same.sum()),
        kin_pairs=min(float(evidence.each * kin.sum()), _MOST_KIN * evidence.persons),
        pairs=evidence.pairs,
        persons=evidence.persons,
    )


def _shares(counts: Floats) -> Floats:
    """Shares of the levels of each field; levels of two groups are counted apart."""
    shares = np.ones_like(counts)
    for group in (0, 1):
        inside = (group == GROUPS) & STATED
        total = np.where(inside, counts, 0.0).sum(axis=1, keepdims=True)
        shares = np.where(inside, counts / np.maximum(total, _LEAST), shares)
    return shares


def _usual_bits(levels: Bytes, bits: Halves, chances: Floats, by_rarity: Flags) -> Floats:
    """The bits of the mean share among matches; a rarer value than that says more."""
    usual = np.zeros(len(by_rarity))
    for place in np.flatnonzero(by_rarity):
        rows = levels == place
        weight = chances[rows] + 1e-6
        if len(weight):
            share = float((np.exp2(-bits[rows].astype(np.float64)) * weight).sum() / weight.sum())
            usual[place] = -np.log2(max(share, 1e-12))
    return usual
