"""From a person's evidence to where that person counts, day by day, and what has changed.

Pure: the whole ledger follows from `timeline` and `difference`, so merging, splitting, correcting
and hearing late need no code of their own. Dates are half open: [starts_on, ends_on).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Self

from registry.population.definition import Definition

UNKNOWN = "UNKNOWN"
PROVISIONAL = "PROVISIONAL"


class Source(StrEnum):
    """Whose list the evidence stands in."""

    KP2MI = "KP2MI"
    KEMLU = "KEMLU"


class SourceCell(StrEnum):
    KP2MI_ONLY = "KP2MI_ONLY"
    KEMLU_ONLY = "KEMLU_ONLY"
    BOTH = "BOTH"


class ExitKind(StrEnum):
    RETURN = "RETURN"
    DEPORTATION = "DEPORTATION"
    LEAVE_FOR_GOOD = "LEAVE_FOR_GOOD"
    DEATH = "DEATH"


class Movement(StrEnum):
    """What happened to the person on that day."""

    ARRIVAL = "ARRIVAL"
    DISCOVERY = "DISCOVERY"
    MOVE = "MOVE"
    SOURCE = "SOURCE"
    CATEGORY = "CATEGORY"
    RETURN = "RETURN"
    DEATH = "DEATH"
    DECAY = "DECAY"


class Change(StrEnum):
    """Why the evidence is not what it was; NEWS is the ordinary course of things."""

    NEWS = "NEWS"
    MERGE = "MERGE"
    SPLIT = "SPLIT"
    CORRECTION = "CORRECTION"
    DEFINITION = "DEFINITION"


class Cause(StrEnum):
    """Why the count changed: the movement itself, or what came to be known of an earlier one."""

    ARRIVAL = "ARRIVAL"
    DISCOVERY = "DISCOVERY"
    MOVE = "MOVE"
    SOURCE = "SOURCE"
    CATEGORY = "CATEGORY"
    RETURN = "RETURN"
    DEATH = "DEATH"
    DECAY = "DECAY"
    MERGE = "MERGE"
    SPLIT = "SPLIT"
    LATE_RECORD = "LATE_RECORD"
    CORRECTION = "CORRECTION"
    RENEWAL = "RENEWAL"
    DEFINITION = "DEFINITION"


@dataclass(frozen=True, slots=True)
class Sign:
    """A source says that the person was in a country on a day; it holds until `live_until`."""

    source: Source
    seen_on: date
    live_until: date
    country: str
    district: str = UNKNOWN
    category: str = UNKNOWN
    is_arrival: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    """The person left a country, or every country where none is named, on a day."""

    kind: ExitKind
    on: date
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one person's whereabouts; a set, so that order cannot matter."""

    signs: frozenset[Sign] = frozenset()
    exits: frozenset[Exit] = frozenset()

    def __or__(self, other: Self) -> "Evidence":
        return Evidence(self.signs | other.signs, self.exits | other.exits)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    country: str
    district: str
    category: str
    source_cell: SourceCell


@dataclass(frozen=True, slots=True)
class Stay:
    """One run of days in one cell, with what began and what ended it."""

    cell: Cell
    starts_on: date
    ends_on: date
    begins_by: Movement
    ends_by: Movement


# The day, the cell, what happened, and whether the cell gains (+1) or loses (-1) by it.
_Step = tuple[date, Cell, Movement, int]


@dataclass(frozen=True, slots=True)
class Posting:
    """From `valid_on` on, one more or one less in a cell."""

    valid_on: date
    cell: Cell
    delta: int
    movement: Movement
    cause: Cause


def timeline(evidence: Evidence) -> tuple[Stay, ...]:
    """Where the person counts, as runs of days in order of time."""
    signs = sorted(evidence.signs, key=_by_precedence)
    stays: list[Stay] = []
    days = sorted(_days_of_change(evidence))
    for day, next_day in pairwise(days):
        here = _live_signs(signs, evidence.exits, day)
        if not here:
            continue
        cell = _cell(here)
        previous = stays[-1] if stays and stays[-1].ends_on == day else None
        if previous and previous.cell == cell:
            stays[-1] = _until(previous, next_day, evidence)
            continue
        begins_by = _beginning(previous, cell, here, day)
        if previous:
            stays[-1] = Stay(previous.cell, previous.starts_on, day, previous.begins_by, begins_by)
        stay = Stay(cell, day, next_day, begins_by, Movement.DECAY)
        stays.append(_until(stay, next_day, evidence))
    return tuple(stays)


def cell_on(stays: Iterable[Stay], day: date) -> Cell | None:
    return next((stay.cell for stay in stays if stay.starts_on <= day < stay.ends_on), None)


def difference(
    before: tuple[Stay, ...],
    after: tuple[Stay, ...],
    *,
    change: Change,
    known_on: date,
    definition: Definition,
) -> list[Posting]:
    """The signed postings that turn one timeline's figures into the other's, in order."""
    balance = _steps(after)
    balance.subtract(_steps(before))
    late_before = known_on - timedelta(days=definition.late_after_days)
    return [
        Posting(
            valid_on,
            cell,
            sense * count,
            movement,
            _cause(movement, change, is_taken_back=count < 0, is_late=valid_on < late_before),
        )
        for (valid_on, cell, movement, sense), count in sorted(balance.items())
        if count
    ]


def _steps(stays: tuple[Stay, ...]) -> Counter[_Step]:
    steps: Counter[_Step] = Counter()
    for stay in stays:
        steps[stay.starts_on, stay.cell, stay.begins_by, +1] += 1
        steps[stay.ends_on, stay.cell, stay.ends_by, -1] += 1
    return steps


def _cause(movement: Movement, change: Change, *, is_taken_back: bool, is_late: bool) -> Cause:
    if change is not Change.NEWS:
        return Cause(change)
    if is_taken_back:
        return Cause.RENEWAL if movement is Movement.DECAY else Cause.CORRECTION
    return Cause.LATE_RECORD if is_late else Cause(movement)


def _days_of_change(evidence: Evidence) -> set[date]:
    days = {day for sign in evidence.signs for day in (sign.seen_on, sign.live_until)}
    return days | {departure.on for departure in evidence.exits}


def _by_precedence(sign: Sign) -> tuple[date, bool, str, str, str, date, bool]:
    """Latest evidence last, and on equal dates the mission's; the rest only keeps one order."""
    return (
        sign.seen_on,
        sign.source is Source.KEMLU,
        sign.country,
        sign.district,
        sign.category,
        sign.live_until,
        sign.is_arrival,
    )


def _live_signs(signs: list[Sign], exits: frozenset[Exit], day: date) -> list[Sign]:
    """The signs that hold on a day, latest first, all of the one country the person is in.

    A sign ends by itself, by a later departure from its country, by death, or by any later sign
    from another country.
    """
    if any(end.kind is ExitKind.DEATH and end.on <= day for end in exits):
        return []
    live: list[Sign] = []
    country: str | None = None
    for sign in reversed(signs):
        if sign.seen_on > day:
            continue
        country = country or sign.country
        if sign.country != country:
            break
        if sign.live_until > day and not _has_left(sign, exits, day):
            live.append(sign)
    return live


def _has_left(sign: Sign, exits: frozenset[Exit], day: date) -> bool:
    return any(
        sign.seen_on <= end.on <= day and end.country in {None, sign.country} for end in exits
    )


def _cell(here: list[Sign]) -> Cell:
    sources = {sign.source for sign in here}
    return Cell(
        here[0].country,
        next((sign.district for sign in here if sign.district != UNKNOWN), UNKNOWN),
        next((sign.category for sign in here if sign.category != UNKNOWN), UNKNOWN),
        SourceCell.BOTH if len(sources) > 1 else SourceCell(f"{sources.pop()}_ONLY"),
    )


def _beginning(previous: Stay | None, cell: Cell, here: list[Sign], day: date) -> Movement:
    if previous is None:
        arrived = any(sign.is_arrival and sign.seen_on == day for sign in here)
        return Movement.ARRIVAL if arrived else Movement.DISCOVERY
    was = previous.cell
    if was.country != cell.country or _both_known_and_differ(was.district, cell.district):
        return Movement.MOVE
    if _both_known_and_differ(was.category, cell.category):
        return Movement.CATEGORY
    return Movement.SOURCE


def _both_known_and_differ(ours: str, theirs: str) -> bool:
    return ours != theirs and UNKNOWN not in {ours, theirs}


def _until(stay: Stay, ends_on: date, evidence: Evidence) -> Stay:
    """The stay prolonged to a day, ending as that day says unless something follows on it."""
    ends_by = Movement.DECAY
    for end in evidence.exits:
        if end.on != ends_on:
            continue
        if end.kind is ExitKind.DEATH:
            ends_by = Movement.DEATH
            break
        if end.country in {None, stay.cell.country}:
            ends_by = Movement.RETURN
    return Stay(stay.cell, stay.starts_on, ends_on, stay.begins_by, ends_by)
