"""Coverage from cells, with people who live elsewhere than they were placed: `M x = n2` solved.

`M[d, c]` are the present who were placed in d, live in c and are in both lists, `n2[d]` the
present who were placed in d, and `x[c]` is one over the coverage of self-registration in c: every
linked person stands for x. Of c there are then `n1[c] x[c]`. Without people who moved this is
Chapman's estimate. Arrays may have leading axes of repetitions.
"""

from dataclasses import dataclass

import numpy as np

from registry.population.estimate.cells import Cells, Flags, Floats
from registry.population.estimate.definition import EstimateDefinition

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Usable:
    """Which countries have links enough to speak for themselves, and which of their groups."""

    countries: Flags
    groups: Flags


@dataclass(frozen=True, slots=True)
class Solved:
    """By group and country of residence: all present, and those of them who are in a list."""

    present: Floats
    factors: Floats
    """One over the coverage of self-registration."""
    seen: Floats
    registered: Floats
    """Registered and present."""
    placed: Floats
    """In the register of placements and present; first the country of placement, then residence."""
    linked: Floats
    gone: Floats
    """Registered, and returned since, by country of residence."""
    is_bounded: Flags

    @property
    def by_country(self) -> Floats:
        total: Floats = self.present.sum(axis=-2)
        return total


def usable(cells: Cells, definition: EstimateDefinition) -> Usable:
    """What the links of the cells suffice for; decided once, and the same for repetitions."""
    linked = np.diagonal(cells.linked - cells.returned_linked, axis1=-2, axis2=-1)
    countries = linked.sum(axis=-2) >= definition.links_at_least
    return Usable(countries, (linked >= definition.links_of_a_group) & countries[..., None, :])


def solve(cells: Cells, use: Usable, definition: EstimateDefinition) -> Solved:
    """The present by group and country. Countries without links enough take the coverage of all;
    groups without links enough that of their country.
    """
    whole = cells.together
    told = definition.returns_told
    scale = definition.precision / definition.recall
    linked = np.maximum(scale * (whole.linked - whole.returned_linked / told), 0.0)
    placed = np.maximum(whole.placed - whole.returned / told, 0.0)
    usual = _ratio(placed.sum(axis=(-2, -1)), linked.sum(axis=(-3, -2, -1)))[..., None, None]
    factors, bounded = _factors(linked, placed, np.broadcast_to(usual, placed.shape), use.countries)
    kept = np.maximum(scale * (cells.linked - cells.returned_linked / told), 0.0)
    there = np.maximum(cells.placed - cells.returned / told, 0.0)
    apart, narrow = _factors(kept, there, np.broadcast_to(factors, there.shape), use.groups)
    gone = _gone(cells, use, definition)
    registered = np.maximum(cells.registered - gone, 0.0)
    both = kept.sum(axis=-2)
    spread = kept * apart[..., None, :]
    # A country that cannot speak for itself: whoever was placed there and is not seen elsewhere.
    elsewhere = spread.sum(axis=-1) - np.diagonal(spread, axis1=-2, axis2=-1)
    stayed = np.where(use.countries[..., None, :], 0.0, np.maximum(there - elsewhere, 0.0))
    spread = _with_diagonal(spread, stayed, ~use.countries)
    # Whoever was placed is somewhere: rows add up to the placed, whatever Chapman's one added.
    spread = spread * _ratio(there, spread.sum(axis=-1))[..., None]
    seen = np.maximum(registered + spread.sum(axis=-2) - both, registered)
    more = _chapman(registered, apart, use.groups)
    present = np.maximum(registered * apart + more, seen)
    pooled = _pooled(seen, usual, both.sum(axis=(-2, -1)), registered.sum(axis=(-2, -1)))
    present = np.where(use.countries[..., None, :], present, pooled)
    return Solved(
        present=present,
        factors=apart,
        seen=seen,
        registered=registered,
        placed=spread,
        linked=kept,
        gone=gone,
        is_bounded=np.asarray((bounded | narrow).any(axis=-2)),
    )


def _factors(linked: Floats, placed: Floats, usual: Floats, use: Flags) -> tuple[Floats, Flags]:
    """One over coverage, from one equation a country of placement; `usual` where not of use."""
    size = placed.shape[-1]
    use = np.broadcast_to(use if use.ndim > 1 else use[None, :], placed.shape)
    one = np.eye(size)
    # Chapman: one more in both lists, so that few links neither fail nor mislead.
    matrix = np.where(use[..., :, None], linked + one, one)
    right = np.where(use, placed + 1.0, usual)
    try:
        found = np.linalg.solve(matrix, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        found = usual
    bounded = use & ~((found >= 1.0) & np.isfinite(found))
    return np.where(bounded, 1.0, found), bounded


def _gone(cells: Cells, use: Usable, definition: EstimateDefinition) -> Floats:
    """The registered who have returned: the same part as of those who are in both lists, where
    alone a return can be told.
    """
    told = cells.returned_linked.sum(axis=-2) / definition.returns_told
    held = cells.linked.sum(axis=-2)
    told_whole, held_whole = told.sum(axis=-2, keepdims=True), held.sum(axis=-2, keepdims=True)
    told_all, held_all = told_whole.sum(-1, keepdims=True), held_whole.sum(-1, keepdims=True)
    enough = held_whole >= definition.links_of_a_country
    part = np.where(enough, _ratio(told_whole, held_whole), _ratio(told_all, held_all))
    part = np.where(use.groups, _ratio(told, held), part)
    result: Floats = cells.registered * np.minimum(part, 1.0)
    return result


def _with_diagonal(spread: Floats, stayed: Floats, chosen: Flags) -> Floats:
    one = np.eye(spread.shape[-1], dtype=np.bool_)
    return np.where(one & chosen[..., None, None, :], stayed[..., None, :], spread)


def _chapman(registered: Floats, factors: Floats, use: Flags) -> Floats:
    """What Chapman's (n1 + 1) x - 1 adds to n1 x: in each group that speaks for itself, and once
    for those of a country that do not.
    """
    part = _ratio(registered, registered.sum(axis=-2, keepdims=True))
    return np.where(use, 1.0, part) * (factors - 1.0)


def _pooled(seen: Floats, usual: Floats, linked: Floats, registered: Floats) -> Floats:
    """All present where both lists cover as much as they do of all countries together."""
    missed = (1.0 - 1.0 / np.maximum(usual, 1.0)) * (
        1.0 - np.minimum(_ratio(linked, registered), 1.0)[..., None, None]
    )
    result: Floats = seen / np.maximum(1.0 - missed, _LEAST)
    return result


def _ratio(over: Floats, under: Floats) -> Floats:
    """A quotient that is 0 where nothing stands below."""
    result: Floats = np.divide(
        over, under, out=np.zeros(np.broadcast_shapes(over.shape, under.shape)), where=under > 0.0
    )
    return result
