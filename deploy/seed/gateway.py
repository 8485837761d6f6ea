"""Asking the gateway as a partner system does: token, purpose, patience, and errors in one line."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

TRIES: Final = 6
# Busy, in progress, or a service behind the gateway is starting anew.
TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
UNAUTHORIZED: Final = 401
CONFLICT: Final = 409
FIRST_ERROR: Final = 400
LONGEST_PAUSE_SECONDS: Final = 15.0

Body = Callable[[], AsyncIterator[bytes]]
Json = dict[str, Any]


class LoadFailed(Exception):
    """Why the data is not in, in one line that a person can act on."""


class Refused(LoadFailed):
    """The gateway answered with a problem document."""

    def __init__(self, line: str, *, status: int) -> None:
        super().__init__(line)
        self.status = status


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

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer:
        """One request, repeated while the gateway is busy or the connection breaks.

        Raises Refused for any other problem document, LoadFailed when nobody answers.
        """
        last = LoadFailed(f"{self.url} does not answer")
        for attempt in range(TRIES):
            try:
                answer, pause = await self._once(method, path, params, headers, body)
            except aiohttp.ClientConnectorError as error:
                raise LoadFailed(_unreachable(self.url, error)) from None
            except (aiohttp.ClientError, OSError) as error:
                last = LoadFailed(f"{self.url}: the connection broke ({_short(error)})")
                pause = 1.0
            else:
                if answer is not None:
                    return answer
            if isinstance(last, Refused): ...
            await asyncio.sleep(min(pause * 2**attempt, LONGEST_PAUSE_SECONDS))
        raise last
