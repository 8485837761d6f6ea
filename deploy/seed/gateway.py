"""Asking the gateway as a partner does: token, purpose, patience, and errors in one line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

TRIES: Final = 6
# Too many calls, or a service behind the gateway is just starting anew.
TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
UNAUTHORIZED: Final = 401
CONFLICT: Final = 409
FIRST_ERROR: Final = 400
LONGEST_PAUSE_SECONDS: Final = 15.0
TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=600)

Body = Callable[[], AsyncIterator[bytes]]
Json = dict[str, Any]


class LoadFailed(Exception):
    """Why the data is not in, in one line that a person can act on."""


class Refused(LoadFailed):
    """The gateway answered with a problem."""

    def __init__(self, line: str, *, status: int, retry_after: float | None) -> None:
        super().__init__(line)
        self.status = status
        self.retry_after = retry_after

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.status in TRY_AGAIN or (
            self.status == CONFLICT and self.retry_after is not None
        )


@contextmanager
def first_of(kind: type[Exception]) -> Iterator[None]:
    """Of what tasks side by side raise, the first of this kind comes out alone, and anything else
    as it came. By hand, because Python before 3.11.4 wraps again what is raised in `except*`.
    """
    try:
        yield
    except ExceptionGroup as failures:
        known, others = failures.split(kind)
        if known is None or others is not None:
            raise
        raise known.exceptions[0] from None


@dataclass(frozen=True, slots=True)
class Answer:
    headers: Mapping[str, str]
    text: str

    def json(self) -> Json:
        parsed: Json = json.loads(self.text)
        return parsed

    def json_lines(self) -> list[Json]:
        return [json.loads(line) for line in self.text.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway as one caller sees it."""

    session: aiohttp.ClientSession
    url: str
    role: str
    token: str
    purpose: str

    async def greet(self) -> None:
        """Raise LoadFailed at once where nobody listens, instead of trying for a minute."""
        try:
            async with self.session.get(f"{self.url}/health/live"):
                pass
        except (aiohttp.ClientError, OSError) as error:
            raise LoadFailed(f"{self._broken(error)}. Start the stack first: make up") from None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        json_body: Json | None = None,
    ) -> Answer:
        """One request, repeated while the gateway is busy or the connection breaks.

        Raises Refused for any other problem, LoadFailed when nobody answers in the end.
        """
        failure = LoadFailed(f"{self.url} was not asked")
        for attempt in range(TRIES):
            pause = 2.0**attempt
            try:
                return await self._once(
                    method,
                    path,
                    params=params,
                    headers=headers,
                    # A new stream for every try.
                    data=None if body is None else body(),
                    json_body=json_body,
                )
            except Refused as refusal:
                if not refusal.is_passing:
                    raise
                failure = refusal
                pause = pause if refusal.retry_after is None else refusal.retry_after
            except (aiohttp.ClientError, OSError) as error:
                failure = LoadFailed(self._broken(error))
            if attempt < TRIES - 1:
                await asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS))
        raise failure

    async def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        data: AsyncIterator[bytes] | None,
        json_body: Json | None,
    ) -> Answer:
        own = {
            "Authorization": f"Bearer {self.token}",
            "Purpose-Of-Use": self.purpose,
            "Accept-Language": "en",
            **(headers or {}),
        }
        async with self.session.request(
            method,
            f"{self.url}{path}",
            params=params,
            headers=own,
            data=data,
            json=json_body,
            # Where the caller is refused anyway, the answer comes instead of a wasted body.
            expect100=data is not None,
        ) as response:
            text = await response.text()
            if response.status >= FIRST_ERROR:
                raise Refused(
                    self._refusal(response.status, text),
                    status=response.status,
                    retry_after=_seconds(response.headers.get("Retry-After")),
                )
            return Answer(response.headers, text)

    def _refusal(self, status: int, text: str) -> str:
        try:
            problem = json.loads(text)
        except ValueError:
            problem = {}
        if not isinstance(problem, dict):
            problem = {}
        said = [str(problem[part]) for part in ("title", "detail") if problem.get(part)]
        line = " ".join(": ".join(said).split()) or " ".join(text.split())[:200] or "no reason"
        code = f" {problem['code']}" if problem.get("code") else ""
        cure = f". Sign a new token: make token ROLE={self.role}" if status == UNAUTHORIZED else ""
        return f"{self.url} refuses {self.role} ({status}{code}): {line.rstrip('.')}{cure}"

    def _broken(self, error: Exception) -> str:
        reason = "the connection broke off"
        if isinstance(error, aiohttp.ClientConnectorError):
            number = error.os_error.errno or 0
            reason = os.strerror(number) if number > 0 else str(error.os_error.strerror)
        elif isinstance(error, TimeoutError):
            reason = "no answer in time"
        return f"cannot reach {self.url}: {reason}"


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
