"""Which person each record of a share belongs to, decided in memory one after the other. Pure.

A record may be linked to a person whom the record before it in the same share has just made known.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from registry.links.rules import OFFICER, LinkAction
from registry.matching.features import Features
from registry.matching.likeness import Likenesses
from registry.matching.match import Candidate, Decision, Outcome, Reason, match
from registry.sources.rules import LinkDue, SourceSystem

NOBODY = Features()


@dataclass(slots=True)
class Record:
    """A record in play, with the person it is linked to."""

    id: UUID
    system: SourceSystem
    person_id: UUID | None
    is_withdrawn: bool
    due: LinkDue | None
    due_for: UUID | None
    is_officers: bool = False
    is_unlinked: bool = False
    """Withdrawn, and said so: whoever follows the events counts it to nobody."""
    not_persons: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided of one record. `merged_id` names a person emptied by the move."""

    record_id: UUID
    person_id: UUID
    action: LinkAction
    decision: Decision
    merged_id: UUID | None = None


@dataclass(slots=True)
class World:
    """Everything that is locked for one share of linking, and pairs of it compared at once."""

    records: dict[UUID, Record]
    features: dict[UUID, Features]
    pairs: dict[UUID, set[UUID]]
    members: dict[UUID, set[UUID]]
    known: Likenesses
    new_person_id: Callable[[], UUID]
    burdened: set[UUID] = field(default_factory=set)
    """Persons who have more to them than records: never emptied without an officer."""
    spared: set[UUID] = field(default_factory=set)
    """Persons on whom so much hangs that nothing is moved from or to them without an officer."""
    made: dict[UUID, bool] = field(default_factory=dict)
    """Persons registered here, and whether they are provisional."""

    def settle(self, record_id: UUID) -> Settled:
        """Decide one record and move it in this world; later records see it moved."""
        record = self.records[record_id]
        if record.person_id is None:
            return self._settle_unlinked(record)
        return self._settle_linked(record, record.person_id)

    def _settle_unlinked(self, record: Record) -> Settled:
        decision = self.decide(record)
        if decision.person_id is not None:
            self._move(record, decision.person_id)
            return Settled(record.id, decision.person_id, LinkAction.LINKED, decision)
        person_id = self.new_person_id()
        self.made[person_id] = record.system is SourceSystem.CASES
        self.members[person_id] = set()
        self._move(record, person_id)
        return Settled(record.id, person_id, LinkAction.REGISTERED, decision)

    def _settle_linked(self, record: Record, person_id: UUID) -> Settled:
        """A changed record stays where it is unless it alone makes up its person and now clearly
        is another's; anything less clear is for an officer.
        """
        if record.is_withdrawn:
            return _settle_withdrawn(record, person_id)
        stays = LinkAction.LINKED if record.is_unlinked else LinkAction.KEPT
        if record.is_officers:
            decision = _officers_again() if record.is_unlinked else _kept()
            return Settled(record.id, person_id, stays, decision)
        if record.due is not LinkDue.MATCH:
            return Settled(record.id, person_id, stays, _kept())
        decision = self.decide(record)
        if decision.person_id in {None, person_id}:
            contradicted = decision.person_id is None and len(self.members[person_id]) > 1
            return Settled(
                record.id,
                person_id,
                stays,
                _in_doubt(decision) if contradicted else decision,
            )
        alone = self.members[person_id] == {record.id} and person_id not in self.burdened
        target = decision.person_id
        if not alone or target is None or not self.spared.isdisjoint((person_id, target)):
            return Settled(record.id, person_id, stays, _in_doubt(decision))
        self._move(record, target)
        return Settled(record.id, target, LinkAction.MOVED, decision, merged_id=person_id)

    def decide(self, record: Record) -> Decision:
        """What the matcher says of a record among the persons in play, moving nothing."""
        persons = {
            other.person_id
            for other_id in self.pairs.get(record.id, ())
            if (other := self.records.get(other_id)) and other.person_id
        }
        if record.person_id is not None and len(self.members[record.person_id]) > 1:
            persons.add(record.person_id)
        return match(
            self.features.get(record.id, NOBODY),
            [
                Candidate(person_id, tuple(self._of_person(person_id, without=record.id)))
                for person_id in sorted(persons, key=str)
                if person_id not in record.not_persons and self.members[person_id] != {record.id}
            ],
            known=self.known,
        )

    def is_officers(self, record_id: UUID) -> bool:
        """Whether an officer gave the record its person."""
        return record_id in self.records and self.records[record_id].is_officers

    def _of_person(self, person_id: UUID, *, without: UUID) -> Iterator[Features]:
        for record_id in sorted(self.members[person_id], key=str):
            if record_id != without and record_id in self.features:
                yield self.features[record_id]

    def _move(self, record: Record, person_id: UUID) -> None:
        if record.person_id is not None:
            self.members[record.person_id].discard(record.id)
        record.person_id = person_id
        self.members[person_id].add(record.id)


def members_of(records: Iterable[Record]) -> dict[UUID, set[UUID]]:
    members: dict[UUID, set[UUID]] = {}
    for record in records:
        if record.person_id is not None:
            members.setdefault(record.person_id, set()).add(record.id)
    return members


def _settle_withdrawn(record: Record, person_id: UUID) -> Settled:
    """It stays where it was, for its history, and counts no more; that is said once."""
    if record.is_unlinked:
        return Settled(record.id, person_id, LinkAction.KEPT, _kept())
    decision = Decision(Outcome.NO_LINK, None, (Reason.RECORD_WITHDRAWN,))
    return Settled(record.id, person_id, LinkAction.UNLINKED, decision)


def _officers_again() -> Decision:
    """The withdrawal was taken back, and with it an officer's word counts again."""
    return Decision(Outcome.AUTO_LINK, None, (Reason.DECIDED_BY_OFFICER,), model=OFFICER)


def _kept() -> Decision:
    return Decision(Outcome.AUTO_LINK, None, ())


def _in_doubt(decision: Decision) -> Decision:
    """The record stands with its person, but an officer must look."""
    return Decision(Outcome.REVIEW, None, decision.reasons, decision.comparisons, decision.model)
