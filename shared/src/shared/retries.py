"""Trying a request again while only the database is to blame, and saying so when that is no use."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.db import NOT_TEXT, RETRIED_AT_ONCE, TAKEN_MEANWHILE, is_passing, sqlstate
from shared.errors import ServiceBusy, TextNotStorable
from shared.pool import PoolCrowded
from shared.returning import seconds_to_return

Answer = TypeVar("Answer")
TRIES = 4
_AWAY_SECONDS = 2.0


async def retried(work: Callable[[], Awaitable[Answer]], *, is_repeatable: bool) -> Answer:
    """Do it, and again after a deadlock, a serialization failure, a unique value that was taken
    meanwhile, or, if the work as a whole may be repeated, a lost connection: a read, or a write
    whose Idempotency-Key would find it done.

    Raises ServiceBusy when the database stays away, and at once when too many wait for it already,
    TextNotStorable when it cannot hold a text that
    was sent; any other error as it is.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return await work()
        except PoolCrowded as crowded:
            # Each further try would only make the queue longer.
            raise ServiceBusy(retry_after_seconds=seconds_to_return(crowded.wait)) from None
        except Exception as error:
            if sqlstate(error) in NOT_TEXT:
                raise TextNotStorable from None
            is_taken = sqlstate(error) == TAKEN_MEANWHILE
            if not (is_passing(error) or (is_taken and attempt < TRIES)):
                raise
            at_once = is_taken or sqlstate(error) in RETRIED_AT_ONCE
            if attempt == TRIES or not (at_once or is_repeatable):
                raise ServiceBusy(retry_after_seconds=seconds_to_return(_AWAY_SECONDS)) from error
            pause = 0.01 if at_once else 0.15
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause * attempt)  # noqa: S311 - jitter.
    raise ServiceBusy(retry_after_seconds=seconds_to_return(_AWAY_SECONDS))
