"""Match weights: the prior and one weight a field, in bits, that add up exactly."""

from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import Floats
from registry.matching.linkage.comparing import Compared
from registry.matching.linkage.levels import FIELDS
from registry.matching.linkage.model import BY_RARITY, Weights

_MOST_BY_RARITY = 14.0
_ROWS = np.arange(len(FIELDS))[None, :]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Pairs with the bits of their fields, and against them the bits that they are kin instead."""

    prior: float
    fields: Floats
    kin: Floats

    @property
    def total(self) -> Floats:
        """The match weight: prior and fields, less what a household explains as well."""
        total: Floats = self.prior + self.fields.sum(axis=1) - self.kin
        return total


def weigh(compared: Compared, weights: Weights) -> Weighed:
    """The bits of each field of each pair."""
    fields, kin = _both(compared, weights)
    return Weighed(weights.prior, fields, np.logaddexp2(0.0, kin))


def classes(compared: Compared, weights: Weights) -> tuple[Floats, Floats]:
    """The probabilities that each pair is of one person, and that it is of one household."""
    fields, kin = _both(compared, weights)
    match = weights.prior + fields.sum(axis=1)
    total = np.logaddexp2(np.logaddexp2(0.0, kin), match)
    return np.exp2(match - total), np.exp2(kin - total)


def _both(compared: Compared, weights: Weights) -> tuple[Floats, Floats]:
    levels = compared.levels
    adjust = compared.bits - weights.usual_bits[_ROWS, levels]
    adjust = np.clip(adjust, -_MOST_BY_RARITY, _MOST_BY_RARITY)
    adjust = np.where(BY_RARITY[_ROWS, levels], adjust, 0.0)
    # A name that kin share may be as rare as one that a person keeps.
    kin = weights.kin_prior + (weights.kin_table[_ROWS, levels] + adjust).sum(axis=1)
    return weights.table[_ROWS, levels] + adjust, kin


def probabilities(weights: Floats) -> Floats:
    """The probability that a weight in bits stands for."""
    result: Floats = 1.0 / (1.0 + np.exp2(-np.clip(weights, -1000.0, 1000.0)))
    return result


def bits_of(probability: float) -> float:
    """The weight in bits that stands for a probability."""
    return float(np.log2(probability / (1.0 - probability)))
