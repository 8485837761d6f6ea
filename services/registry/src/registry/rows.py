"""Puts many rows into a table at once, in the transaction of the session."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import driver_connection


async def copy_rows(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add rows by COPY; there is no quicker way in, and no conflict may be expected."""
    records = list(rows)
    if not records:
        return
    connection = await driver_connection(session)
    await connection.copy_records_to_table(table, records=records, columns=columns)
