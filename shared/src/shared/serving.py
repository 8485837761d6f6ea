"""What is measured of each request: its duration by route and status, and the name of its span."""

import time

from starlette.types import Message, Scope, Send

from shared import metrics
from shared.telemetry import describe_span, is_recording

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAILED = 500


def is_measuring() -> bool:
    """Whether anybody wants to know; where not, a request is not burdened."""
    return metrics.is_on() or is_recording()


class Answer:
    """One answer on its way out, watched for its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._began = time.perf_counter()
        self._status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        await self._send(message)

    def tell(self, scope: Scope, route: str | None, *, counts: bool = True) -> None:
        """Name the span of the request, and count it.

        `route` is a template such as `/v1/cases/{case_id}`, None where the address is nobody's.
        A client that went away before any answer leaves no status.
        """
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        labels: dict[str, str | int] = {"http.request.method": method}
        if route:
            labels["http.route"] = route
        if self._status:
            labels["http.response.status_code"] = self._status
        describe_span(f"{method} {route or ''}".strip(), labels, failed=self._status >= _FAILED)
        if counts:
            metrics.record(metrics.REQUEST_DURATION, time.perf_counter() - self._began, labels)
