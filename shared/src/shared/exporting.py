"""Export of spans and metrics over OTLP HTTP; loaded only where a collector is named.

Export has threads and bounded queues of its own: a collector that is away costs data, never a
request.
"""

import atexit
import socket
import threading
import time

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Tracer

from shared import metrics
from shared.settings import ServiceSettings

_QUEUED_SPANS = 8192
_EXPORT_SECONDS = 5.0
_LEAVING_SECONDS = 2.0


def start_export(service: str, process: str, settings: ServiceSettings) -> Tracer:
    """Export the metrics of this process, and the spans of the tracer that is returned."""
    endpoint = settings.otlp_endpoint.rstrip("/")
    resource = Resource.create(
        {
            "service.namespace": "sinergi",
            "service.name": service.replace("_", "-"),
            "service.instance.id": f"{process}@{socket.gethostname()}",
        }
    )
    spans = TracerProvider(
        resource=resource,
        sampler=ParentBasedTraceIdRatio(settings.trace_sample_ratio),
        shutdown_on_exit=False,
    )
    spans.add_span_processor(
        BatchSpanProcessor(
            OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_SECONDS),
            max_queue_size=_QUEUED_SPANS,
            schedule_delay_millis=min(5.0, settings.metrics_interval_seconds) * 1000,
        )
    )
    figures = MeterProvider(
        resource=resource,
        metric_readers=[
            PeriodicExportingMetricReader(
                OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=_EXPORT_SECONDS),
                export_interval_millis=settings.metrics_interval_seconds * 1000,
            )
        ],
        shutdown_on_exit=False,
    )
    metrics.start(figures.get_meter("sinergi"), process)
    atexit.register(_leave, spans, figures)
    return spans.get_tracer("sinergi")


def _leave(spans: TracerProvider, figures: MeterProvider) -> None:
    """Send what is still queued, for as long as a process may take to end and no longer."""
    last = [threading.Thread(target=one.shutdown, daemon=True) for one in (spans, figures)]
    for thread in last:
        thread.start()
    give_up = time.monotonic() + _LEAVING_SECONDS
    for thread in last:
        thread.join(max(0.0, give_up - time.monotonic()))
