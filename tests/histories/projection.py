"""What a reader of the registry's events alone knows: whose each record is, and where ids lead."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.messages import catalogue
from shared.messages.registry import (
    PersonRegistered,
    PersonsMerged,
    PersonSplit,
    SourceRecordLinked,
    SourceRecordUnlinked,
)


@dataclass
class Projection:
    """Persons with their records and redirects, built from nothing by events in their order."""

    persons: set[UUID] = field(default_factory=set)
    person_of: dict[UUID, UUID] = field(default_factory=dict)
    redirects: dict[UUID, UUID] = field(default_factory=dict)

    def replay(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows of the outbox in the order of their positions."""
        models = catalogue.by_type()
        for row in rows:
            self.hear(models[row["type"]].model.model_validate(json.loads(row["data"])))

    def hear(self, message: object) -> None:
        match message:
            case PersonRegistered():
                self.persons.add(message.person_id)
            case SourceRecordLinked():
                self.person_of[message.source_record_id] = message.person_id
            case SourceRecordUnlinked():
                # KeyError: a record is taken from whom it was with, and once.
                assert self.person_of.pop(message.source_record_id) == message.person_id
            case PersonsMerged():
                self._move(message.merged_person_id, message.person_id)
                self.redirects[message.merged_person_id] = message.person_id
            case PersonSplit():
                self.redirects.pop(message.split_person_id, None)
                for record_id in message.source_record_ids:
                    if record_id in self.person_of:
                        self.person_of[record_id] = message.split_person_id
            case _:
                pass

    def leads_to(self, person_id: UUID) -> UUID:
        while person_id in self.redirects:
            person_id = self.redirects[person_id]
        return person_id

    def _move(self, from_person: UUID, to_person: UUID) -> None:
        for record_id, person_id in self.person_of.items():
            if person_id == from_person:
                self.person_of[record_id] = to_person
