"""A small OTLP collector for one machine: receives metrics and traces over HTTP, shows the metrics
to Prometheus and the traces to whoever asks. `python -m deploy.observe.collector --port 4318`.

Debian's Prometheus cannot receive OTLP, and nothing that keeps traces is packaged.
"""

import argparse
import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvicorn
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.observe.exposition import exposition, identity
from deploy.observe.traces import Traces

FORGETS_AFTER_SECONDS = 60.0
LARGEST_BYTES = 16 << 20
_PROTOBUF = "application/x-protobuf"
_EXPOSITION = "text/plain; version=0.0.4"

Export = TypeVar("Export", bound=Message)


class Unreadable(Exception):
    """A body that is no OTLP in protobuf, or too large."""


@dataclass
class Figures:
    """The last export of each process. Each holds everything, so it replaces the one before; a
    process that is silent for a while is forgotten, and its series end.
    """

    forgets_after_seconds: float
    _exports: dict[tuple[str, str], tuple[float, ResourceMetrics]] = field(default_factory=dict)

    def add(self, request: ExportMetricsServiceRequest) -> None:
        for export in request.resource_metrics:
            who = identity(export.resource.attributes)
            self._exports[who["job"], who["instance"]] = (time.monotonic(), export)

    def text(self) -> str:
        oldest = time.monotonic() - self.forgets_after_seconds
        self._exports = {who: one for who, one in self._exports.items() if one[0] > oldest}
        return exposition(export for _, export in self._exports.values())


def create_app(forgets_after_seconds: float = FORGETS_AFTER_SECONDS) -> Starlette:
    """The collector as an ASGI app; it keeps everything in memory."""
    figures, traces = Figures(forgets_after_seconds), Traces()

    async def take_metrics(request: Request) -> Response:
        return await _taken(
            request, ExportMetricsServiceRequest(), figures.add, ExportMetricsServiceResponse()
        )

    async def take_traces(request: Request) -> Response:
        return await _taken(
            request,
            ExportTraceServiceRequest(),
            lambda export: traces.add(export.resource_spans),
            ExportTraceServiceResponse(),
        )

    async def show_metrics(_request: Request) -> Response:
        return PlainTextResponse(figures.text(), media_type=_EXPOSITION)

    async def show_traces(_request: Request) -> Response:
        return JSONResponse(traces.newest())

    async def show_trace(request: Request) -> Response:
        spans = traces.find(request.path_params["trace_id"])
        return JSONResponse(spans, status_code=200 if spans else 404)

    return Starlette(
        routes=[
            Route("/v1/metrics", take_metrics, methods=["POST"]),
            Route("/v1/traces", take_traces, methods=["POST"]),
            Route("/metrics", show_metrics),
            Route("/traces", show_traces),
            Route("/traces/{trace_id}", show_trace),
        ]
    )


async def _taken(
    request: Request, export: Export, take: Callable[[Export], Any], answer: Message
) -> Response:
    try:
        export.ParseFromString(await _body(request))
    except (Unreadable, DecodeError, OSError, EOFError):
        return PlainTextResponse("not readable as OTLP in protobuf", status_code=400)
    take(export)
    return Response(answer.SerializeToString(), media_type=_PROTOBUF)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BYTES:
            raise Unreadable
    if request.headers.get("content-encoding") == "gzip":
        return gzip.decompress(body)
    return bytes(body)


def main() -> None:
    """Run the collector on this machine's own address until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m deploy.observe.collector")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--forgets-after", type=float, default=FORGETS_AFTER_SECONDS)
    arguments = parser.parse_args()
    uvicorn.run(
        create_app(arguments.forgets_after),
        host="127.0.0.1",
        port=arguments.port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
