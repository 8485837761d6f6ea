"""Giving messages their effect: together while all goes well, one by one after a failure."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import metrics, outbox
from shared.cloudevents import Event, Unreadable, read_event
from shared.db import Database, is_passing
from shared.inbox.cursors import Cursor, Place, beginnings, lock_cursors, save_cursors
from shared.inbox.parking import Arrival, Parking, Reason, described
from shared.messages import catalogue
from shared.messages.base import Message
from shared.privacy import Keyring
from shared.telemetry import TraceContext, parse_traceparent, within, working_within

if TYPE_CHECKING:
    # HTTP processes have tables of the inbox, and need no Kafka for them.
    from aiokafka import ConsumerRecord

Said = TypeVar("Said", bound=Message)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Told(Generic[Said]):
    """A message with the event that brought it, and the trace in which it has its effect."""

    message: Said
    event: Event
    trace: TraceContext


Queues = dict[Place, deque[Arrival]]
Handler = Callable[[AsyncSession, Any, Event], Awaitable[None]]
ManyHandler = Callable[[AsyncSession, Sequence[Told[Any]]], Awaitable[None]]
_TRIES = 3
_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


@contextmanager
def because_of(session: AsyncSession, told: Told[Any]) -> Iterator[None]:
    """What is published meanwhile is caused by this message and goes on with its trace."""
    session.info["causation_id"] = str(told.event.id)
    try:
        with within(told.trace):
            yield
    finally:
        session.info.pop("causation_id", None)


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a service does when told: one function a message type.

    Those in `together` get messages of many keys at once, of each key one, for types that come by
    the hundred thousand; what they publish for one of them they publish `because_of` it.
    `every` gets all applied events of a transaction at once, whatever their type (the gateway's
    feed). A type in none of them moves the cursor all the same.
    """

    by_message: Mapping[type[Message], Handler]
    together: Mapping[type[Message], ManyHandler] = field(default_factory=dict)
    every: Callable[[AsyncSession, Sequence[Event]], Awaitable[None]] | None = None
    topics: Sequence[str] = ()

    @property
    def models(self) -> set[type[Message]]:
        """The message types that have a function of their own."""
        return {*self.by_message, *self.together}

    async def give(self, session: AsyncSession, told: Told[Any]) -> None:
        """Give one message to its function, as the cause of whatever that publishes."""
        model = type(told.message)
        with because_of(session, told):
            if model in self.together:
                await self.together[model](session, [told])
            else:
                await self.by_message[model](session, told.message, told.event)
            await session.flush()

    @property
    def all_topics(self) -> list[str]:
        """The topics to read: those of the handled messages, and those named beside them."""
        consumed = {catalogue.entry_of(model).topic for model in self.models}
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
    """Applies records of the bus to the database of one service.

    A message whose handler fails is tried again after `pause_seconds`.
    """

    def __init__(
        self,
        database: Database,
        handlers: Handlers,
        *,
        keyring: Keyring,
        prefix: str = "",
        after_commit: Callable[[], None] = lambda: None,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self.database = database
        self.parking = Parking(keyring)
        self._pause_seconds = pause_seconds
        self._handlers = handlers
        self._prefix = prefix
        self._after_commit = after_commit
        self._known = catalogue.by_type()

    async def apply(self, records: "Sequence[ConsumerRecord]") -> None:
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
        if not await self._is_next(work, arrival):
            return False
        await self._handle(work, [arrival])
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

    async def _read(self, record: "ConsumerRecord") -> Arrival | None:
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
            queues: Queues = {}
            for arrival in arrivals:
                place = (arrival.event.topic, arrival.event.key)
                queues.setdefault(place, deque()).append(arrival)
            while due := await self._take_due(work, queues):
                await self._handle(work, due)
            await self.finish(work)

    async def _take_due(self, work: Work, queues: Queues) -> list[Arrival]:
        """The next message of each key that has one."""
        taken = [await self._take(work, place, queues[place]) for place in queues]
        return [arrival for arrival in taken if arrival is not None]

    async def _take(self, work: Work, place: Place, arrived: deque[Arrival]) -> Arrival | None:
        """What is next of one key: held since before, or among what has come now."""
        cursor = work.cursors[place]
        if cursor.waiting and cursor.is_changed and not cursor.parked:
            held = await self.parking.find_next(work.session, cursor)
            if held is not None:
                return held
        while arrived:
            arrival = arrived.popleft()
            if await self._is_next(work, arrival):
                return arrival
        return None

    async def _is_next(self, work: Work, arrival: Arrival) -> bool:
        """Whether it is this message's turn; one whose turn is later is held."""
        event = arrival.event
        cursor = work.cursors[event.topic, event.key]
        if event.sequence <= cursor.last_sequence:
            return False
        if cursor.parked or event.sequence > cursor.last_sequence + 1:
            reason = Reason.BEHIND if cursor.parked else Reason.GAP
            if await self.parking.put(work.session, cursor, arrival, reason=reason):
                log.warning("message held", extra={"facts": _facts(event, reason)})
            return False
        return True

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
                    await asyncio.sleep(self._pause_seconds)
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

    async def _handle(self, work: Work, due: Sequence[Arrival]) -> None:
        """Give the next message of each of these keys its effect, and move their cursors."""
        groups: dict[type[Message], list[Arrival]] = {}
        for arrival in due:
            entry = self._known.get(arrival.event.type)
            if entry is not None and entry.model in self._handlers.together:
                groups.setdefault(entry.model, []).append(arrival)
            elif entry is not None and entry.model in self._handlers.by_message:
                await self._handle_one(work.session, entry.model, arrival)
        for model, group in groups.items():
            await self._handle_many(work.session, model, group)
        for arrival in due:
            event = arrival.event
            work.applied.append(event)
            cursor = work.cursors[event.topic, event.key]
            cursor.moved_to(event.sequence)
            if cursor.waiting:
                await self.parking.remove(work.session, cursor)

    async def _handle_one(
        self, session: AsyncSession, model: type[Message], arrival: Arrival
    ) -> None:
        event = arrival.event
        try:
            with ExitStack() as spans:
                await self._handlers.give(session, _told(spans, model, event))
        except Exception as error:
            raise HandlerFailed(arrival, error) from error

    async def _handle_many(
        self, session: AsyncSession, model: type[Message], group: Sequence[Arrival]
    ) -> None:
        """Which of them fails is found out one by one; here any stands for all."""
        try:
            with ExitStack() as spans:
                told = [_told(spans, model, arrival.event) for arrival in group]
                spans.enter_context(within(None))
                await self._handlers.together[model](session, told)
                await session.flush()
        except Exception as error:
            raise HandlerFailed(group[0], error) from error

    async def _park(self, failure: HandlerFailed) -> None:
        arrival, event = failure.arrival, failure.arrival.event
        error = described(failure.error)
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

    async def _park_unreadable(self, record: "ConsumerRecord", topic: str, error: str) -> None:
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
            log.warning("waiting for the database", extra={"facts": {"error": described(cause)}})
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _told(spans: ExitStack, model: type[Said], event: Event) -> Told[Said]:
    """The message, read within a span of its own that stays open as long as `spans`."""
    span = working_within(
        parse_traceparent(event.traceparent),
        f"process {event.topic}",
        kind=SpanKind.CONSUMER,
        attributes={
            **metrics.of_topic(event.topic, "process"),
            "messaging.message.id": str(event.id),
        },
    )
    trace = spans.enter_context(span)
    return Told(model.model_validate_json(event.data), event, trace)


def _facts(event: Event, reason: Reason) -> dict[str, object]:
    return {
        "topic": event.topic,
        "key": event.key,
        "sequence": event.sequence,
        "type": event.type,
        "reason": reason.value,
    }
