"""Signs in the lists themselves that an assumption fails: old placements that nobody is seen of
any more, and agencies whose workers register far more often than others.
"""

import numpy as np

from registry.population.estimate.cells import Codes, Flags, Floats, Ints

_SURE = 4.0
_PART = 0.95
_FEWEST_YEARS = 3
_ENOUGH = 5.0


def recent_from(years: Ints, linked: Floats, expected: Floats) -> int:
    """The first year of placement that is seen abroad as often as later ones; the earliest year
    where none is seen less. `expected` is what a placement of its country is usually seen.
    """
    if not len(years):
        return 0
    first, last = int(years.min()), int(years.max())
    while last - first >= _FEWEST_YEARS:
        middle = (first + last) // 2
        old = (years >= first) & (years <= middle)
        if not _is_less(linked, expected, old, years > middle):
            break
        first = middle + 1
    return first


def _is_less(linked: Floats, expected: Floats, old: Flags, new: Flags) -> bool:
    """Whether the old ones are seen less often, surely and by more than a little."""
    awaited_old, awaited_new = expected[old].sum(), expected[new].sum()
    if min(awaited_old, awaited_new) < _ENOUGH:
        return False
    rate_old, rate_new = linked[old].sum() / awaited_old, linked[new].sum() / awaited_new
    error = np.sqrt(max(rate_old, rate_new) * (1.0 / awaited_old + 1.0 / awaited_new))
    return bool(rate_old < _PART * rate_new and rate_new - rate_old > _SURE * error)


def varies(groups: Codes, linked: Floats, expected: Floats) -> bool:
    """Whether being seen abroad depends on the group (an agency) beyond chance; rows of no group,
    below 0, say nothing.
    """
    known = groups >= 0
    if not known.any():
        return False
    awaited = np.bincount(groups[known], weights=expected[known])
    met = np.bincount(groups[known], weights=linked[known])
    spread = np.bincount(groups[known], weights=(expected * (1.0 - expected))[known])
    enough = (awaited >= _ENOUGH) & (spread > 0.0)
    freedom = int(enough.sum()) - 1
    if freedom < 1:
        return False
    squares = float(((met - awaited)[enough] ** 2 / spread[enough]).sum())
    # Wilson and Hilferty: the cube root of a chi-square is nearly normal.
    score = ((squares / freedom) ** (1 / 3) - (1.0 - 2.0 / (9.0 * freedom))) / np.sqrt(
        2.0 / (9.0 * freedom)
    )
    return bool(score > _SURE)
