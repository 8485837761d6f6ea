"""What a check is, and how the databases of a stack are read for one."""

from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from deploy.local import postgres
from deploy.local.stack import Stack

PRODUCERS = ("registry", "cases", "job_orders")
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, what was compared for it, how many of those, and what is not as promised."""

    promise: str
    compared: str
    count: int
    findings: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The check in one line; with findings, the first of them below it."""
        verdict = "OK" if not self.findings else f"{len(self.findings)} FOUND"
        shown = [f"    {finding}" for finding in self.findings[:_MOST_SHOWN]]
        return "\n".join([f"{verdict:>9}  {self.promise}: {self.count} {self.compared}", *shown])


@asynccontextmanager
async def database(stack: Stack, name: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.admin_url(stack, name), timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def fetch(stack: Stack, name: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    """Rows of one statement in one service's database."""
    async with database(stack, name) as connection:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return rows


async def rows(stack: Stack, name: str, statement: str) -> list[tuple[Any, ...]]:
    """The same as plain tuples, which can be compared and counted."""
    return [tuple(row) for row in await fetch(stack, name, statement)]


async def pairs(stack: Stack, name: str, statement: str) -> dict[Any, Any]:
    """The rows of a statement with two columns, as a mapping."""
    return dict(await rows(stack, name, statement))


def differing(owned: Iterable[Hashable], copied: Iterable[Hashable], *, place: str) -> list[str]:
    """One line for each row that one side has more often than the other."""
    had, has = Counter(owned), Counter(copied)
    missing = [f"{place}: {_told(row)} is missing {n} times" for row, n in (had - has).items()]
    return missing + [f"{place}: {_told(row)} is {n} too many" for row, n in (has - had).items()]


def _told(row: Hashable) -> str:
    return " ".join(str(part) for part in row) if isinstance(row, tuple) else str(row)
