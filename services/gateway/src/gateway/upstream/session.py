"""The one HTTP client of the process: kept connections to the services, nothing added to a call."""

from collections.abc import Iterable

from aiohttp import ClientRequest, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, hdrs
from multidict import CIMultiDict

# Shorter than uvicorn's own 5 seconds, so that a call never meets a connection just being closed.
_KEPT_SECONDS = 4.0
_LONGEST_HEADER = 65_536


class _PlainRequest(ClientRequest):
    """A request without the headers that aiohttp would add of its own accord."""

    _skip_auto_headers = CIMultiDict({hdrs.CONTENT_TYPE: None})

    def update_auto_headers(self, skip_auto_headers: Iterable[str] | None) -> None:
        pass


def open_session(*, connect_timeout_seconds: float) -> ClientSession:
    """A client session for calls to the services; the caller closes it."""
    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
        request_class=_PlainRequest,
        cookie_jar=DummyCookieJar(),
        # The whole time of a call is counted by `Deadline`; here only the way to the service.
        timeout=ClientTimeout(
            total=None, connect=2 * connect_timeout_seconds, sock_connect=connect_timeout_seconds
        ),
        auto_decompress=False,
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
    )
