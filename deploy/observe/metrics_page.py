"""Writes `docs/operations/metrics.md`: every figure, as OpenTelemetry and as Prometheus call it."""

from collections.abc import Iterator

from deploy.observe.exposition import label_name, prometheus_name
from shared.metrics import METRICS, Kind, Metric

_HEAD = """\
<!-- Written by make docs from shared/src/shared/metrics.py. -->

# What is measured

Names without `sinergi` are those of OpenTelemetry's semantic conventions. The second name is what
Prometheus calls the figure, under its own OTLP receiver or behind our collector alike; a histogram
has `_bucket`, `_sum` and `_count` behind it. Every series also has `job`, which is `sinergi/` and
the service, and `instance`, which is the process and its machine. No label holds a person, an id
or a path.

| figure | in Prometheus | kind | unit | labels | what it tells |
|---|---|---|---|---|---|
"""


def family(metric: Metric) -> str:
    """What Prometheus calls it, without the endings of a histogram."""
    return prometheus_name(metric.name, metric.unit, is_counter=metric.kind is Kind.COUNTER)


def series_names(metric: Metric) -> list[str]:
    """The names of its series."""
    name = family(metric)
    if metric.kind is Kind.HISTOGRAM:
        return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
    return [name]


def metrics_page() -> str:
    """The whole page."""
    return _HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for metric in sorted(METRICS, key=lambda one: one.name):
        labels = ", ".join(f"`{label_name(label)}`" for label in metric.labels) or "none"
        yield (
            f"| `{metric.name}` | `{family(metric)}` | {metric.kind} | {metric.unit.strip('{}')} "
            f"| {labels} | {metric.tells} |\n"
        )
