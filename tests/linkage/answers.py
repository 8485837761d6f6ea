"""Reads a set's answer key and what a matcher wrote, and marks each pair as right or wrong."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

from tests.linkage.draws.drawing import Draw

Pair = tuple[str, str]


class Mode(StrEnum):
    """The contract's modes, in its own words."""

    LINK = "link"
    DEDUPE = "dedupe"
    UNIFY = "unify"


class Scored(NamedTuple):
    """A pair that a matcher named, and whether it is of one person."""

    score: float
    is_true: bool
    pair: Pair


class Key(NamedTuple):
    """Which person each row is of, and on which side it lies."""

    person: Mapping[str, str]
    left: frozenset[str]
    mode: Mode

    def rows(self) -> list[str]:
        """The rows that this mode speaks of."""
        if self.mode is Mode.DEDUPE:
            return [one for one in self.person if one in self.left]
        return list(self.person)

    def total(self) -> int:
        """How many pairs are true."""
        groups: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in self.rows():
            groups[self.person[one]][one not in self.left] += 1
        if self.mode is Mode.LINK:
            return sum(left * right for left, right in groups.values())
        return sum((n := left + right) * (n - 1) // 2 for left, right in groups.values())

    def pairs(self) -> Iterator[Pair]:
        """Every true pair, the left file's row first where there are two files."""
        groups: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for one in self.rows():
            groups[self.person[one]][one not in self.left].append(one)
        for left, right in groups.values():
            if self.mode is Mode.LINK:
                yield from product(left, right)
            else:
                yield from combinations(left + right, 2)

    def ordered(self, one: str, other: str) -> Pair:
        """The pair as `pairs` would name it, whichever way round a matcher wrote it."""
        if (one in self.left) != (other in self.left):
            return (one, other) if one in self.left else (other, one)
        return (one, other) if one < other else (other, one)


class MalformedAnswerError(Exception):
    """What the command wrote is not what the contract asks for."""


def read_key(draw: Draw, mode: Mode) -> Key:
    with draw.left.open(encoding="utf-8") as file:
        left = frozenset(row["id"] for row in csv.DictReader(file))
    with draw.key.open(encoding="utf-8") as file:
        person = {row["id"]: row["person"] for row in csv.DictReader(file)}
    return Key(person, left, mode)


def read_scored(path: Path, key: Key) -> list[Scored]:
    """The pairs of an output, best first; refuses rows of no file and scores that are none."""
    found: dict[Pair, float] = {}
    repeated = 0
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            one, other, score = row["id_l"], row["id_r"], float(row["score"])
            if one not in key.person or other not in key.person or one == other:
                raise MalformedAnswerError(f"no such pair of rows: {one}, {other}")
            if not 0 <= score <= 1:
                raise MalformedAnswerError(f"not a probability: {score}")
            if key.mode is Mode.LINK and (one not in key.left or other in key.left):
                raise MalformedAnswerError(f"not left to right: {one}, {other}")
            pair = key.ordered(one, other)
            repeated += pair in found
            found[pair] = max(score, found.get(pair, 0.0))
    if repeated:
        raise MalformedAnswerError(f"{repeated} pairs are written twice")
    person = key.person
    scored = [Scored(score, person[a] == person[b], (a, b)) for (a, b), score in found.items()]
    scored.sort(key=lambda one: -one.score)
    return scored
