"""Kafka by aiokafka: one producer that reports every failure, one consumer under a watchdog.

The settings that lose events when left at their defaults are set here and guarded by a test.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared import metrics
from shared.cloudevents import Event, headers_of
from shared.watchdog import Heart, watched

PRODUCER_SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 0,
    "request_timeout_ms": 10_000,
    "max_batch_size": 256 * 1024,
    "max_request_size": 1024 * 1024,
}
CONSUMER_SETTINGS: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "session_timeout_ms": 6_000,
    "heartbeat_interval_ms": 2_000,
    "max_poll_interval_ms": 300_000,
    "fetch_max_wait_ms": 250,
    "metadata_max_age_ms": 30_000,
}
BATCH = 200
_POLL_MS = 1_000
_STALLED_SECONDS = 15
_LAY_READY_SECONDS = 0.001
_PATIENCE_SHARE, _MOST_PATIENCE_MS = 0.25, 10
_CONFIRMED_EVERY_SECONDS = 0.2
_STOPPING_SECONDS = 2
"""For one client of the broker: with two of them, or one and the last offsets to tell, work ends
within the watchdog's grace.
"""

log = logging.getLogger(__name__)


class SendFailed(Exception):
    """At least one message of a batch was not acknowledged; the producer must not be used again."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.facts: dict[str, object] = {"error": type(error).__name__}


class Producer:
    """An idempotent producer for one span of trust: any failure ends it."""

    def __init__(self, bootstrap: str, *, prefix: str = "") -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **PRODUCER_SETTINGS)
        self._prefix = prefix

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
        except BaseException as error:
            await self._producer.stop()
            if isinstance(error, (KafkaError, OSError, TimeoutError)):
                raise SendFailed(error) from error
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await asyncio.wait_for(self._producer.stop(), timeout=_STOPPING_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            log.info("producer did not stop cleanly")

    async def send_all(self, events: Sequence[Event]) -> list[tuple[int, int]]:
        """Send in order and wait for all; gives (partition, offset) each; raises SendFailed."""
        acknowledgements = []
        try:
            for event in events:
                acknowledgements.append(  # noqa: PERF401 - what was queued must be awaited on failure.
                    await self._producer.send(
                        self._prefix + event.topic,
                        value=event.data,
                        key=event.key.encode(),
                        headers=headers_of(event),
                    )
                )
        except (KafkaError, OSError, TimeoutError) as error:
            await asyncio.gather(*acknowledgements, return_exceptions=True)
            raise SendFailed(error) from error
        outcomes = await asyncio.gather(*acknowledgements, return_exceptions=True)
        places = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise SendFailed(outcome) from outcome
            places.append((outcome.partition, outcome.offset))
        return places


class LogEnds:
    """Asks the broker where its logs end; for whoever has to notice that one was cut."""

    def __init__(self, bootstrap: str, *, prefix: str = "") -> None:
        self._asker = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, request_timeout_ms=10_000, **CONSUMER_SETTINGS
        )
        self._prefix = prefix

    async def __aenter__(self) -> Self:
        try:
            await self._asker.start()
        except BaseException as error:
            await _stopped(self._asker)
            if isinstance(error, (KafkaError, OSError, TimeoutError)):
                raise SendFailed(error) from error
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await _stopped(self._asker)

    async def ends(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The offset that the next message of each (topic, partition) will get; raises SendFailed
        when the broker does not say.
        """
        asked = {
            TopicPartition(self._prefix + topic, part): (topic, part) for topic, part in places
        }
        if not asked:
            return {}
        try:
            told = await self._asker.end_offsets(list(asked))
        except (KafkaError, OSError, TimeoutError) as error:
            raise SendFailed(error) from error
        return {asked[place]: end for place, end in told.items()}


class Consumer:
    """Reads topics in a group and hands batches on; rebuilt whenever it fails, hangs or stalls.

    Offsets are a hint for the broker only: they are committed after the effect, and what is
    delivered again is skipped by the cursors.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        group: str,
        instance: str,
        topics: Sequence[str],
        prefix: str,
        apply: Callable[[Sequence[ConsumerRecord]], Awaitable[None]],
    ) -> None:
        self._bootstrap = bootstrap
        self._group = f"{prefix}{group}"
        self._instance = f"{prefix}{group}-{instance}"
        self._topics = [prefix + topic for topic in topics]
        self._prefix = prefix
        self._apply = apply
        self._empty_since = time.monotonic()
        self._heart = Heart()

    async def run(self) -> None:
        """Until cancelled. Faults of the broker are waited out; those of `apply` go up."""
        while True:
            try:
                await watched("consumer", self._heart, self._once)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning(
                    "consumer starts again", extra={"facts": {"error": type(error).__name__}}
                )
            await asyncio.sleep(1)

    async def _once(self) -> None:
        consumer = AIOKafkaConsumer(
            *self._topics,
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            group_instance_id=self._instance,
            **CONSUMER_SETTINGS,
        )
        try:
            await consumer.start()
            await self._consume(consumer)
        finally:
            await _stopped(consumer)

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        self._empty_since = time.monotonic()
        took = 0.0
        async with _Confirming(consumer) as confirming:
            while True:
                self._heart.beat()
                confirming.ensure_alive()
                polled = await _poll(consumer, after_ms=1000 * took)
                records = [record for some in polled.values() for record in some]
                if not records:
                    await self._check_for_stall(consumer)
                    continue
                began = time.perf_counter()
                with self._heart.resting():
                    await self._apply(records)
                took = time.perf_counter() - began
                self._count(polled, took)
                confirming.note(polled)
                self._empty_since = time.monotonic()

    def _count(
        self, polled: Mapping[TopicPartition, Sequence[ConsumerRecord]], seconds: float
    ) -> None:
        labels = {metrics.SYSTEM: "kafka", metrics.OPERATION: "process"}
        metrics.record(metrics.PROCESS_DURATION, seconds, labels)
        for place, records in polled.items():
            topic = place.topic.removeprefix(self._prefix)
            metrics.add(metrics.CONSUMED, len(records), metrics.of_topic(topic, "poll"))

    async def _check_for_stall(self, consumer: AIOKafkaConsumer) -> None:
        """A consumer that gets nothing although there is something has stalled: build a new one."""
        if time.monotonic() - self._empty_since < _STALLED_SECONDS:
            return
        self._empty_since = time.monotonic()
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(partitions) if partitions else {}
        for partition, end in ends.items():
            if await consumer.position(partition) < end:
                raise TimeoutError("stalled")


class _Confirming:
    """Tells the broker how far the effects have come, beside the work and a few times a second.

    Offsets are a hint: what is not told when a process dies is delivered again and skipped.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._reached: dict[TopicPartition, int] = {}
        self._due = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="confirming")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=0.5)
        if self._task.done() and not self._task.cancelled():
            self._task.exception()  # Looked at, or the loop would complain of it.
        try:
            await asyncio.wait_for(self._tell(), timeout=1)
        except (KafkaError, OSError, TimeoutError):
            log.info("the last offsets were not confirmed")

    def note(self, polled: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """These had their effect, were held, or are parked."""
        for place, records in polled.items():
            self._reached[place] = records[-1].offset + 1
        self._due.set()

    def ensure_alive(self) -> None:
        """Raises what telling the broker has raised."""
        if self._task.done():
            self._task.result()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            await self._tell()
            await asyncio.sleep(_CONFIRMED_EVERY_SECONDS)

    async def _tell(self) -> None:
        consumer = self._consumer
        assigned = consumer.assignment()
        reached = {place: at for place, at in self._reached.items() if place in assigned}
        self._reached.clear()
        if reached:
            await consumer.commit(reached)


async def _poll(
    consumer: AIOKafkaConsumer, *, after_ms: float
) -> dict[TopicPartition, list[ConsumerRecord]]:
    """What has come, at most a batch; empty after a second without anything.

    While a batch has its effect (`after_ms`, the last one), the client fetches once: what came in
    the first moment, and then nothing until that is taken. So where a batch took long, what lies
    ready is rarely all there is, and a second look finds the rest; without it every other batch
    would be of a message or two.
    """
    began = time.monotonic()
    polled = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH)
    room = BATCH - sum(map(len, polled.values()))
    patience = int(min(after_ms * _PATIENCE_SHARE, _MOST_PATIENCE_MS))
    if polled and room and patience and time.monotonic() - began < _LAY_READY_SECONDS:
        more = await consumer.getmany(timeout_ms=patience, max_records=room)
        for place, records in more.items():
            polled.setdefault(place, []).extend(records)
    return dict(polled)


async def _stopped(consumer: AIOKafkaConsumer) -> None:
    try:
        await asyncio.wait_for(consumer.stop(), timeout=_STOPPING_SECONDS)
    except (KafkaError, OSError, TimeoutError):
        log.info("consumer did not stop cleanly")
