"""Load at a fixed rate, an open loop: requests start on time however slow the answers are."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def paced(
    work: Callable[[int], Awaitable[None]], *, per_second: float, seconds: float
) -> list[float]:
    """Start `work(number)` so often for so long; each one's time from when it was due, in ms.

    Counting from the due moment keeps the waiting of those that had to queue in the figures.
    """
    total = round(per_second * seconds)
    times = [0.0] * total
    began = time.perf_counter()

    async def one(number: int, due: float) -> None:
        await work(number)
        times[number] = 1000 * (time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(total):
            due = began + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(one(number, due))
    return times
