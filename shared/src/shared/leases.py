"""Who does a thing alone: a row that expires on the database's clock.

A session lock would live on in a half-open connection, and a process clock may be wrong.
"""

import contextlib
import os
import socket
import time
from datetime import timedelta

import asyncpg

from shared.db import LOST_CONNECTION
from shared.ids import random_reference

LASTS = timedelta(seconds=8)
TAKE = """
INSERT INTO leases AS l (name, holder, expires_at) VALUES ($1, $2, clock_timestamp() + $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE l.holder = excluded.holder OR l.expires_at < clock_timestamp()
RETURNING true
"""


class Lease:
    """One named lease as seen by one holder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{random_reference()}"
        self._renew_at = 0.0

    async def take(self, connection: asyncpg.Connection) -> bool:
        """Take the lease if it is free, expired, or ours already."""
        started = time.monotonic()
        taken = await connection.fetchval(TAKE, self.name, self.holder, LASTS)
        self._renew_at = started + LASTS.total_seconds() / 4
        return bool(taken)

    async def keep(self, connection: asyncpg.Connection) -> bool:
        """Still ours? Renews when a quarter of it is used; cheap to ask often."""
        if time.monotonic() < self._renew_at:
            return True
        return await self.take(connection)

    async def give_back(self, connection: asyncpg.Connection) -> None:
        """Let the next holder begin at once; if that cannot be said, the lease just expires."""
        with contextlib.suppress(asyncpg.PostgresError, *LOST_CONNECTION):
            await connection.execute(
                "DELETE FROM leases WHERE name = $1 AND holder = $2",
                self.name,
                self.holder,
                timeout=2,
            )
