"""What joining and parting persons would do to the count of today, by the ledger's own rule."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.population.operations import stay_on, together
from registry.population.queries import Heard, load_evidence
from registry.population.timeline import Cell, timeline
from registry.rematching.rules import Change
from registry.rematching.tables import RehearsedChange

_PERSONS_AT_ONCE = 500
CountedCell = tuple[str, str]
"""A country and a source cell."""


@dataclass(slots=True)
class Regrouping:
    """Who would be together: what is left of a person, and records that leave theirs, in groups.

    Each is known by the id of the person or of the record; no two of them are the same.
    """

    leaving: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    """By person the records that would not stay."""
    _above: dict[UUID, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[RehearsedChange]) -> "Regrouping":
        found = cls()
        for one in changes:
            if one.change is Change.WOULD_PART:
                found._add(one.person_id)
                found._add(one.source_record_id)
                found.leaving[one.person_id].add(one.source_record_id)
            elif one.change is Change.WOULD_LINK and one.joined_person_id is not None:
                moved = one.person_id
                found._add(one.person_id)
                if not one.is_alone:
                    moved = one.source_record_id
                    found.leaving[one.person_id].add(moved)
                found._join(moved, one.joined_person_id)
        return found

    def groups(self) -> list[list[UUID]]:
        grouped: dict[UUID, list[UUID]] = defaultdict(list)
        for one in self._above:
            grouped[self._top(one)].append(one)
        return list(grouped.values())

    def _add(self, one: UUID) -> None:
        self._above.setdefault(one, one)

    def _join(self, one: UUID, other: UUID) -> None:
        self._add(one)
        self._add(other)
        self._above[self._top(one)] = self._top(other)

    def _top(self, one: UUID) -> UUID:
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one


async def count_effect(
    session: AsyncSession, changes: Sequence[RehearsedChange], *, today: date
) -> Counter[CountedCell]:
    """By how much each cell of the count of today would differ if all changes came true."""
    regrouping = Regrouping.of(changes)
    persons = {
        one for change in changes for one in (change.person_id, change.joined_person_id) if one
    }
    effect: Counter[CountedCell] = Counter()
    for some in _portions(regrouping.groups(), persons, changes):
        heard = await _heard_of(session, some.persons)
        for person_id in some.counted:
            _count(effect, heard[person_id], today, by=-1)
        for group in some.groups:
            said = [one for member in group for one in _said_by(member, heard, regrouping, some)]
            _count(effect, said, today, by=1)
    return Counter({cell: number for cell, number in effect.items() if number})


@dataclass(slots=True)
class _Portion:
    """Groups that are counted in one go, and the persons whom their evidence stands with now."""

    groups: list[list[UUID]] = field(default_factory=list)
    persons: set[UUID] = field(default_factory=set)
    counted: set[UUID] = field(default_factory=set)
    person_of: dict[UUID, UUID] = field(default_factory=dict)


def _portions(
    groups: Iterable[list[UUID]], persons: set[UUID], changes: Iterable[RehearsedChange]
) -> Iterator[_Portion]:
    person_of = {one.source_record_id: one.person_id for one in changes}
    portion = _Portion()
    for group in groups:
        portion.groups.append(group)
        portion.counted |= {one for one in group if one in persons}
        portion.person_of |= {one: person_of[one] for one in group if one not in persons}
        portion.persons |= {person_of[one] if one not in persons else one for one in group}
        if len(portion.persons) >= _PERSONS_AT_ONCE:
            yield portion
            portion = _Portion()
    yield portion


async def _heard_of(session: AsyncSession, person_ids: set[UUID]) -> dict[UUID, list[Heard]]:
    heard: dict[UUID, list[Heard]] = defaultdict(list)
    for one in await load_evidence(session, person_ids):
        heard[one.person_id].append(one)
    return heard


def _said_by(
    member: UUID, heard: dict[UUID, list[Heard]], regrouping: Regrouping, portion: _Portion
) -> list[Heard]:
    """What a record that leaves says, or what is left of a person."""
    if member in portion.person_of:
        return [one for one in heard[portion.person_of[member]] if one.origin_id == member]
    gone = regrouping.leaving.get(member, set())
    return [one for one in heard[member] if one.origin_id not in gone]


def _count(effect: Counter[CountedCell], said: Sequence[Heard], today: date, *, by: int) -> None:
    cell = _cell_on(said, today)
    if cell is not None:
        effect[cell.country, cell.source_cell.value] += by


def _cell_on(said: Sequence[Heard], day: date) -> Cell | None:
    stay = stay_on(timeline(together(said)), day)
    return stay.cell if stay else None
