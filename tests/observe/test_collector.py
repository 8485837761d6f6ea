"""What the collector makes of what it is told."""

import gzip

import httpx2 as httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from deploy.observe.collector import create_app
from deploy.observe.exposition import exposition, prometheus_name
from deploy.observe.traces import Traces

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE


def told(*metrics: Metric, service: str = "cases") -> ResourceMetrics:
    attributes = {
        "service.namespace": "sinergi",
        "service.name": service,
        "service.instance.id": "http@here",
    }
    return ResourceMetrics(
        resource=Resource(attributes=[label(name, text) for name, text in attributes.items()]),
        scope_metrics=[ScopeMetrics(metrics=metrics)],
    )


def label(name: str, text: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=text))


def gauge(value: float, *labels: KeyValue) -> Metric:
    point = NumberDataPoint(as_double=value, attributes=labels)
    return Metric(name="sinergi.outbox.oldest.age", unit="s", gauge=Gauge(data_points=[point]))


@pytest.mark.parametrize(
    ("name", "unit", "is_counter", "expected"),
    [
        ("http.server.request.duration", "s", False, "http_server_request_duration_seconds"),
        (
            "messaging.client.sent.messages",
            "{message}",
            True,
            "messaging_client_sent_messages_total",
        ),
        ("sinergi.consumer.lag", "{event}", False, "sinergi_consumer_lag"),
        ("process.memory.usage", "By", False, "process_memory_usage_bytes"),
    ],
)
def test_a_name_is_what_prometheus_own_receiver_would_make_of_it(
    name: str, unit: str, is_counter: bool, expected: str
) -> None:
    assert prometheus_name(name, unit, is_counter=is_counter) == expected


def test_gauges_counters_and_histograms_are_told_with_whose_they_are() -> None:
    counter = Metric(
        name="sinergi.policy.decisions",
        unit="{decision}",
        sum=Sum(
            data_points=[NumberDataPoint(as_int=3, attributes=[label("sinergi.code", 'a"b\\')])],
            is_monotonic=True,
            aggregation_temporality=CUMULATIVE,
        ),
    )
    point = HistogramDataPoint(bucket_counts=[1, 2, 1], explicit_bounds=[0.5, 1], count=4, sum=3.5)
    histogram = Metric(
        name="messaging.process.duration",
        unit="s",
        histogram=Histogram(data_points=[point], aggregation_temporality=CUMULATIVE),
    )
    who = 'instance="http@here",job="sinergi/cases"'
    lines = exposition([told(gauge(2.5), counter, histogram)]).splitlines()
    assert f"sinergi_outbox_oldest_age_seconds{{{who}}} 2.5" in lines
    assert f'sinergi_policy_decisions_total{{{who},sinergi_code="a\\"b\\\\"}} 3' in lines
    name = "messaging_process_duration_seconds"
    assert f'{name}_bucket{{{who},le="0.5"}} 1' in lines
    assert f'{name}_bucket{{{who},le="1"}} 3' in lines
    assert f'{name}_bucket{{{who},le="+Inf"}} 4' in lines
    assert f"{name}_sum{{{who}}} 3.5" in lines
    assert f"# TYPE {name} histogram" in lines


async def test_the_last_export_of_a_process_replaces_the_one_before() -> None:
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
        for metrics in ([gauge(1, label("a", "x")), gauge(1)], [gauge(7)]):
            body = ExportMetricsServiceRequest(resource_metrics=[told(*metrics)])
            packed = gzip.compress(body.SerializeToString())
            answer = await client.post(
                "/v1/metrics", content=packed, headers={"Content-Encoding": "gzip"}
            )
            assert answer.status_code == 200
        shown = (await client.get("/metrics")).text
    assert shown.count("sinergi_outbox_oldest_age_seconds{") == 1
    assert shown.rstrip().splitlines()[1].endswith(" 7")


async def test_a_silent_process_is_forgotten() -> None:
    transport = httpx.ASGITransport(app=create_app(forgets_after_seconds=0))
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
        body = ExportMetricsServiceRequest(resource_metrics=[told(gauge(1))])
        await client.post("/v1/metrics", content=body.SerializeToString())
        assert "sinergi" not in (await client.get("/metrics")).text


async def test_what_is_no_otlp_is_refused() -> None:
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
        for path in ("/v1/metrics", "/v1/traces"):
            assert (await client.post(path, content=b"{}")).status_code == 400
            packed = {"Content-Encoding": "gzip"}
            assert (await client.post(path, content=b"x", headers=packed)).status_code == 400
        assert (await client.get("/traces/" + "0" * 32)).status_code == 404


def test_the_oldest_traces_go_first_and_a_repeated_span_counts_once() -> None:
    traces = Traces(kept_spans=2)
    for trace, span in ((1, 1), (1, 1), (2, 2), (3, 3)):
        one = Span(trace_id=trace.to_bytes(16, "big"), span_id=span.to_bytes(8, "big"), name="x")
        traces.add([ResourceSpans(scope_spans=[ScopeSpans(spans=[one])])])
    assert traces.find(f"{1:032x}") == []
    assert [trace["spans"] for trace in traces.newest()] == [1, 1]
