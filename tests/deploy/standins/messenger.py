"""Stands in for the messenger of a service: holds its lease, and nothing else."""

import asyncio
import os
from pathlib import Path

import asyncpg

_RENEW = """
INSERT INTO leases VALUES ('relay', $1, now() + interval '3 s')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
"""


async def hold_lease() -> None:
    prefix = Path(__file__).parent.name.upper()
    url = os.environ[f"{prefix}_DATABASE_URL"].replace("+asyncpg", "")
    while True:
        try:
            session = await asyncpg.connect(url)
            while True:
                await session.execute(_RENEW, str(os.getpid()))
                await asyncio.sleep(0.5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(hold_lease())
