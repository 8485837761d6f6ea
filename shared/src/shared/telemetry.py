"""Trace context, JSON logs and OpenTelemetry export. Nothing personal passes through here.

The trace id always travels (W3C Trace Context); spans are recorded and exported only where an
OTLP endpoint is set, because recording costs a third of a small request.
"""

import json
import logging
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

_TRACEPARENT_PARTS = 4


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
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8))


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
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[TraceContext]:
    """Work as a child of `parent`, or as the first of a new trace; records a span if exporting."""
    tracer = _tracer
    if tracer is None:
        context = (
            TraceContext(parent.trace_id, secrets.token_hex(8), parent.flags)
            if parent
            else new_trace()
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
        record_exception=False,
    ) as span:
        made = span.get_span_context()
        context = TraceContext(f"{made.trace_id:032x}", f"{made.span_id:016x}", "01")
        token = _current.set(context)
        try:
            yield context
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


def start_telemetry(service: str, process: str, *, otlp_endpoint: str, log_level: str) -> None:
    """JSON logs to standard output; spans to the collector where one is named."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service, process))
    logging.basicConfig(level=log_level.upper(), handlers=[handler], force=True)
    for chatty in ("aiokafka", "httpx", "httpx2", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if not otlp_endpoint:
        return
    global _tracer  # noqa: PLW0603 - one tracer a process, set once at its start.
    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.instance.id": process})
    )
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces"))
    )
    _tracer = provider.get_tracer("sinergi")


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
