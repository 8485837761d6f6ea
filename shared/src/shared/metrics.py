"""What is measured, in one list, and how code says it; nothing at all unless export is on.

Names follow the semantic conventions of OpenTelemetry where they have one, else `sinergi.*`.
A label is a code, a topic or a route template: never a person, a path or an id.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from opentelemetry.metrics import CallbackOptions, Meter, Observation

Labels = Mapping[str, str | int]
Reading = tuple[float, Labels]

SYSTEM, TOPIC, OPERATION = (
    "messaging.system",
    "messaging.destination.name",
    "messaging.operation.name",
)
_POOL, _STATE = "db.client.connection.pool.name", "db.client.connection.state"
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUM = "sum that may fall"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its OpenTelemetry name and unit, what it tells, and its labels, all of them."""

    name: str
    kind: Kind
    unit: str
    tells: str
    labels: tuple[str, ...] = ()


REQUEST_DURATION = Metric(
    "http.server.request.duration",
    Kind.HISTOGRAM,
    "s",
    "Time of a request from its first byte to the last of its answer.",
    ("http.request.method", "http.route", "http.response.status_code"),
)
POOL_COUNT = Metric(
    "db.client.connection.count",
    Kind.SUM,
    "{connection}",
    "Connections of the database pool that are used or idle.",
    (_POOL, _STATE),
)
POOL_MAX = Metric(
    "db.client.connection.max",
    Kind.SUM,
    "{connection}",
    "Connections that the pool may hold.",
    (_POOL,),
)
POOL_PENDING = Metric(
    "db.client.connection.pending_requests",
    Kind.SUM,
    "{request}",
    "Who waits for a connection of the pool at this moment.",
    (_POOL,),
)
POOL_WAIT = Metric(
    "db.client.connection.wait_time",
    Kind.HISTOGRAM,
    "s",
    "Wait for a connection of the pool, that in vain included.",
    (_POOL,),
)
POOL_USE = Metric(
    "db.client.connection.use_time",
    Kind.HISTOGRAM,
    "s",
    "Time between taking a connection from the pool and giving it back.",
    (_POOL,),
)
POOL_TIMEOUTS = Metric(
    "db.client.connection.timeouts",
    Kind.COUNTER,
    "{timeout}",
    "Waits for a connection of the pool that were in vain.",
    (_POOL,),
)
SENT = Metric(
    "messaging.client.sent.messages",
    Kind.COUNTER,
    "{message}",
    "Events that the relay sent and the broker acknowledged.",
    (SYSTEM, TOPIC, OPERATION),
)
CONSUMED = Metric(
    "messaging.client.consumed.messages",
    Kind.COUNTER,
    "{message}",
    "Records that the consumer took and dealt with: applied, skipped, held or parked.",
    (SYSTEM, TOPIC, OPERATION),
)
PROCESS_DURATION = Metric(
    "messaging.process.duration",
    Kind.HISTOGRAM,
    "s",
    "Time for the effect of one batch of records.",
    (SYSTEM, OPERATION),
)
OUTBOX_AGE = Metric(
    "sinergi.outbox.oldest.age",
    Kind.GAUGE,
    "s",
    "Age of the oldest event that was committed and not yet sent; 0 when all are.",
)
OUTBOX_UNSENT = Metric(
    "sinergi.outbox.unsent",
    Kind.GAUGE,
    "{event}",
    "Events that were committed and not yet sent, counted up to 100,000.",
)
CONSUMER_LAG = Metric(
    "sinergi.consumer.lag",
    Kind.GAUGE,
    "{event}",
    "Events on a topic that have not had their effect here.",
    (TOPIC,),
)
PARKED_KEYS = Metric(
    "sinergi.inbox.parked.keys",
    Kind.GAUGE,
    "{key}",
    "Keys that stand still, by the reason of their first waiting message: "
    "FAILED, GAP or UNREADABLE.",
    (TOPIC, "sinergi.reason"),
)
WAITING_MESSAGES = Metric(
    "sinergi.inbox.waiting.messages",
    Kind.GAUGE,
    "{message}",
    "Messages that wait for their turn, those behind a failed one included.",
    (TOPIC, "sinergi.reason"),
)
FEED_UNNUMBERED = Metric(
    "sinergi.feed.unnumbered",
    Kind.GAUGE,
    "{event}",
    "Events that the gateway holds and its readers cannot see yet.",
)
FEED_AGE = Metric(
    "sinergi.feed.oldest.age",
    Kind.GAUGE,
    "s",
    "Age of the oldest such event; 0 when readers see all.",
)
DECISIONS = Metric(
    "sinergi.policy.decisions",
    Kind.COUNTER,
    "{decision}",
    "Decisions of the policy on an action: ALLOW, or DENY with the code of the refusal.",
    ("sinergi.action", "sinergi.decision", "sinergi.code"),
)
LOOP_LATENESS = Metric(
    "sinergi.loop.lateness",
    Kind.GAUGE,
    "s",
    "Time by which the next step of a loop is overdue, a running step included.",
    ("sinergi.loop",),
)
EVENT_LOOP_DELAY = Metric(
    "sinergi.event_loop.delay",
    Kind.HISTOGRAM,
    "s",
    "How long the event loop let the watchdog wait, asked once a second.",
)
EVENT_LOOP_STALLS = Metric(
    "sinergi.event_loop.stalls",
    Kind.COUNTER,
    "{stall}",
    "Times that the event loop let the watchdog wait for half a second or more.",
)
WORK_HUNG = Metric(
    "sinergi.work.hung",
    Kind.COUNTER,
    "{time}",
    "Times that the watchdog had to cancel work whose heart was silent.",
    ("sinergi.work",),
)
UPTIME = Metric(
    "process.uptime",
    Kind.GAUGE,
    "s",
    "Time since the process began to tell of itself.",
    ("sinergi.process",),
)

METRICS = tuple(value for value in list(globals().values()) if isinstance(value, Metric))

_instruments: dict[str, Any] = {}
_published: dict[str, tuple[Reading, ...]] = {}
_observers: dict[str, list[Callable[[], Iterable[Reading]]]] = {}


def start(meter: Meter, process: str) -> None:
    """Make the instruments; before this, everything below does nothing."""
    for metric in METRICS:
        _instruments[metric.name] = _made(meter, metric)
    began = time.monotonic()
    observe(UPTIME, lambda: [(time.monotonic() - began, {"sinergi.process": process})])


def is_on() -> bool:
    return bool(_instruments)


def add(metric: Metric, amount: int, labels: Labels | None = None) -> None:
    """Count: of a counter, or of a sum that may fall."""
    if (instrument := _instruments.get(metric.name)) is not None:
        instrument.add(amount, labels)


def record(metric: Metric, value: float, labels: Labels | None = None) -> None:
    """One value of a histogram."""
    if (instrument := _instruments.get(metric.name)) is not None:
        instrument.record(value, labels)


def publish(metric: Metric, readings: Iterable[Reading]) -> None:
    """The present readings of a gauge, instead of its former ones; none takes it away."""
    _published[metric.name] = tuple(readings)


def observe(metric: Metric, read: Callable[[], Iterable[Reading]]) -> None:
    """Ask `read` whenever a gauge is exported; it runs in another thread and only looks."""
    if is_on():
        _observers.setdefault(metric.name, []).append(read)


def of_topic(topic: str, operation: str) -> Labels:
    """The labels of what is done with messages of a topic."""
    return {SYSTEM: "kafka", TOPIC: topic, OPERATION: operation}


def _made(meter: Meter, metric: Metric) -> Any:
    told = {"unit": metric.unit, "description": metric.tells}
    if metric.kind is Kind.COUNTER:
        return meter.create_counter(metric.name, **told)
    if metric.kind is Kind.HISTOGRAM:
        return meter.create_histogram(
            metric.name, explicit_bucket_boundaries_advisory=list(_QUICK), **told
        )
    if metric is POOL_PENDING:
        return meter.create_up_down_counter(metric.name, **told)
    callbacks = [_observed(metric.name)]
    if metric.kind is Kind.SUM:
        return meter.create_observable_up_down_counter(metric.name, callbacks, **told)
    return meter.create_observable_gauge(metric.name, callbacks, **told)


def _observed(name: str) -> Callable[[CallbackOptions], Iterator[Observation]]:
    def observed(_options: CallbackOptions) -> Iterator[Observation]:
        for value, labels in _published.get(name, ()):
            yield Observation(value, dict(labels))
        for read in _observers.get(name, ()):
            for value, labels in read():
                yield Observation(value, dict(labels))

    return observed
