"""Putting rows into their tables past the unit of work of the ORM, in the session's transaction.

One by a constant statement: rows that are only ever added, and those of which two equal ones may
come at once. Many by COPY.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, inspect
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import driver_connection, driver_sql

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # The library's own gap.
Sent = Callable[[Any], Any]


async def insert_row(session: AsyncSession, row: SQLModel) -> None:
    """Insert at once, every column as the row says it; it does not become part of the session."""
    statement = _insertion(type(row))
    await driver_sql(session, statement.sql, *statement.values_of(row))


async def insert_if_new(session: AsyncSession, row: SQLModel) -> bool:
    """The same where an equal one may have come first: false for the second of two."""
    statement = _insertion(type(row))
    sql = f"{statement.sql} ON CONFLICT DO NOTHING RETURNING 1"
    return bool(await driver_sql(session, sql, *statement.values_of(row)))


async def copy_rows(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add rows by COPY; there is no quicker way in, and no conflict may be expected."""
    records = list(rows)
    if not records:
        return
    connection = await driver_connection(session)
    await connection.copy_records_to_table(table, records=records, columns=columns)


@dataclass(frozen=True, slots=True)
class _Insertion:
    sql: str
    members: Callable[[Any], tuple[Any, ...]]
    sent: tuple[tuple[int, Sent], ...]
    """What SQLAlchemy's types do to a value on its way, by place."""

    def values_of(self, row: SQLModel) -> list[Any]:
        values = list(self.members(row))
        for place, send in self.sent:
            values[place] = send(values[place])
        return values


@cache
def _insertion(model: type[SQLModel]) -> _Insertion:
    mapper = inspect(model)
    table = mapper.local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not one table")
    columns = list(table.columns)
    names = ", ".join(column.name for column in columns)
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    processors = [
        (place, column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
        for place, column in enumerate(columns)
    ]
    return _Insertion(
        f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608 - names of our own tables.
        attrgetter(*(mapper.get_property_by_column(column).key for column in columns)),
        tuple((place, send) for place, send in processors if send is not None),
    )
