"""The system as a client sees it: one address, a token a role, and patience with faults."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2 as httpx

from deploy.local.stack import Stack
from deploy.local.tokens import sign_token
from tests.journeys.answers import Answers

PATIENCE_SECONDS = 90
_PASSING = {408, 425, 429, 502, 503, 504}
Found = TypeVar("Found")


@dataclass(frozen=True)
class System:
    stack: Stack

    def token(
        self, role: str, *, mission: str | None = None, organisation: str | None = None
    ) -> str:
        return sign_token(self.stack, role, mission=mission, organisation=organisation)

    @asynccontextmanager
    async def client(self, *, patience: float = PATIENCE_SECONDS) -> AsyncIterator["Client"]:
        async with httpx.AsyncClient(base_url=self.stack.gateway_url, timeout=30) as http:
            yield Client(self, http, patience)


@dataclass
class Client:
    """Repeats what failed in passing, with the same Idempotency-Key, as any careful client does."""

    system: System
    http: httpx.AsyncClient
    patience: float = PATIENCE_SECONDS
    repeats: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Answers by status, and what ended without one."""
    kept: Answers | None = None
    """Where a sample of answered writes goes, to be asked again at the end."""

    def by(self, role: str, purpose: str | None = None, **claims: str) -> "Caller":
        return Caller(self, self.system.token(role, **claims), purpose)

    def answered(self) -> int:
        """How many requests were done."""
        return sum(n for status, n in self.outcomes.items() if status.startswith("2"))

    async def eventually(self, look: Callable[[], Awaitable[Found | None]]) -> Found:
        """What `look` finds as soon as it finds something; TimeoutError past our patience."""
        return await eventually(look, seconds=self.patience)


@dataclass(frozen=True)
class Caller:
    client: Client
    token: str
    purpose: str | None

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self._patiently("GET", path, {}, params=query)

    async def post(
        self, path: str, body: Any = None, *, etag: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = {"Idempotency-Key": secrets.token_urlsafe(16)}
        if etag:
            headers["If-Match"] = etag
        given = more or {"json": body if body is not None else {}}
        headers |= given.pop("headers", {})
        answer = await self._patiently("POST", path, headers, **given)
        if self.client.kept is not None:
            self.client.kept.consider(self._headers(headers), answer, **given)
        return answer

    async def must_get(self, path: str, **query: Any) -> Any:
        answer = await self.get(path, **query)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def must_post(self, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self.post(path, body, **more)
        assert answer.status_code in {200, 201, 202}, (
            f"POST {path}: {answer.status_code} {answer.text}"
        )
        return answer.json()

    async def _patiently(
        self, method: str, path: str, headers: dict[str, str], **more: Any
    ) -> httpx.Response:
        whole = self._headers(headers)

        async def once() -> httpx.Response | None:
            try:
                answer = await self.client.http.request(method, path, headers=whole, **more)
            except httpx.TransportError:
                self.client.outcomes["no answer"] += 1
                return None
            self.client.outcomes[str(answer.status_code)] += 1
            if answer.status_code in _PASSING or _is_in_progress(answer):
                return None
            return answer

        return await eventually(once, on_repeat=self._count, seconds=self.client.patience)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.token}"}
        return headers | own | ({"Purpose-Of-Use": self.purpose} if self.purpose else {})

    def _count(self) -> None:
        self.client.repeats += 1


async def eventually(
    look: Callable[[], Awaitable[Found | None]],
    *,
    on_repeat: Callable[[], None] = lambda: None,
    seconds: float = PATIENCE_SECONDS,
) -> Found:
    """What `look` finds, as soon as it finds something; TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        pause = 0.05
        while (found := await look()) is None:
            on_repeat()
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        return found


def _is_in_progress(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and answer.json().get("code") == "request-in-progress"
