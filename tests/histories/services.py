"""Three services on databases of their own, and the wire between them: every topic keeps the order
of each key and nothing else, and may carry anything again.
"""

import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import asyncpg
from aiokafka import ConsumerRecord
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import outbox
from shared.cloudevents import Event
from shared.db import Database
from shared.inbox import Handlers, Inbox
from shared.privacy import Keyring
from tests.shared.spine_parts import Log

Answer = TypeVar("Answer")
Queues = dict[tuple[str, str], deque[ConsumerRecord]]
_KEPT = {"alembic_version", "population_cut", "employers", "employer_history"}
_KEPT |= {"placement_agencies", "placement_agency_history"}


@dataclass
class Service:
    """One service: its database, its handlers, and how far what it said has been collected."""

    name: str
    database: Database
    admin: asyncpg.Connection
    handlers: Handlers
    keyring: Keyring
    collected: int = 0
    arrived: Queues = field(default_factory=dict)
    applied: list[ConsumerRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.database, self.handlers, keyring=self.keyring)
        self.topics = set(self.handlers.all_topics)

    async def transact(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        """One transaction with its events; an exception leaves neither."""
        async with self.database.session() as session:
            answer = await work(session)
            await session.flush()
            await outbox.flush(session)
            await session.commit()
            return answer

    async def forget(self) -> None:
        """Begin with empty tables; employers and agencies stay."""
        tables = await self.admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        names = sorted({row["tablename"] for row in tables} - _KEPT)
        await self.admin.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
        self.collected = 0
        self.arrived.clear()
        self.applied.clear()

    async def said(self) -> list[Event]:
        """What was committed to the outbox since the last time, in its order."""
        rows = await self.admin.fetch(
            "SELECT * FROM outbox WHERE position > $1 ORDER BY position", self.collected
        )
        if rows:
            self.collected = rows[-1]["position"]
        return [_event(row, self.name) for row in rows]

    async def close(self) -> None:
        await self.database.close()
        await self.admin.close()


@dataclass
class Wire:
    """Carries what each service says to whoever reads its topic."""

    services: list[Service]
    log: Log = field(default_factory=Log)

    async def collect(self) -> None:
        """Take up what was committed since the last time."""
        for service in self.services:
            for event in await service.said():
                record = self.log.record(event)
                for reader in self.services:
                    if event.topic in reader.topics:
                        queue = reader.arrived.setdefault((event.topic, event.key), deque())
                        queue.append(record)

    async def deliver(self, reader: Service, rng: random.Random, *, most: int) -> None:
        """Some of what waits, of any keys, in chunks of any size, some of it more than once."""
        records = list(islice(_interleaved(reader.arrived, rng), most))
        while records:
            size = rng.randint(1, len(records))
            chunk, records = records[:size], records[size:]
            again = rng.sample(chunk, rng.randint(0, min(2, len(chunk))))
            await reader.inbox.apply([*chunk, *again])
            reader.applied += chunk

    async def deliver_again(self, reader: Service, rng: random.Random) -> None:
        """A stretch of what was delivered before, as after a lost offset."""
        if reader.applied:
            start = rng.randrange(len(reader.applied))
            await reader.inbox.apply(reader.applied[start : start + rng.randint(1, 12)])

    async def level(self, rng: random.Random) -> None:
        """Until nobody has anything left to say or to hear."""
        await self.collect()
        while any(service.arrived for service in self.services):
            for reader in rng.sample(self.services, len(self.services)):
                await self.deliver(reader, rng, most=10_000)
            await self.collect()


def _interleaved(queues: Queues, rng: random.Random) -> Iterator[ConsumerRecord]:
    while queues:
        place = rng.choice(sorted(queues))
        # A run of one key, as a reader that lags behind in it would get.
        for _ in range(rng.randint(1, 4)):
            if queues[place]:
                yield queues[place].popleft()
        if not queues[place]:
            del queues[place]


def _event(row: Any, service: str) -> Event:
    return Event(
        id=row["event_id"],
        type=row["type"],
        topic=row["topic"],
        key=row["key"],
        sequence=row["sequence"],
        time=row["occurred_at"],
        source=f"urn:sinergi:{service}",
        data=row["data"],
        sensitivity=row["sensitivity"],
    )
