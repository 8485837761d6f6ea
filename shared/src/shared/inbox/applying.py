"""Giving messages their effect: together while all goes well, one by one after a failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import ConsumerRecord
from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import outbox
from shared.cloudevents import Event, Unreadable, read_event
from shared.db import Database, is_passing
from shared.inbox.cursors import Cursor, Place, beginnings, lock_cursors, save_cursors
from shared.inbox.parking import Arrival, Parking, Reason, told
from shared.messages import catalogue
from shared.messages.base import Message
from shared.privacy import Keyring
from shared.telemetry import parse_traceparent, working_within

Handler = Callable[[AsyncSession, Any, Event], Awaitable[None]]
Result = TypeVar("Result")
_TRIES = 3
_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a service does when told: one function a message type.

    `every` gets all applied events of a transaction at once, whatever their type (the gateway's
    feed). A type in neither moves the cursor all the same.
    """

    by_message: Mapping[type[Message], Handler]
    every: Callable[[AsyncSession, Sequence[Event]], Awaitable[None]] | None = None
    topics: Sequence[str] = ()

    @property
    def all_topics(self) -> list[str]:
        """The topics to read: those of the handled messages, and those named beside them."""
        consumed = {catalogue.entry_of(model).topic for model in self.by_message}
        return sorted(consumed | set(self.topics))


class HandlerFailed(Exception):
    """A handler could not digest one event; carries which, so that the right key is parked."""

    def __init__(self, arrival: Arrival, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.arrival = arrival
        self.error = error


@dataclass(slots=True)
class Work:
    """One transaction of the inbox: its session, the cursors it holds, what it has applied."""

    session: AsyncSession
    cursors: dict[Place, Cursor]
    applied: list[Event] = field(default_factory=list)


class Inbox:
    """Applies records of the bus to the database of one service."""

    def __init__(
        self,
        database: Database,
        handlers: Handlers,
        *,
        keyring: Keyring,
        prefix: str = "",
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.parking = Parking(keyring)
        self._handlers = handlers
        self._prefix = prefix
        self._after_commit = after_commit
        self._known = catalogue.by_type()

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Give a batch its effect; returns only when each record had it, was held, or is parked.

        A fault of the database is waited out with everything rolled back. A message is parked
        only for an error of its own handler.
        """
        arrivals = [arrival for record in records if (arrival := await self._read(record))]
        try:
            await patiently(self._apply_together, arrivals)
        except HandlerFailed:
            for arrival in arrivals:
                await self._apply_alone(arrival)

    async def advance(self, work: Work, arrival: Arrival) -> bool:
        """Apply the message if it is the next of its key, hold it if it is later, else skip it."""
        event = arrival.event
        cursor = work.cursors[event.topic, event.key]
        if event.sequence <= cursor.last_sequence:
            return False
        if cursor.parked or event.sequence > cursor.last_sequence + 1:
            reason = Reason.BEHIND if cursor.parked else Reason.GAP
            if await self.parking.put(work.session, cursor, arrival, reason=reason):
                log.warning("message held", extra={"facts": _facts(event, reason)})
            return False
        await self._handle(work, arrival)
        cursor.moved_to(event.sequence)
        if cursor.waiting:
            await self.parking.remove(work.session, cursor)
        return True

    async def finish(self, work: Work) -> None:
        """Events of the effect, cursors, commit: in this order and together."""
        if self._handlers.every is not None and work.applied:
            await self._handlers.every(work.session, work.applied)
        await work.session.flush()
        await outbox.flush(work.session)
        await save_cursors(work.session, work.cursors.values())
        await work.session.commit()
        if work.applied:
            self._after_commit()

    async def _read(self, record: ConsumerRecord) -> Arrival | None:
        topic = record.topic.removeprefix(self._prefix)
        try:
            event = read_event(
                topic=topic, key=record.key, headers=record.headers, value=record.value
            )
        except Unreadable as error:
            await patiently(self._park_unreadable, record, topic, str(error))
            return None
        return Arrival(event, record.partition, record.offset)

    async def _apply_together(self, arrivals: Sequence[Arrival]) -> None:
        if not arrivals:
            return
        async with self.database.session() as session:
            begin = beginnings(arrival.event for arrival in arrivals)
            work = Work(session, await lock_cursors(session, begin))
            for arrival in arrivals:
                applied = await self.advance(work, arrival)
                cursor = work.cursors[arrival.event.topic, arrival.event.key]
                while applied and cursor.waiting:
                    held = await self.parking.find_next(session, cursor)
                    applied = held is not None and await self.advance(work, held)
            await self.finish(work)

    async def _apply_alone(self, arrival: Arrival) -> None:
        """One message in a transaction of its own: three tries, then its key is parked."""
        for attempt in range(1, _TRIES + 1):
            try:
                await patiently(self._apply_one, arrival)
                break
            except HandlerFailed as failure:
                if attempt == _TRIES:
                    await patiently(self._park, failure)
                else:
                    await asyncio.sleep(_PAUSE_SECONDS)
        await self._drain_alone(arrival)

    async def _apply_one(self, arrival: Arrival) -> None:
        async with self.database.session() as session:
            work = Work(session, await lock_cursors(session, beginnings([arrival.event])))
            await self.advance(work, arrival)
            await self.finish(work)

    async def _drain_alone(self, arrival: Arrival) -> None:
        """Apply what was held for a key and is next in line, one transaction each."""
        while held := await patiently(self._find_drainable, arrival):
            try:
                await patiently(self._apply_one, held)
            except HandlerFailed as failure:
                await patiently(self._park, failure)

    async def _find_drainable(self, arrival: Arrival) -> Arrival | None:
        async with self.database.session() as session:
            cursors = await lock_cursors(session, beginnings([arrival.event]))
            cursor = cursors[arrival.event.topic, arrival.event.key]
            if cursor.parked or not cursor.waiting:
                return None
            return await self.parking.find_next(session, cursor)

    async def _handle(self, work: Work, arrival: Arrival) -> None:
        event = arrival.event
        work.applied.append(event)
        entry = self._known.get(event.type)
        handler = self._handlers.by_message.get(entry.model) if entry else None
        if entry is None or handler is None:
            return
        work.session.info["causation_id"] = str(event.id)
        attributes = {"messaging.message.id": str(event.id), "messaging.operation.type": "process"}
        try:
            with working_within(
                parse_traceparent(event.traceparent),
                f"process {event.topic}",
                kind=SpanKind.CONSUMER,
                attributes=attributes,
            ):
                await handler(work.session, entry.model.model_validate_json(event.data), event)
                await work.session.flush()
        except Exception as error:
            raise HandlerFailed(arrival, error) from error
        finally:
            work.session.info.pop("causation_id", None)

    async def _park(self, failure: HandlerFailed) -> None:
        arrival, event = failure.arrival, failure.arrival.event
        error = told(failure.error)
        async with self.database.session() as session:
            cursors = await lock_cursors(session, beginnings([event]))
            cursor = cursors[event.topic, event.key]
            if event.sequence != cursor.last_sequence + 1:
                return
            await self.parking.put(session, cursor, arrival, reason=Reason.FAILED, error=error)
            await self.parking.mark_failed(session, event, error)
            cursor.parked = cursor.is_changed = True
            await self.finish(Work(session, cursors))
        log.error(
            "message parked", exc_info=failure.error, extra={"facts": _facts(event, Reason.FAILED)}
        )

    async def _park_unreadable(self, record: ConsumerRecord, topic: str, error: str) -> None:
        async with self.database.session() as session:
            await self.parking.put_unreadable(session, record, topic, error)
            await self.finish(Work(session, {}))
        place = {"topic": topic, "partition": record.partition, "offset": record.offset}
        log.error("unreadable message parked", extra={"facts": place})


async def patiently(work: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
    """Do it, and again after a pause for as long as only the database is to blame."""
    pause = _PAUSE_SECONDS
    while True:
        try:
            return await work(*arguments)
        except Exception as error:
            cause = error.error if isinstance(error, HandlerFailed) else error
            if not is_passing(cause):
                raise
            log.warning("waiting for the database", extra={"facts": {"error": told(cause)}})
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _facts(event: Event, reason: Reason) -> dict[str, object]:
    return {
        "topic": event.topic,
        "key": event.key,
        "sequence": event.sequence,
        "type": event.type,
        "reason": reason.value,
    }
