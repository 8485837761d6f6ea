"""The estimate itself: by country and in all, with interval, band of sensitivity and cautions."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from registry.population.estimate.assumptions import ALWAYS, Caution
from registry.population.estimate.cells import Cells, Floats
from registry.population.estimate.definition import ESTIMATE_1, EstimateDefinition
from registry.population.estimate.repeating import repeat
from registry.population.estimate.solving import Solved, Usable, solve, usable

_INSIDE = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Workers present, registered or not: an estimate and never a count.

    `low` and `high` hold 95 per cent if the assumptions hold; the band holds the estimates where
    the lists depend on each other as far as the definition says. `seen` are those in a list.
    """

    estimate: float
    low: float
    high: float
    band_low: float
    band_high: float
    seen: float
    links: float
    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True)
class Estimates:
    """All countries of the cells, in their order, and all together."""

    definition_id: str
    countries: tuple[Estimate, ...]
    total: Estimate


def estimate(
    cells: Cells,
    *,
    definition: EstimateDefinition = ESTIMATE_1,
    noticed: Iterable[Caution] = (),
) -> Estimates | None:
    """The estimate of these cells, or None where too few people are in both lists to say any.

    `noticed` are cautions from whoever made the cells; they come with every figure.
    """
    if (cells.linked - cells.returned_linked).sum() < definition.links_at_least:
        return None
    use = usable(cells, definition)
    solved = solve(cells, use, definition)
    repeated = repeat(cells, solved, use, definition)
    general = _general(cells, noticed)
    low, high = np.percentile(repeated, _INSIDE, axis=0)
    low, high = _widened(solved, use, definition, low, high)
    figures = _Figures(solved, definition)
    countries = tuple(
        figures.of(
            place,
            float(low[place]),
            float(high[place]),
            (*general, *_noticed(cells, solved, use, definition, place)),
        )
        for place in range(len(low))
    )
    weak = ~use.countries
    total_low, total_high = np.percentile(repeated[:, use.countries].sum(axis=1), _INSIDE)
    return Estimates(
        definition.id,
        countries,
        figures.of(
            slice(None),
            float(total_low + low[weak].sum()),
            float(total_high + high[weak].sum()),
            (*general, *_of_all(countries, general)),
        ),
    )


class _Figures:
    """Sums of a solution over a country or all."""

    def __init__(self, solved: Solved, definition: EstimateDefinition) -> None:
        self._present = solved.by_country
        self._seen = solved.seen.sum(axis=0)
        self._links = solved.linked.sum(axis=(0, 1))
        self._odds = definition.odds

    def of(
        self, place: int | slice, low: float, high: float, cautions: tuple[Caution, ...]
    ) -> Estimate:
        present = float(np.sum(self._present[place]))
        seen = float(np.sum(self._seen[place]))
        least, most = (seen + odds * (present - seen) for odds in self._odds)
        return Estimate(
            estimate=present,
            low=min(low, present),
            high=max(high, present),
            band_low=least,
            band_high=most,
            seen=seen,
            links=float(np.sum(self._links[place])),
            cautions=cautions,
        )


def _widened(
    solved: Solved, use: Usable, definition: EstimateDefinition, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Intervals of countries that cannot speak for themselves: from those seen to what a much
    lower coverage would mean.
    """
    seen, present = solved.seen.sum(axis=0), solved.by_country
    part = definition.least_part_of_coverage
    covered = np.divide(seen, present, out=np.ones_like(seen), where=present > 0.0)
    weak = ~use.countries
    low = np.where(weak, seen, low)
    return low, np.where(weak, np.maximum(high, seen / (part * covered)), high)


def _general(cells: Cells, noticed: Iterable[Caution]) -> tuple[Caution, ...]:
    noticed = tuple(noticed)
    returns = Caution.RETURNS_PARTLY_TOLD if cells.returned.any() else Caution.RETURNS_UNKNOWN
    if Caution.RETURNS_BY_DEFINITION in noticed:
        return tuple(dict.fromkeys((*ALWAYS, *noticed)))
    return tuple(dict.fromkeys((*ALWAYS, returns, *noticed)))


def _noticed(
    cells: Cells, solved: Solved, use: Usable, definition: EstimateDefinition, place: int
) -> Iterable[Caution]:
    if solved.linked[:, place, place].sum() < definition.links_of_a_country:
        yield Caution.FEW_LINKS
    if not cells.registered[:, place].any():
        yield Caution.NO_SELF_REGISTRATION
    if use.countries[place] and solved.is_bounded[place]:
        yield Caution.COVERAGE_OUT_OF_BOUNDS


def _of_all(countries: Iterable[Estimate], general: tuple[Caution, ...]) -> Iterable[Caution]:
    """What is noticed in any country is told of the whole as well."""
    met = {caution for one in countries for caution in one.cautions} - set(general)
    return (caution for caution in Caution if caution in met)
