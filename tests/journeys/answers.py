"""A sample of answered writes, kept to be asked again: the same key must give the same answer."""

import random
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx

SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answered:
    """One write as it was sent, and what was said to it."""

    path: str
    headers: dict[str, str]
    given: dict[str, Any]
    status: int
    body: bytes


class Answers:
    """A fair sample of all successful writes, however many there are (reservoir sampling)."""

    def __init__(self, rng: random.Random, *, size: int) -> None:
        self._rng = rng
        self._size = size
        self._seen = 0
        self.sample: list[Answered] = []

    def consider(self, headers: dict[str, str], answer: httpx.Response, **given: Any) -> None:
        """Keep this answer, perhaps; refusals never, because they are not stored."""
        if answer.status_code not in SUCCESS:
            return
        self._seen += 1
        path = answer.request.url.raw_path.decode()
        one = Answered(path, headers, given, answer.status_code, answer.content)
        if len(self.sample) < self._size:
            self.sample.append(one)
        elif (place := self._rng.randrange(self._seen)) < self._size:
            self.sample[place] = one

    async def differing(self, http: httpx.AsyncClient) -> list[str]:
        """Ask all of them again; one line for each that is answered otherwise or has its effect
        anew.
        """
        found = []
        for one in self.sample:
            answer = await http.post(one.path, headers=one.headers, **one.given)
            if (answer.status_code, answer.content) != (one.status, one.body):
                found.append(f"POST {one.path}: {one.status}, and then {answer.status_code}")
            elif answer.headers.get("idempotency-replayed") != "true":
                found.append(f"POST {one.path} was done anew")
        return found
