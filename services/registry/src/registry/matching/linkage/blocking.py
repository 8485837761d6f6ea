"""Candidate pairs: records that share a match key, with caps on what too many share."""

import logging
from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import Flags, Ints, Keys
from registry.matching.linkage.keys import keys_of
from registry.matching.linkage.records import Records

MOST_IN_BLOCK = 10_000
"""Pairs of one key value; a value that more share says too little to look at them all."""
MOST_PER_RECORD = 2
"""Pairs of one kind of key, for each record: small blocks go first."""
ALWAYS_AFFORDED = 1_000_000
"""Pairs of one kind of key that even few records may have."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Places of records, the lower place first."""

    ours: Ints
    theirs: Ints

    def __len__(self) -> int:
        return len(self.ours)


def candidate_pairs(records: Records, *, within: bool) -> Pairs:
    """Pairs that share a key, each once: between the files, and inside them too if `within`."""
    size = len(records)
    found = [
        _pairs_of(name, arrays, records.left, within=within) for name, arrays in keys_of(records)
    ]
    every = np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    once = every[np.flatnonzero(np.diff(every, prepend=-1))]
    return Pairs(once // size, once % size)


def _pairs_of(name: str, arrays: list[Keys], left: int, *, within: bool) -> Ints:
    size = len(arrays[0])
    budget = max(MOST_PER_RECORD * size, ALWAYS_AFFORDED)
    key = np.concatenate(arrays)
    place = np.tile(np.arange(size, dtype=np.int64), len(arrays))
    there = np.flatnonzero(key)
    key, place = key[there], place[there]
    order = np.argsort(key)
    key, place = key[order], place[order]
    if not within:
        low, high = _across(name, key, place, left, budget=budget)
    else:
        low, high = _within(name, key, place, budget=budget)
    pairs: Ints = low * size + high
    return pairs


def _across(name: str, key: Keys, place: Ints, left: int, *, budget: int) -> tuple[Ints, Ints]:
    is_right = place >= left
    left_keys, left_places = key[~is_right], place[~is_right]
    right_keys, right_places = key[is_right], place[is_right]
    begin = np.searchsorted(right_keys, left_keys, side="left")
    partners = np.searchsorted(right_keys, left_keys, side="right") - begin
    values, own = np.unique(left_keys, return_inverse=True)
    in_block = np.bincount(own, weights=partners, minlength=len(values)).astype(np.int64)
    keep = _within_budget(name, in_block, budget)[own] & (partners > 0)
    partners, begin, left_places = partners[keep], begin[keep], left_places[keep]
    chosen = np.repeat(begin, partners) + _count_up(partners)
    return np.repeat(left_places, partners), right_places[chosen]


def _within(name: str, key: Keys, place: Ints, *, budget: int) -> tuple[Ints, Ints]:
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    keep = _within_budget(name, count * (count - 1) // 2, budget) & (count > 1)
    first, count = first[keep], count[keep]
    rank = _count_up(count)
    begin = np.repeat(first, count) + rank
    partners = np.repeat(count, count) - rank - 1
    ours = np.repeat(begin, partners)
    theirs = ours + 1 + _count_up(partners)
    a, b = place[ours], place[theirs]
    apart = a != b
    a, b = a[apart], b[apart]
    return np.minimum(a, b), np.maximum(a, b)


def _within_budget(name: str, in_block: Ints, budget: int) -> Flags:
    keep = in_block <= MOST_IN_BLOCK
    order = np.argsort(in_block, kind="stable")
    keep[order] &= np.cumsum(in_block[order]) <= budget
    left_out = int((~keep).sum())
    if left_out:
        _log.warning(
            "key %s: %d values shared by too many records left out (largest: %d pairs)",
            name,
            left_out,
            int(in_block.max()),
        )
    return keep


def _count_up(counts: Ints) -> Ints:
    """0, 1, … for each count, one after another."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) - np.repeat(ends - counts, counts)
