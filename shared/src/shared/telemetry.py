"""Trace context, spans and JSON logs. Nothing personal passes through here.

The trace id always travels (W3C Trace Context); spans and metrics are recorded and exported only
where an OTLP endpoint is set (`exporting`), because recording costs a third of a small request.
"""

import json
import logging
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from shared.settings import ServiceSettings

_TRACEPARENT_PARTS = 4

Attributes = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The W3C trace context of what is being done now."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


def new_trace() -> TraceContext:
    return TraceContext(_random_hex(128), _random_hex(64))


def _random_hex(bits: int) -> str:
    """A name and no secret; not zero, as the standard wants it."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def parse_traceparent(header: str | None) -> TraceContext | None:
    """The context in a `traceparent` header, None where it is absent or malformed."""
    parts = (header or "").split("-")
    if len(parts) != _TRACEPARENT_PARTS or [len(p) for p in parts] != [2, 32, 16, 2]:
        return None
    try:
        numbers = [int(part, 16) for part in parts]
    except ValueError:
        return None
    return TraceContext(*parts[1:]) if numbers[1] and numbers[2] else None


def current_trace() -> TraceContext | None:
    return _current.get()


def current_trace_id() -> str | None:
    context = _current.get()
    return context.trace_id if context else None


@contextmanager
def working_within(
    parent: TraceContext | None,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
) -> Iterator[TraceContext]:
    """Work as a child of `parent`, or as the first of a new trace; records a span if exporting."""
    tracer = _tracer
    if tracer is None:
        context = (
            TraceContext(parent.trace_id, _random_hex(64), parent.flags) if parent else new_trace()
        )
        token = _current.set(context)
        try:
            yield context
        finally:
            _current.reset(token)
        return
    with tracer.start_as_current_span(
        name,
        context=_as_opentelemetry(parent),
        kind=kind,
        attributes=attributes,
        # The text of an exception may quote a value; its kind is all that leaves.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        made = span.get_span_context()
        context = TraceContext(
            f"{made.trace_id:032x}", f"{made.span_id:016x}", f"{made.trace_flags:02x}"
        )
        token = _current.set(context)
        try:
            yield context
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            _current.reset(token)


@contextmanager
def within(context: TraceContext | None) -> Iterator[None]:
    """Let what is said meanwhile belong to a context that was opened before, or to none."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def is_recording() -> bool:
    """Whether spans are recorded at all; where not, nobody need find out what to call them."""
    return _tracer is not None


def describe_span(name: str, attributes: Attributes, *, failed: bool = False) -> None:
    """Name the span of what is being done now, once it is known what that is."""
    span = trace.get_current_span()
    span.update_name(name)
    span.set_attributes(attributes)
    if failed:
        span.set_status(StatusCode.ERROR)


def record_span(
    name: str, parent: TraceContext | None, *, kind: SpanKind, began: int, attributes: Attributes
) -> None:
    """A span of what is already done, since `began` (nanoseconds of the epoch)."""
    if _tracer is not None and parent is not None:
        _tracer.start_span(
            name,
            context=_as_opentelemetry(parent),
            kind=kind,
            attributes=attributes,
            start_time=began,
        ).end()


def _as_opentelemetry(parent: TraceContext | None) -> Any:
    if parent is None:
        return None
    span = NonRecordingSpan(
        SpanContext(
            int(parent.trace_id, 16),
            int(parent.span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(parent.flags, 16)),
        )
    )
    return trace.set_span_in_context(span)


_tracer: trace.Tracer | None = None


def start_telemetry(service: str, process: str, settings: ServiceSettings) -> None:
    """JSON logs to standard output; spans and metrics to the collector where one is named."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service, process))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for chatty in ("aiokafka", "httpx", "httpx2", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Told once an export, with every try: a collector that is away shall not fill the log.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    if settings.otlp_endpoint:
        _start_export(service, process, settings)


def _start_export(service: str, process: str, settings: ServiceSettings) -> None:
    global _tracer  # noqa: PLW0603 - one tracer a process, set once at its start.
    # Here, because it takes memory from each process, and most runs export nothing.
    from shared.exporting import start_export  # noqa: PLC0415 - as said.

    _tracer = start_export(service, process, settings)


class JsonLines(logging.Formatter):
    """One JSON object a line. Exception texts may quote a value, so only their type is told."""

    def __init__(self, service: str, process: str) -> None:
        super().__init__()
        self._who = {"service": service, "process": process}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            **self._who,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace_id := current_trace_id():
            line["trace_id"] = trace_id
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line.update(facts)
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["raised_at"] = _places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True, default=str)


def _places(traceback: Any) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-12:]
