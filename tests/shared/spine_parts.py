"""Small parts for tests of the spine: messages of one key, records as the broker would give them,
handlers that note each effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import ConsumerRecord
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock, outbox
from shared.cloudevents import Event, headers_of
from shared.db import Database, driver_sql
from shared.ids import new_id
from shared.inbox import Handlers, Told
from shared.messages.base import Message
from shared.messages.job_orders import (
    EmployerAccredited,
    EmployerRegistered,
    PlacementAgencyRestored,
)

TOPIC = "job_orders.employer.v1"


def employer_registered(key: UUID) -> EmployerRegistered:
    return EmployerRegistered(
        employer_id=key,
        employer_code="EMP-MY-TEST",
        employer_type="COMPANY",
        country="MY",
        mission="KBRI-KUALA-LUMPUR",
        sector="PLANTATION",
        registered_at=clock.now(),
    )


def said_of(keys: Sequence[UUID]) -> list[Message]:
    """One message for each key named: of the type whose function takes one, then of the type
    whose function takes many, in turn.
    """
    return [
        employer_accredited(key) if number % 2 else employer_registered(key)
        for number, key in enumerate(keys)
    ]


def employer_accredited(key: UUID) -> EmployerAccredited:
    return EmployerAccredited(
        employer_id=key,
        mission="KBRI-KUALA-LUMPUR",
        valid_to=date(2027, 1, 1),
        accredited_at=clock.now(),
    )


def agency_restored(key: UUID) -> PlacementAgencyRestored:
    return PlacementAgencyRestored(placement_agency_id=key, effective_on=date(2026, 1, 1))


async def commit_messages(database: Database, *keys: UUID) -> None:
    """One transaction with one message for each key named, in this order."""
    async with database.session() as session:
        for message in said_of(keys):
            outbox.add(session, message)
        await outbox.flush(session)
        await session.commit()


async def outbox_events(admin: asyncpg.Connection) -> list[Event]:
    """Everything the outbox holds, in the order in which the relay would send it."""
    rows = await admin.fetch("SELECT * FROM outbox ORDER BY position")
    return [
        Event(
            id=row["event_id"],
            type=row["type"],
            topic=row["topic"],
            key=row["key"],
            sequence=row["sequence"],
            time=row["occurred_at"],
            source="urn:sinergi:job-orders",
            data=row["data"],
            sensitivity=row["sensitivity"],
        )
        for row in rows
    ]


@dataclass
class Log:
    """A partition as the consumer sees it: records with rising offsets."""

    offset: int = 0

    def records(self, events: Sequence[Event]) -> list[ConsumerRecord]:
        return [self.record(event) for event in events]

    def record(self, event: Event, **changes: Any) -> ConsumerRecord:
        self.offset += 1
        fields: dict[str, Any] = {
            "topic": event.topic,
            "partition": 0,
            "offset": self.offset,
            "timestamp": 0,
            "timestamp_type": 0,
            "key": event.key.encode(),
            "value": event.data,
            "checksum": None,
            "serialized_key_size": 0,
            "serialized_value_size": 0,
            "headers": tuple(headers_of(event)),
        }
        return ConsumerRecord(**(fields | changes))


class Noting:
    """Handlers that note each effect in the database, and fail for keys that are told to."""

    def __init__(self) -> None:
        self.poisonous: set[str] = set()
        self.attempts = 0

    @property
    def handlers(self) -> Handlers:
        return Handlers(
            by_message={EmployerRegistered: self.note},
            together={EmployerAccredited: self.note_together},
        )

    async def note_together(
        self, session: AsyncSession, told: Sequence[Told[EmployerAccredited]]
    ) -> None:
        assert len({one.event.key for one in told}) == len(told), "of each key one"
        for one in told:
            await self.note(session, one.message, one.event)

    async def note(self, session: AsyncSession, message: Any, event: Event) -> None:
        del message
        self.attempts += 1
        await driver_sql(
            session,
            "INSERT INTO effects (topic, key, sequence) VALUES ($1, $2, $3)",
            event.topic,
            event.key,
            event.sequence,
        )
        if event.key in self.poisonous:
            raise ValueError("this key cannot be digested")


async def effects(admin: asyncpg.Connection) -> dict[str, list[int]]:
    """The sequences that had their effect, by key, in the order of the effect."""
    noted: dict[str, list[int]] = {}
    for row in await admin.fetch("SELECT key, sequence FROM effects ORDER BY number"):
        noted.setdefault(row["key"], []).append(row["sequence"])
    return noted


def new_keys(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]
