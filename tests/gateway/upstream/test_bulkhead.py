"""Places are neither lost nor given twice, whatever happens to those who wait."""

import asyncio

import pytest

from gateway.upstream.bulkhead import Bulkhead
from shared.errors import ServiceBusy


async def test_a_place_given_to_one_who_just_gave_up_is_not_lost() -> None:
    bulkhead = Bulkhead(1, waiting=5, patience_seconds=10)
    await bulkhead.enter()
    waiting = asyncio.create_task(bulkhead.enter())
    await asyncio.sleep(0)
    bulkhead.leave()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await bulkhead.enter()


async def test_those_who_give_up_leave_the_queue() -> None:
    bulkhead = Bulkhead(1, waiting=1, patience_seconds=0.01)
    await bulkhead.enter()
    for _ in range(3):
        with pytest.raises(ServiceBusy):
            await bulkhead.enter()
    bulkhead.leave()
    await bulkhead.enter()
    with pytest.raises(ServiceBusy):
        await bulkhead.enter()


async def test_never_more_than_allowed_are_inside() -> None:
    bulkhead = Bulkhead(3, waiting=100, patience_seconds=10)
    inside = most = 0

    async def call() -> None:
        nonlocal inside, most
        await bulkhead.enter()
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.001)
        inside -= 1
        bulkhead.leave()

    await asyncio.gather(*(call() for _ in range(50)))
    assert (inside, most) == (0, 3)
