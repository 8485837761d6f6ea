"""Intervals: the two lists drawn again from what was estimated, and estimated anew each time."""

from collections.abc import Iterator

import numpy as np

from registry.population.estimate.cells import Cells, Floats, Ints
from registry.population.estimate.definition import EstimateDefinition
from registry.population.estimate.solving import Solved, Usable, solve

_SEED = 20_250_714
_MOST_AT_ONCE = 4_000_000
"""Numbers of one table of repetitions; more are drawn in several."""


def repeat(cells: Cells, solved: Solved, use: Usable, definition: EstimateDefinition) -> Floats:
    """Repeated estimates by country, one row a repetition: as many people, listed by chance again,
    linked with the errors of linkage, and told of their return as uncertainly as declared. The
    same cells give the same rows.
    """
    chance = np.random.default_rng(_SEED)
    found = [
        solve(drawn, use, definition).by_country
        for drawn in _drawn(chance, cells, solved, definition)
    ]
    return np.concatenate(found)


def _drawn(
    chance: np.random.Generator, cells: Cells, solved: Solved, definition: EstimateDefinition
) -> Iterator[Cells]:
    left = definition.repetitions
    while left > 0:
        size = min(left, max(1, _MOST_AT_ONCE // max(cells.linked.size, 1)))
        yield _draw(chance, cells, solved, definition, size)
        left -= size


def _draw(
    chance: np.random.Generator,
    cells: Cells,
    solved: Solved,
    definition: EstimateDefinition,
    size: int,
) -> Cells:
    coverage = 1.0 / np.maximum(solved.factors, 1.0)
    placed = _of_the_present(chance, solved, size)
    linked = chance.binomial(placed, coverage[:, None, :])
    people = np.rint(solved.present).astype(np.int64)
    others = np.maximum(people - placed.sum(axis=-2), 0)
    registered = linked.sum(axis=-2) + chance.binomial(others, coverage)
    returned, told = _of_the_returned(chance, cells, definition, size)
    stale_told = chance.poisson(cells.returned_linked, (size, *cells.linked.shape))
    untold = cells.returned_linked * (1.0 / definition.returns_told - 1.0)
    stale = stale_told + chance.poisson(untold, (size, *cells.linked.shape))
    known = (cells.returned_linked + untold).sum(axis=-2)
    unseen = chance.poisson(np.maximum(solved.gone - known, 0.0), registered.shape)
    error = chance.normal(0.0, definition.linkage_error, (size, 1, 1, 1))
    # Who is linked is a sum of probabilities: it scatters by their doubt, and all are off alike.
    noise = chance.normal(0.0, 1.0, linked.shape) * np.sqrt(cells.doubt)
    scale = definition.recall / definition.precision
    return Cells(
        registered=registered + stale.sum(axis=-2) + unseen,
        placed=placed.sum(axis=-1) + returned,
        returned=told.astype(np.float64),
        linked=np.maximum(scale * (linked + stale) * (1.0 + error) + noise, 0.0),
        returned_linked=np.asarray(scale * stale_told, dtype=np.float64),
        doubt=cells.doubt,
    )


def _of_the_present(chance: np.random.Generator, solved: Solved, size: int) -> Ints:
    """Those in the register of placements, by country of placement and of residence."""
    people = np.rint(solved.present).astype(np.int64)
    # Residence first: each country's people fall to the countries of placement, or to none.
    parts = np.swapaxes(solved.placed, -1, -2)
    total = np.maximum(people, parts.sum(axis=-1))
    shares = np.divide(
        parts, total[..., None], out=np.zeros_like(parts), where=total[..., None] > 0.0
    )
    none = np.maximum(1.0 - shares.sum(axis=-1, keepdims=True), 0.0)
    shares = np.concatenate([shares, none], axis=-1)
    shares /= shares.sum(axis=-1, keepdims=True)
    drawn = chance.multinomial(people, shares, size=(size, *people.shape))
    return np.swapaxes(drawn[..., :-1], -1, -2)


def _of_the_returned(
    chance: np.random.Generator, cells: Cells, definition: EstimateDefinition, size: int
) -> tuple[Ints, Ints]:
    """Returned people in the register of placements, and those of them whose return is told."""
    mean, error = definition.returns_told, definition.returns_told_error
    returned = chance.poisson(cells.returned / mean, (size, *cells.returned.shape))
    if error <= 0.0 or mean >= 1.0:
        told = np.full((size, 1, 1), mean)
    else:
        weight = mean * (1.0 - mean) / error**2 - 1.0
        told = chance.beta(mean * weight, (1.0 - mean) * weight, (size, 1, 1))
    return returned, chance.binomial(returned, told)
