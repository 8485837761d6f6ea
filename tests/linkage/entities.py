"""Entities after transitive closure: how well the groups of linked rows agree with the people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.linkage.answers import Pair


class Entities(NamedTuple):
    """Agreement of two ways to group the same rows."""

    pair_precision: float
    pair_recall: float
    pair_f1: float
    b_cubed_f1: float
    found: int
    true: int

    @property
    def count_error(self) -> float:
        """By how much the number of entities is off, as a share of the true number."""
        return self.found / self.true - 1


def closure(rows: Iterable[str], pairs: Iterable[Pair]) -> dict[str, str]:
    """Each row with one row that stands for its group."""
    parent = {one: one for one in rows}

    def root(one: str) -> str:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in pairs:
        parent[root(one)] = root(other)
    return {one: root(one) for one in parent}


def compare(groups: Mapping[str, str], people: Mapping[str, str]) -> Entities:
    """How the groups agree with the people, by pairs and by rows (B-cubed)."""
    both = Counter((group, people[one]) for one, group in groups.items())
    sizes = Counter(groups.values())
    persons = Counter(people[one] for one in groups)
    right, named, total = (
        _pairs(counted) for counted in (both.values(), sizes.values(), persons.values())
    )
    rows = max(1, len(groups))
    precision = sum(n * n / sizes[group] for (group, _), n in both.items()) / rows
    recall = sum(n * n / persons[person] for (_, person), n in both.items()) / rows
    return Entities(
        pair_precision=right / named if named else 1.0,
        pair_recall=right / total if total else 1.0,
        pair_f1=2 * right / (named + total) if named + total else 1.0,
        b_cubed_f1=2 * precision * recall / (precision + recall) if precision + recall else 1.0,
        found=len(sizes),
        true=len(persons),
    )


def groups_of(groups: Mapping[str, str]) -> list[list[str]]:
    """The rows of each group."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one, group in groups.items():
        found[group].append(one)
    return list(found.values())


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)
