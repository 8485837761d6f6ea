"""Writes from outside wait while a backup is begun: a row that expires on the database's clock.

Whoever pauses a service renews the row and takes it away; if that one dies, the row expires, and
nothing stays shut. What was committed before goes on to its end: relay, consumer, and those loops
that only finish it.
"""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import driver_sql
from shared.errors import WritesPaused

NAME = "pause"
LASTS = timedelta(seconds=5)
# One row always: seconds until the pause ends unless it is renewed, null where there is none.
REMAINING = f"""
SELECT ceil(extract(epoch FROM max(expires_at) - clock_timestamp()))::integer AS seconds
FROM leases WHERE name = '{NAME}' AND expires_at > clock_timestamp()
"""  # noqa: S608 - a constant of this file.


async def is_paused(session: AsyncSession) -> bool:
    """Whether writes wait, as the next statement of this transaction sees it."""
    return (await driver_sql(session, REMAINING))[0].seconds is not None


async def refuse_paused(session: AsyncSession) -> None:
    """Raises WritesPaused while writes wait."""
    refuse(seconds=(await driver_sql(session, REMAINING))[0].seconds)


def refuse(*, seconds: int | None) -> None:
    """The same for an answer of REMAINING that was had otherwise."""
    if seconds is not None:
        raise WritesPaused(retry_after_seconds=max(1, seconds))
