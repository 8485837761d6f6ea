"""What is true behind the records: whose each one is, where that person was when, who is abroad."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from deploy.seed.envelopes import Line
from deploy.seed.generator import lines
from deploy.seed.journeys import Stay
from deploy.seed.lives import (
    ENVELOPES_PER_BLOCK,
    PEOPLE_PER_BLOCK,
    System,
    roles,
)
from deploy.seed.people import Person, make_person


class Truth(NamedTuple):
    """One version of one record: whose it is and the stay it tells of (none: never departed)."""

    source_system: str
    record_key: str
    source_updated_at: str
    version: int
    is_withdrawn: bool
    person: int
    life: str
    country: str | None
    arrived_on: date | None
    left_on: date | None


def truth(count: int, seed: int) -> Iterator[Truth]:
    """The truth about each record of `records(...)` of both systems, in the same order."""
    for system in System:
        person: Person | None = None
        for line in lines(system, count, seed):
            if person is None or person.index != line.person_index:
                person = make_person(seed, line.person_index)
            yield _truth_of(line, person)


def _truth_of(line: Line, person: Person) -> Truth:
    stay = None if line.stay is None else person.journey.stays[line.stay]
    return Truth(
        source_system=line.system.value,
        record_key=line.record_key,
        source_updated_at=line.source_updated_at,
        version=line.version,
        is_withdrawn=line.is_withdrawn,
        person=person.index,
        life=person.life.name,
        country=None if stay is None else stay.destination.country,
        arrived_on=None if stay is None else date.fromordinal(stay.arrived),
        left_on=None if stay is None or stay.left is None else date.fromordinal(stay.left),
    )


def write_truth(path: Path, count: int, seed: int) -> int:
    """Write truth.csv; return how many rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Truth._fields)
        writer.writerows(truth(count, seed))
    return count


def expected_counts(as_of: date, count: int, seed: int) -> Counter[str]:
    """Distinct people abroad on that day, by country, among those in at least one system.

    Returned workers are not in it even where no system says so, and people who stayed on are in
    it even where every contract has ended: this is what was so, not what a registry can know.
    """
    return _abroad(as_of, registered_people(count, seed))


def unregistered_counts(as_of: date, count: int, seed: int) -> Counter[str]:
    """People abroad on that day whom neither system knows; an estimate may say, no count can."""
    return _abroad(as_of, unregistered_people(count, seed))


def registered_people(count: int, seed: int) -> Iterator[Person]:
    """Everybody with at least one record among the first `count`, by index."""
    firsts = (
        (line.person_index for line in lines(system, count, seed) if line.version == 1)
        for system in System
    )
    for index, _ in groupby(merge(*firsts)):
        yield make_person(seed, index)


def unregistered_people(count: int, seed: int) -> Iterator[Person]:
    """The people in neither system who belong to the blocks that `count` records touch."""
    blocks = -(-count // sum(ENVELOPES_PER_BLOCK.values()))
    for index in range(blocks * PEOPLE_PER_BLOCK):
        life = roles(seed)[index % PEOPLE_PER_BLOCK].life
        if not any(life.envelopes(system) for system in System):
            yield make_person(seed, index)


def _abroad(as_of: date, people: Iterator[Person]) -> Counter[str]:
    day = as_of.toordinal()
    counts: Counter[str] = Counter()
    for person in people:
        stay = stay_on(person, day)
        if stay is not None:
            counts[stay.destination.country] += 1
    return counts


def stay_on(person: Person, day: int) -> Stay | None:
    """Where the person lived on that day; the day of leaving no longer counts."""
    for stay in person.journey.stays:
        if stay.arrived <= day and (stay.left is None or day < stay.left):
            return stay
    return None
