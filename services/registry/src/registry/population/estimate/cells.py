"""The cells of two lists: how many are in each, how many in both, by country and group. Pure sums
over rows; nothing is estimated here.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class ListsRefused(ValueError):
    """The lists contradict themselves; the text names the cause and the cure."""


@dataclass(frozen=True, slots=True)
class Residents:
    """Rows of self-registration abroad, workers only.

    `share` is the part of a person that a row stands for: one over the person's rows. A country
    or group below 0 is not known; such a row is left out.
    """

    country: Codes
    group: Codes
    share: Floats


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows of the register of placements; `is_returned` where a return is told."""

    country: Codes
    group: Codes
    share: Floats
    is_returned: Flags


@dataclass(frozen=True, slots=True)
class Links:
    """Rows of both lists that may be one person, and the probability that they are."""

    resident: Ints
    placed: Ints
    chance: Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """Persons by group (first axis), country of placement and country of residence.

    Placed and linked include those whose return is told; `returned` and `returned_linked` are
    these alone. `doubt` is the variance of the links, since each is a probability.
    """

    registered: Floats
    placed: Floats
    returned: Floats
    linked: Floats
    returned_linked: Floats
    doubt: Floats

    @property
    def together(self) -> "Cells":
        """All groups as one; a leading axis of repetitions stays."""
        return Cells(
            self.registered.sum(axis=-2, keepdims=True),
            self.placed.sum(axis=-2, keepdims=True),
            self.returned.sum(axis=-2, keepdims=True),
            self.linked.sum(axis=-3, keepdims=True),
            self.returned_linked.sum(axis=-3, keepdims=True),
            self.doubt.sum(axis=-3, keepdims=True),
        )


def tally(
    residents: Residents,
    placed: Placed,
    links: Links,
    *,
    countries: int,
    groups: int,
    extra_doubt: float = 0.0,
) -> Cells:
    """The cells of the lists; the order of rows and links changes nothing. Raises ListsRefused for
    rows, shares and probabilities that cannot be.
    """
    _check_rows("registration", residents, countries, groups)
    _check_rows("placement", placed, countries, groups)
    _check_links(links, len(residents.country), len(placed.country))
    is_resident = (residents.country >= 0) & (residents.group >= 0)
    is_placed = (placed.country >= 0) & (placed.group >= 0)
    used = is_resident[links.resident] & is_placed[links.placed]
    resident, row = links.resident[used], links.placed[used]
    chance = links.chance[used]
    share = residents.share[resident] * placed.share[row]
    cell = (placed.group[row].astype(np.int64) * countries + placed.country[row]) * countries
    cell += residents.country[resident]
    told = placed.is_returned[row]
    shape = (groups, countries, countries)

    def linked(parts: Floats, chosen: Flags | slice) -> Floats:
        sums = np.bincount(cell[chosen], weights=parts[chosen], minlength=groups * countries**2)
        return sums.astype(np.float64).reshape(shape)

    def persons(rows: Residents | Placed, chosen: Flags) -> Floats:
        place = rows.group[chosen].astype(np.int64) * countries + rows.country[chosen]
        sums = np.bincount(place, weights=rows.share[chosen], minlength=groups * countries)
        return sums.astype(np.float64).reshape(groups, countries)

    everything = slice(None)
    return Cells(
        registered=persons(residents, is_resident),
        placed=persons(placed, is_placed),
        returned=persons(placed, is_placed & placed.is_returned),
        linked=linked(share * chance, everything),
        returned_linked=linked(share * chance, told),
        doubt=linked(share**2 * chance * (1.0 - chance) + extra_doubt * share * chance, everything),
    )


def _check_rows(told: str, rows: Residents | Placed, countries: int, groups: int) -> None:
    length = len(rows.country)
    if len(rows.group) != length or len(rows.share) != length:
        raise ListsRefused(f"{told} rows: columns differ in length; give one value a row")
    if length and (rows.country.max() >= countries or rows.group.max() >= groups):
        raise ListsRefused(f"{told} rows: a code lies beyond the countries or groups; count them")
    # A comparison with NaN is false, so that it is refused as well.
    if not bool(((rows.share >= 0.0) & (rows.share <= 1.0)).all()):
        raise ListsRefused(f"{told} rows: a row stands for no more than one person, from 0 to 1")


def _check_links(links: Links, residents: int, placed: int) -> None:
    if not len(links.resident) == len(links.placed) == len(links.chance):
        raise ListsRefused("links: columns differ in length; give one value a link")
    if not len(links.chance):
        return
    for told, rows, size in (
        ("registration", links.resident, residents),
        ("placement", links.placed, placed),
    ):
        if rows.min() < 0 or rows.max() >= size:
            raise ListsRefused(f"links: one names a {told} row that does not exist")
    if not bool(((links.chance >= 0.0) & (links.chance <= 1.0)).all()):
        raise ListsRefused("links: a probability lies outside 0 to 1")
