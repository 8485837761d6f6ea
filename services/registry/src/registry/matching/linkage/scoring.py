"""Pairs scored chunk by chunk: compared, weighed, guarded; one pair and millions alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import Bytes, Floats
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.comparing import compare
from registry.matching.linkage.guards import guards_of, held
from registry.matching.linkage.model import Weights
from registry.matching.linkage.rarity import Rarities
from registry.matching.linkage.records import Records
from registry.matching.linkage.spreading import spread
from registry.matching.linkage.weighing import weigh

CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs with their match weight in bits and the guards that fired."""

    pairs: Pairs
    weights: Floats
    guards: Bytes

    def __len__(self) -> int:
        return len(self.pairs)

    def where(self, chosen: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> "Scored":
        pairs = Pairs(self.pairs.ours[chosen], self.pairs.theirs[chosen])
        return Scored(pairs, self.weights[chosen], self.guards[chosen])


def score(
    records: Records, pairs: Pairs, weights: Weights, *, rarities: Rarities, least: float
) -> Scored:
    """The pairs whose weight reaches `least` bits, in their order."""
    chunks = list(_chunks(pairs))

    def score_one(place: int) -> Scored:
        return _score_chunk(records, chunks[place], weights, rarities=rarities, least=least)

    parts = spread(score_one, len(chunks))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Scored(Pairs(nothing, nothing), np.zeros(0), np.zeros(0, dtype=np.uint8))
    return joined(parts)


def joined(parts: list[Scored]) -> Scored:
    return Scored(
        Pairs(
            np.concatenate([part.pairs.ours for part in parts]),
            np.concatenate([part.pairs.theirs for part in parts]),
        ),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.guards for part in parts]),
    )


def _chunks(pairs: Pairs) -> Iterator[Pairs]:
    for begin in range(0, len(pairs), CHUNK):
        yield Pairs(pairs.ours[begin : begin + CHUNK], pairs.theirs[begin : begin + CHUNK])


def _score_chunk(
    records: Records, pairs: Pairs, weights: Weights, *, rarities: Rarities, least: float
) -> Scored:
    compared = compare(records, pairs.ours, pairs.theirs, rarities=rarities)
    total = weigh(compared, weights).total
    guards = guards_of(compared)
    scored = Scored(pairs, held(total, guards), guards)
    return scored.where(scored.weights >= least)
