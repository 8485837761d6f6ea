"""OTLP metrics as Prometheus reads them, under the names that Prometheus' own OTLP receiver gives.

So rules and dashboards are the same whether a process is scraped through our collector or pushes
to a Prometheus that can receive.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
)

_UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes"}
_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_OUTSIDE = re.compile(r"[^a-zA-Z0-9_]")

Sample = tuple[str, Mapping[str, str], float]


def prometheus_name(name: str, unit: str, *, is_counter: bool) -> str:
    """What Prometheus calls a metric: unit and kind are told by its end."""
    words = [_OUTSIDE.sub("_", name)]
    word = _UNITS.get(unit, "")
    if word and word not in words[0].split("_"):
        words.append(word)
    if is_counter:
        words.append("total")
    return "_".join(words)


def label_name(name: str) -> str:
    return _OUTSIDE.sub("_", name)


def identity(attributes: Iterable[KeyValue]) -> dict[str, str]:
    """`job` and `instance` of a resource, as the semantic conventions and Prometheus agree."""
    told = {one.key: one.value.string_value for one in attributes}
    names = [told.get("service.namespace", ""), told.get("service.name", "unknown")]
    return {
        "job": "/".join(name for name in names if name),
        "instance": told.get("service.instance.id", ""),
    }


def exposition(exports: Iterable[ResourceMetrics]) -> str:
    """The text that Prometheus scrapes: all series of all exports, one family after another."""
    families: dict[str, tuple[str, list[Sample]]] = {}
    for export in exports:
        who = identity(export.resource.attributes)
        families.setdefault("target_info", ("gauge", []))[1].append(("target_info", who, 1.0))
        for scope in export.scope_metrics:
            for metric in scope.metrics:
                family = _family(metric)
                if family is not None:
                    name, kind = family
                    families.setdefault(name, (kind, []))[1].extend(_samples(metric, name, who))
    lines = []
    for name, (kind, samples) in sorted(families.items()):
        lines.append(f"# TYPE {name} {kind}")
        lines += [_line(sample) for sample in samples]
    return "\n".join([*lines, ""])


def _family(metric: Metric) -> tuple[str, str] | None:
    """Name and kind of a metric; None for a kind that nothing of ours sends."""
    kind = metric.WhichOneof("data")
    if kind == "gauge":
        return prometheus_name(metric.name, metric.unit, is_counter=False), "gauge"
    if kind == "sum" and metric.sum.aggregation_temporality == _CUMULATIVE:
        is_counter = metric.sum.is_monotonic
        name = prometheus_name(metric.name, metric.unit, is_counter=is_counter)
        return name, "counter" if is_counter else "gauge"
    if kind == "histogram" and metric.histogram.aggregation_temporality == _CUMULATIVE:
        return prometheus_name(metric.name, metric.unit, is_counter=False), "histogram"
    return None


def _samples(metric: Metric, name: str, who: Mapping[str, str]) -> Iterator[Sample]:
    match metric.WhichOneof("data"):
        case "gauge":
            yield from (_number(point, name, who) for point in metric.gauge.data_points)
        case "sum":
            yield from (_number(point, name, who) for point in metric.sum.data_points)
        case "histogram":
            for point in metric.histogram.data_points:
                yield from _buckets(point, name, who)


def _number(point: NumberDataPoint, name: str, who: Mapping[str, str]) -> Sample:
    value = point.as_double if point.WhichOneof("value") == "as_double" else point.as_int
    return name, {**_labels(point.attributes), **who}, float(value)


def _buckets(point: HistogramDataPoint, name: str, who: Mapping[str, str]) -> Iterator[Sample]:
    labels = {**_labels(point.attributes), **who}
    so_far = 0
    for count, bound in zip(point.bucket_counts, [*point.explicit_bounds, "+Inf"], strict=True):
        so_far += count
        le = bound if isinstance(bound, str) else _shown(bound)
        yield f"{name}_bucket", {**labels, "le": le}, float(so_far)
    yield f"{name}_sum", labels, point.sum
    yield f"{name}_count", labels, float(point.count)


def _labels(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {label_name(one.key): _text(one) for one in attributes}


def _text(attribute: KeyValue) -> str:
    kind = attribute.value.WhichOneof("value") or "string_value"
    value = getattr(attribute.value, kind)
    return str(value).lower() if kind == "bool_value" else str(value)


def _line(sample: Sample) -> str:
    name, labels, value = sample
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in sorted(labels.items()))
    return f"{name}{{{told}}} {_shown(value)}" if told else f"{name} {_shown(value)}"


def _shown(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
