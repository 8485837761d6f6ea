"""Who must be served in spite of the flood: reports of cases, and a client that asks little."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from deploy.local.stack import Stack
from deploy.local.tokens import sign_token

REPORT = {
    "category": "LABOUR",
    "country": "MY",
    "channel": "PHONE",
    "description": "Synthetic report: wages unpaid for two months.",
}
# Reports to one mission wait for each other, because its case numbers have no gaps.
MISSIONS = (
    "KBRI-KUALA-LUMPUR",
    "KJRI-JOHOR-BAHRU",
    "KJRI-PENANG",
    "KJRI-KOTA-KINABALU",
    "KJRI-KUCHING",
    "KBRI-SINGAPORE",
    "KJRI-HONG-KONG",
    "KBRI-RIYADH",
    "KJRI-JEDDAH",
    "KBRI-ABU-DHABI",
    "KBRI-DOHA",
    "KBRI-SEOUL",
)
_NO_ANSWER = 0


@dataclass
class Outcome:
    """Times in ms from the due moment, and how the calls were answered."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    receipts: dict[str, bytes] = field(default_factory=dict)
    """Of each report that was accepted, by its key: the answer."""

    def extend(self, other: "Outcome") -> None:
        self.times += other.times
        self.statuses += other.statuses
        self.receipts |= other.receipts


class Caller:
    """One client with one token that sends the same request at a steady pace."""

    def __init__(
        self, stack: Stack, http: aiohttp.ClientSession, role: str, purpose: str, *, client: str
    ) -> None:
        self._url = stack.gateway_url
        self._http = http
        self._headers = {
            "Authorization": f"Bearer {sign_token(stack, role, client_id=client)}",
            "Purpose-Of-Use": purpose,
        }

    async def report(self, outcome: Outcome, *, number: int, due: float) -> None:
        """One report of a case under a key of its own; what is answered is remembered."""
        key = secrets.token_urlsafe(16)
        body = _body(number)
        status, answer = await self._ask("POST", "/v1/cases", due, outcome, json=body, key=key)
        if status == 201:
            outcome.receipts[f"{key} {number}"] = answer

    async def read(self, path: str, outcome: Outcome, *, due: float) -> None:
        await self._ask("GET", path, due, outcome)

    async def differing(self, receipts: dict[str, bytes]) -> list[str]:
        """Send all accepted reports again; one line for each that is not known any more."""
        found = []
        for name, answer in receipts.items():
            key, number = name.split(" ")
            body = _body(int(number))
            headers = self._headers | {"Idempotency-Key": key}
            async with self._http.post(self._url + "/v1/cases", json=body, headers=headers) as told:
                again = await told.read()
                replayed = told.headers.get("Idempotency-Replayed")
                if (told.status, again, replayed) != (201, answer, "true"):
                    found.append(f"a report that was accepted is answered {told.status} now")
        return found

    async def _ask(
        self,
        method: str,
        path: str,
        due: float,
        outcome: Outcome,
        *,
        key: str = "",
        **more: Any,
    ) -> tuple[int, bytes]:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        # A kept connection may be closed while something is sent by it: the same is sent once more.
        for _ in range(2):
            try:
                async with self._http.request(
                    method, self._url + path, headers=headers, **more
                ) as told:
                    answer, status = await told.read(), told.status
                    break
            except (aiohttp.ClientError, TimeoutError):
                answer, status = b"", _NO_ANSWER
        outcome.times.append(1000 * (time.perf_counter() - due))
        outcome.statuses[status] += 1
        return status, answer


def _body(number: int) -> dict[str, Any]:
    """A report about somebody whom nobody knows, which the registry is asked about."""
    participant = {"role": "WORKER", "identifiers": {"passport_number": f"Q{number:07}"}}
    return REPORT | {"mission": MISSIONS[number % len(MISSIONS)], "participants": [participant]}


async def steadily(
    work: Callable[[int, float], Coroutine[Any, Any, None]],
    *,
    per_second: float,
    until: asyncio.Event,
) -> None:
    """Start `work(number, due)` so often until told to end, however slow the answers are."""
    began = time.perf_counter()
    number = 0
    async with asyncio.TaskGroup() as group:
        while not until.is_set():
            due = began + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(work(number, due))
            number += 1
