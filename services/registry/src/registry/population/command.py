"""The installed command registry-match: linkage, and with --counts the estimate of all workers
present by country on the pairs that it found.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from registry.matching.linkage import command
from registry.matching.linkage.arrays import Flags, Floats, Ints
from registry.matching.linkage.linking import Mode
from registry.matching.linkage.reading import InputRefused, Meaning, Table
from registry.matching.linkage.records import Records
from registry.matching.linkage.scoring import Scored
from registry.matching.linkage.weighing import probabilities
from registry.population import registers
from registry.population.estimate.assumptions import TEXTS, Caution
from registry.population.estimate.cells import Links, Placed, Residents, tally
from registry.population.estimate.estimating import Estimates, estimate
from registry.population.estimate.signs import recent_from, varies
from registry.population.registers import RegistersUnfit, Told

HEADER = ("country", "estimate", "low", "high")
_ONE_PERSON = 0.5
_SEXES = ("F", "M")
_AGES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives 0, or 2 after one line that says what is wrong."""
    return command.main(arguments, counting=Counting)


class Counting:
    """The estimate of one run: what its files tell is kept while their pairs are sought."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._told: Told | None = None
        self._unfit = ""
        try:
            self._told = registers.read_told(tables)
        except RegistersUnfit as reason:
            self._unfit = str(reason)

    def write(self, path: Path, *, records: Records, answer: Scored, mode: Mode) -> None:
        """Writes the file of the estimate, and says in all what it is and what it rests on."""
        found: Estimates | None = None
        if self._told is not None:
            found = estimate_of(self._told, records, answer, mode)
            self._unfit = "too few people are in both files"
        if found is None:
            sys.stderr.write(f"registry-match: --counts {path}: no estimate, {self._unfit}\n")
        names = self._told.country_names if self._told else []
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(HEADER)
                if found:
                    rows.writerows(_rows(names, found))
        except OSError as error:
            raise InputRefused(f"--counts {path}: cannot be written ({error.strerror})") from None
        if found:
            _tell(found)


def _rows(names: Sequence[str], found: Estimates) -> list[tuple[str, str, str, str]]:
    rows = [
        (name, f"{one.estimate:.0f}", f"{np.floor(one.low):.0f}", f"{np.ceil(one.high):.0f}")
        for name, one in zip(names, found.countries, strict=True)
    ]
    return sorted(rows)


def _tell(found: Estimates) -> None:
    one = found.total
    sys.stderr.write(
        f"registry-match: about {one.estimate:,.0f} workers present ({one.low:,.0f} to"
        f" {one.high:,.0f}), an estimate by {found.definition_id} and no count; {one.band_low:,.0f}"
        f" to {one.band_high:,.0f} if the registers depend on each other\n"
    )
    for caution in one.cautions:
        sys.stderr.write(f"registry-match: {caution}: {TEXTS[caution].en}\n")


def estimate_of(told: Told, records: Records, answer: Scored, mode: Mode) -> Estimates | None:
    """The estimate on the pairs of an answer; None where too few people are in both files."""
    living, placed = told.residence_rows, told.placement_rows
    chance = probabilities(answer.weights)
    ours, theirs = answer.pairs.ours, answer.pairs.theirs
    across = (ours < told.left) & (theirs >= told.left)
    left, right = ours[across], theirs[across] - told.left
    pairs = (right, left) if told.is_left_placement else (left, right)
    links = Links(*pairs, chance[across])
    share_living = np.ones(len(living))
    share_placed = np.ones(len(placed))
    extra_doubt = 0.0
    if mode is Mode.UNIFY:
        one = ~across & (chance >= _ONE_PERSON)
        entity = registers.entities(len(records), ours[one], theirs[one])
        share_living = registers.equal(entity)[living]
        share_placed = registers.latest(entity, told.year)[placed]
    else:
        share_living, share_placed, extra_doubt = _usual_shares(links, len(living), len(placed))
    linked_living = np.minimum(np.bincount(links.resident, links.chance, len(living)), 1.0)
    linked_placed = np.minimum(np.bincount(links.placed, links.chance, len(placed)), 1.0)
    works = registers.workers(told.work, living, linked_living)
    country = told.country.codes
    sample, noticed = _sample(told, placed, linked_placed)
    if not told.tells_work:
        noticed = (Caution.WORK_UNKNOWN, *noticed)
    groups = _groups(records)
    cells = tally(
        Residents(np.where(works, country[living], -1), groups[living], share_living),
        Placed(
            np.where(sample, country[placed], -1),
            groups[placed],
            share_placed,
            told.is_returned[placed],
        ),
        links,
        countries=len(told.country_names),
        groups=(len(_SEXES) + 1) * _AGES,
        extra_doubt=extra_doubt,
    )
    return estimate(cells, noticed=noticed)


def _usual_shares(links: Links, living: int, placed: int) -> tuple[Floats, Floats, float]:
    """Where rows of one person inside a file are not known: the usual share of a row, by how many
    rows the people in both files have, and how much the number of rows adds to the doubt.
    """
    rows_of_a_person = []
    scatter = 0.0
    for side, size in ((links.placed, placed), (links.resident, living)):
        met = np.bincount(side, links.chance, size)
        is_met = np.minimum(met, 1.0).sum()
        mean = met.sum() / is_met if is_met else 1.0
        rows_of_a_person.append(max(mean, 1.0))
        if is_met:
            scatter += max(float((met**2).sum() / is_met) / mean**2 - 1.0, 0.0)
    many_living, many_placed = rows_of_a_person
    return np.full(living, 1.0 / many_living), np.full(placed, 1.0 / many_placed), scatter


def _sample(told: Told, placed: Ints, linked: Floats) -> tuple[Flags, tuple[Caution, ...]]:
    """Which placements are the sample that coverage is measured on, and what they show."""
    country = told.country.codes[placed]
    years = told.year[placed]
    fit = (country >= 0) & ~told.is_returned[placed]
    size = len(told.country_names)
    rows = np.bincount(country[fit], minlength=size)
    rates = np.bincount(country[fit], linked[fit], size) / np.maximum(rows, 1)
    expected = np.where(country >= 0, rates[country], 0.0)
    dated = fit & (years > 0)
    first = recent_from(years[dated], linked[dated], expected[dated])
    noticed: list[Caution] = []
    sample: Flags = (years == 0) | (years >= first)
    if not sample.all():
        noticed.append(Caution.OLD_PLACEMENTS_LEFT_OUT)
    agency = registers.codes_of(told.agency, placed)
    if varies(agency[fit & sample], linked[fit & sample], expected[fit & sample]):
        noticed.append(Caution.DEPENDENCE_SEEN)
    return sample, tuple(noticed)


def _groups(records: Records) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """A group of sex and age for every row; what is not known is a group of its own."""
    sexes = records.texts.get(Meaning.SEX)
    size = len(records)
    sex = np.full(size, len(_SEXES), dtype=np.int32)
    if sexes is not None:
        place = [_SEXES.index(value) if value in _SEXES else len(_SEXES) for value in sexes.values]
        sex = np.array([*place, len(_SEXES)], dtype=np.int32)[sexes.codes]
    years = records.birth.years
    known = years > 0
    middle = np.median(years[known]) if known.any() else 0
    age = np.where(known, (years > middle).astype(np.int32), _AGES - 1)
    return (sex * _AGES + age).astype(np.int32)
