"""Traces as they arrived by OTLP, a bounded number of them, to be looked at one by one."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from deploy.observe.exposition import identity

KEPT_SPANS = 50_000
SHOWN_TRACES = 100

SpanFacts = dict[str, Any]


class Traces:
    """The newest traces; the oldest go when there are too many spans."""

    def __init__(self, kept_spans: int = KEPT_SPANS) -> None:
        self._kept_spans = kept_spans
        self._spans = 0
        # By trace, and in it by span: what an exporter sends twice stands here once.
        self._traces: OrderedDict[str, dict[str, SpanFacts]] = OrderedDict()

    def add(self, exports: Iterable[ResourceSpans]) -> None:
        for export in exports:
            who = identity(export.resource.attributes)
            for scope in export.scope_spans:
                for span in scope.spans:
                    self._put(_facts(span, who))
        while self._spans > self._kept_spans and len(self._traces) > 1:
            _, oldest = self._traces.popitem(last=False)
            self._spans -= len(oldest)

    def find(self, trace_id: str) -> list[SpanFacts]:
        """The spans of one trace in the order in which they began."""
        return sorted(self._traces.get(trace_id, {}).values(), key=lambda one: one["began"])

    def newest(self) -> list[SpanFacts]:
        """What the newest traces are called and how many spans they have."""
        shown = []
        for trace_id in list(reversed(self._traces))[:SHOWN_TRACES]:
            spans = self.find(trace_id)
            shown.append({"trace_id": trace_id, "name": spans[0]["name"], "spans": len(spans)})
        return shown

    def _put(self, facts: SpanFacts) -> None:
        trace = self._traces.setdefault(facts["trace_id"], {})
        self._spans += facts["span_id"] not in trace
        trace[facts["span_id"]] = facts


def _facts(span: Span, who: dict[str, str]) -> SpanFacts:
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex() or None,
        "job": who["job"],
        "instance": who["instance"],
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        "began": span.start_time_unix_nano,
        "milliseconds": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
        "status": Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        "status_text": span.status.message,
        "attributes": {one.key: _value(one) for one in span.attributes},
        "events": [event.name for event in span.events],
        "links": [link.trace_id.hex() for link in span.links],
    }


def _value(attribute: KeyValue) -> Any:
    return getattr(attribute.value, attribute.value.WhichOneof("value") or "string_value")
