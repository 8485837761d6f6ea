"""Entities: pairs made consistent, so that what is linked to one record is linked to all of its."""

import logging
from collections import defaultdict

import numpy as np

from registry.matching.linkage.arrays import MISSING, Ints
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.numbers import one_slip_apart
from registry.matching.linkage.reading import Meaning
from registry.matching.linkage.records import Records
from registry.matching.linkage.scoring import Scored

JOIN_FROM = 0.0
"""Bits from which a pair joins two entities: likelier one person than not."""
MOST_IN_ENTITY = 100
_ABSENT = -6.0
"""What a pair of records that share no key says against their being one person, in bits."""

_log = logging.getLogger(__name__)


class _Entities:
    """Records joined pair by pair, the surest first; a join that contradicts itself is refused."""

    def __init__(self, records: Records, weights: dict[tuple[int, int], float]) -> None:
        self.of: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.weights = weights
        numbers = records.numbers.get(Meaning.NATIONAL_ID)
        self.numbers = numbers if records.nik_birth.months.any() else None
        self.well_formed = records.nik_birth.months > 0
        self.enough = _ENOUGH if self.numbers is not None else _ENOUGH_WITHOUT_NUMBERS
        self.refused = 0

    def join(self, ours: int, theirs: int) -> None:
        a, b = self.of.get(ours, ours), self.of.get(theirs, theirs)
        if a == b:
            return
        mine, other = self.members.get(a, [a]), self.members.get(b, [b])
        if (
            len(mine) + len(other) > MOST_IN_ENTITY
            or self._contradict(mine, other)
            or self._outvoted(mine, other)
        ):
            self.refused += 1
            return
        if len(mine) < len(other):
            a, b, mine, other = b, a, other, mine
        self.members[a] = mine + other
        self.members.pop(b, None)
        for record in self.members[a]:
            self.of[record] = a

    def _contradict(self, mine: list[int], other: list[int]) -> bool:
        """Whether well-formed NIKs of both differ by more than a slip, when chained by others."""
        if self.numbers is None or len(mine) + len(other) == 2:  # noqa: PLR2004 - a pair is scored for itself.
            return False
        a, b = self._numbers(mine), self._numbers(other)
        if not len(a) or not len(b) or len(np.intersect1d(a, b)):
            return False
        ours, theirs = np.repeat(a, len(b)), np.tile(b, len(a))
        return not bool(one_slip_apart(self.numbers, ours, theirs).any())

    def _numbers(self, members: list[int]) -> Ints:
        rows = np.array([one for one in members if self.well_formed[one]], dtype=np.int64)
        codes = self.numbers.codes[rows] if self.numbers is not None else rows
        result: Ints = np.unique(codes[codes != MISSING])
        return result

    def _outvoted(self, mine: list[int], other: list[int]) -> bool:
        """Whether the pairs of the two entities, taken together, speak against their being one."""
        if len(mine) == 1 and len(other) == 1:
            return False
        said = [
            self.weights.get((min(one, two), max(one, two)), _ABSENT)
            for one in mine
            for two in other
        ]
        return sum(max(min(bits, _MOST_SAID), _LEAST_SAID) for bits in said) < self.enough * len(
            said
        )


_MOST_SAID, _LEAST_SAID = 12.0, -6.0
_ENOUGH = 0.0
_ENOUGH_WITHOUT_NUMBERS = -4.0
"""Bits a pair between two entities may be short of on average where no identity number speaks:
records that lost most of their values are known by their neighbours, not by each other."""


def close(records: Records, scored: Scored) -> Scored:
    """The pairs with those added that follow from others, and those lowered that contradict."""
    size = len(records)
    linking = np.flatnonzero(scored.weights >= JOIN_FROM)
    order = linking[np.argsort(-scored.weights[linking], kind="stable")]
    weights = dict(
        zip(
            zip(scored.pairs.ours.tolist(), scored.pairs.theirs.tolist(), strict=True),
            scored.weights.tolist(),
            strict=True,
        )
    )
    entities = _Entities(records, weights)
    for ours, theirs in zip(
        scored.pairs.ours[order].tolist(), scored.pairs.theirs[order].tolist(), strict=True
    ):
        entities.join(ours, theirs)
    if entities.refused:
        _log.warning("%d joins of entities refused as contradictory", entities.refused)
    return _told(scored, entities, size)


def _told(scored: Scored, entities: _Entities, size: int) -> Scored:
    entity = np.arange(size, dtype=np.int64)
    for record, one in entities.of.items():
        entity[record] = one
    apart = entity[scored.pairs.ours] != entity[scored.pairs.theirs]
    weights = np.where(apart, np.minimum(scored.weights, JOIN_FROM - 0.1), scored.weights)
    known = set(zip(scored.pairs.ours.tolist(), scored.pairs.theirs.tolist(), strict=True))
    added = defaultdict(list)
    for members in entities.members.values():
        ordered = sorted(members)
        for place, one in enumerate(ordered):
            for two in ordered[place + 1 :]:
                if (one, two) not in known:
                    added["ours"].append(one)
                    added["theirs"].append(two)
    more = len(added["ours"])
    inside = ~apart
    floor = np.where(inside, np.maximum(weights, _FOLLOWS), weights)
    return Scored(
        Pairs(
            np.concatenate([scored.pairs.ours, np.array(added["ours"], dtype=np.int64)]),
            np.concatenate([scored.pairs.theirs, np.array(added["theirs"], dtype=np.int64)]),
        ),
        np.concatenate([floor, np.full(more, _FOLLOWS)]),
        np.concatenate([scored.guards, np.zeros(more, dtype=np.uint8)]),
    )


_FOLLOWS = 3.0
"""The weight of a pair that follows from others alone: likely, and for a person to see."""
