"""Drawing case numbers."""

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import driver_sql


async def draw_number(session: AsyncSession, mission: str, year: int) -> int:
    """The next number of a mission in a year; the next drawer waits for this transaction."""
    rows = await driver_sql(
        session,
        """
        INSERT INTO case_number_counters AS c (mission, year, last_number) VALUES ($1, $2, 1)
        ON CONFLICT (mission, year) DO UPDATE SET last_number = c.last_number + 1
        RETURNING last_number
        """,
        mission,
        year,
    )
    number: int = rows[0].last_number
    return number
