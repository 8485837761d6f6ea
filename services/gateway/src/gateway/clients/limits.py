"""The guard of one process against one client's flood: a bucket of requests that refills evenly.

Exact limits across processes and quotas of the business are no matter of this module.
"""

import math

import http_sf
from http_sf.types import ParamsType

from gateway.clients.rules import RateLimitExceeded


class _Bucket:
    __slots__ = ("filled_at", "left")

    def __init__(self, left: float, filled_at: float) -> None:
        self.left = left
        self.filled_at = filled_at


class RateGuard:
    """Gives each client a bucket of `requests`, refilled evenly over `window_seconds`.

    `name` is what the limit is called in the headers that tell of it.
    """

    def __init__(self, requests: int, window_seconds: int, *, name: str = "client") -> None:
        self._requests = float(requests)
        self._per_second = requests / window_seconds
        self._buckets: dict[str, _Bucket] = {}
        quota: ParamsType = {"q": requests, "w": window_seconds}
        self.policy_header = (b"ratelimit-policy", http_sf.ser([(name, quota)]).encode())
        self._standing = f'"{name}";r=%d;t=%d'.encode()

    def take(self, client: str, moment: float) -> bytes:
        """Take one request; the RateLimit header's value, or RateLimitExceeded."""
        bucket = self._buckets.get(client)
        if bucket is None:
            # Clients are few: only verified tokens come here, and each client is registered.
            bucket = self._buckets[client] = _Bucket(self._requests, moment)
        left = bucket.left + (moment - bucket.filled_at) * self._per_second
        left = min(left, self._requests)
        bucket.filled_at = moment
        if left < 1:
            bucket.left = left
            wait = math.ceil((1 - left) / self._per_second)
            raise RateLimitExceeded(retry_after_seconds=wait)
        bucket.left = left = left - 1
        return self._standing % (left, math.ceil((self._requests - left) / self._per_second))
