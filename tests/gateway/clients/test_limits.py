"""One client's flood does not pass, and is told when to come back."""

import http_sf
import pytest

from gateway.clients.limits import RateGuard
from gateway.clients.rules import RateLimitExceeded
from tests.gateway.conftest import Systems


def test_a_bucket_refills_evenly() -> None:
    guard = RateGuard(requests=4, window_seconds=8)
    for _ in range(4):
        guard.take("a", 100.0)
    with pytest.raises(RateLimitExceeded) as refused:
        guard.take("a", 100.0)
    assert refused.value.retry_after_seconds == 2
    guard.take("b", 100.0)
    guard.take("a", 102.0)
    with pytest.raises(RateLimitExceeded):
        guard.take("a", 102.0)
    assert guard.take("a", 10_000.0).startswith(b'"client";r=3')


async def test_a_client_sees_its_limit_and_is_refused_beyond_it(systems: Systems) -> None:
    system = await systems.start(rate_limit_requests=3, rate_limit_window_seconds=60)
    for left in (2, 1, 0):
        answer = await system.ask("/v1/persons/1")
        assert answer.status == 200
        policy = http_sf.parse(answer.headers["RateLimit-Policy"].encode(), tltype="list")
        standing = http_sf.parse(answer.headers["RateLimit"].encode(), tltype="list")
        assert policy == [("client", {"q": 3, "w": 60})]
        assert standing == [("client", {"r": left, "t": 20 * (3 - left)})]
    refused = await system.ask("/v1/persons/1")
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert len(system.registry.seen) == 3
    other = await system.ask(
        "/v1/persons/1",
        headers={"Authorization": f"Bearer {system.keys.token(client_id='another')}"},
    )
    assert other.status == 200
