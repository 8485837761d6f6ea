"""The client of the views: httpx over the connections of the process's one aiohttp session.

Nothing else in the gateway imports httpx, so that it can be exchanged in this place.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
from aiohttp import ClientError, ClientSession
from httpx_aiohttp import AiohttpTransport

from gateway.upstream.routes import Service
from gateway.upstream.rules import (
    RESTART_SECONDS,
    ServiceFailed,
    ServiceTooSlow,
    ServiceUnreachable,
)
from gateway.upstream.services import Upstream
from shared.auth import TRANSACTION_TOKEN_HEADER
from shared.returning import seconds_to_return
from shared.telemetry import current_trace

_LARGEST_ANSWER_BYTES = 4 * 1024 * 1024


class Answer(NamedTuple):
    """A service's answer; `content` is None where it is no JSON object."""

    status: int
    headers: Mapping[str, str]
    content: dict[str, Any] | None


class ServiceClient:
    """Reads from the services on behalf of a caller; shares the places of the proxy."""

    def __init__(self, upstreams: Mapping[Service, Upstream]) -> None:
        self._upstreams = upstreams
        self._client: httpx.AsyncClient | None = None

    def open(self, session: ClientSession, *, connect_timeout_seconds: float) -> None:
        """Use this session, which stays its owner's to close."""
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(client=session, trust_env=False),
            timeout=httpx.Timeout(None, connect=connect_timeout_seconds),
            trust_env=False,
        )

    async def get(
        self, service: Service, path: str, *, client: str, token: str, until: float
    ) -> Answer:
        """What a service answers to a GET before the loop's clock shows `until`.

        Raises ServiceBusy, ShareExceeded, ServiceUnreachable, ServiceFailed, ServiceTooSlow.
        """
        upstream = self._upstreams[service]
        headers = {TRANSACTION_TOKEN_HEADER: token, "accept": "application/json"}
        if (trace := current_trace()) is not None:
            headers["traceparent"] = trace.traceparent
        try:
            async with asyncio.timeout_at(until):
                place = await upstream.calls.enter(client)
                try:
                    return await self._read(upstream.base + path, headers)
                finally:
                    place.leave()
        except TimeoutError:
            raise ServiceTooSlow(service=upstream.name) from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ServiceUnreachable(
                service=upstream.name, retry_after_seconds=seconds_to_return(RESTART_SECONDS)
            ) from None
        except (httpx.HTTPError, ClientError, OSError):
            raise ServiceFailed(service=upstream.name) from None

    async def _read(self, url: str, headers: dict[str, str]) -> Answer:
        assert self._client is not None  # noqa: S101 - opened before the first request.
        async with self._client.stream("GET", url, headers=headers) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _LARGEST_ANSWER_BYTES:
                    raise httpx.DecodingError("answer too large")
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        known = content if isinstance(content, dict) else None
        return Answer(response.status_code, response.headers, known)
