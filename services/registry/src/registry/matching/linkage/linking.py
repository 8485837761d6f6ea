"""From records to scored pairs: candidates, a model where none is given, scores, and decisions
taken together.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from registry.matching.linkage.arrays import Flags
from registry.matching.linkage.blocking import Pairs, candidate_pairs
from registry.matching.linkage.closing import close
from registry.matching.linkage.collective import weigh_together
from registry.matching.linkage.model import Kind, Model, Weights
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.records import Records
from registry.matching.linkage.scoring import Scored, joined, score
from registry.matching.linkage.training import train

LEAST_TOLD = 0.01
"""Pairs of a lower probability are left out of an answer."""
_LEAST_WEIGHED = -10.0


class Mode(StrEnum):
    """Which pairs are asked for."""

    LINK = "link"
    DEDUPE = "dedupe"
    UNIFY = "unify"


KINDS = {
    Mode.LINK: (Kind.ACROSS,),
    Mode.DEDUPE: (Kind.LEFT,),
    Mode.UNIFY: (Kind.ACROSS, Kind.LEFT, Kind.RIGHT),
}


@dataclass(frozen=True, slots=True)
class Linked:
    """The scored pairs of an answer, and the model that scored them."""

    scored: Scored
    model: Model


def link(records: Records, mode: Mode, *, model: Model | None = None) -> Linked:
    """Every pair of one person that the mode asks for, with its weight."""
    candidates = candidates_of(records, mode)
    if model is None:
        model = train(records, candidates)
    rarities = rarities_of(records, model.rarities)
    parts = []
    for kind, pairs in candidates.items():
        weights = weights_for(model, kind, records)
        scored = score(records, pairs, weights, rarities=rarities, least=_LEAST_WEIGHED)
        parts.append(scored)
    everything = joined(parts)
    between = weights_for(model, KINDS[mode][0], records)
    together = weigh_together(records, everything, between, rarities=rarities)
    if mode is not Mode.LINK:
        together = close(records, together)
    return Linked(together, model)


def candidates_of(records: Records, mode: Mode) -> dict[Kind, Pairs]:
    """Candidate pairs by where their records lie."""
    pairs = candidate_pairs(records, within=mode is not Mode.LINK)
    left = records.left
    lies: dict[Kind, Flags] = {
        Kind.ACROSS: (pairs.ours < left) & (pairs.theirs >= left),
        Kind.LEFT: pairs.theirs < left,
        Kind.RIGHT: pairs.ours >= left,
    }
    return {kind: Pairs(pairs.ours[lies[kind]], pairs.theirs[lies[kind]]) for kind in KINDS[mode]}


def weights_for(model: Model, kind: Kind, records: Records) -> Weights:
    """The model's weights for a kind of pair, or those that it has, at the size of the records."""
    weights = model.weights.get(kind) or next(iter(model.weights.values()))
    left, right = records.left, len(records) - records.left
    counts = {
        Kind.ACROSS: (left * right, min(left, right)),
        Kind.LEFT: (left * (left - 1) / 2, left),
        Kind.RIGHT: (right * (right - 1) / 2, right),
    }
    pairs, persons = counts[kind]
    return weights.at_size(float(max(pairs, 1)), float(max(persons, 1)))


def told(scored: Scored, records: Records, mode: Mode) -> Scored:
    """The pairs of an answer: probable enough, and of the kind that the mode asks for."""
    keep = scored.weights >= np.log2(LEAST_TOLD / (1.0 - LEAST_TOLD))
    if mode is Mode.LINK:
        keep &= (scored.pairs.ours < records.left) & (scored.pairs.theirs >= records.left)
    return scored.where(np.flatnonzero(keep))
