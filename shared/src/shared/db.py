"""The database of one service: its own table base, its engine, its sessions.

Nothing here commits; that is the business of `writes`, `inbox`, `outbox` and `loops`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any

import asyncpg
from sqlalchemy import MetaData, Text, TypeDecorator, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import registry
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.pool import MeasuredPool, watch_pool

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLSTATE classes after which the same transaction may simply be tried again.
_DEADLOCK, _SERIALIZATION, _LOCK_TIMEOUT, _CANCELLED = "40P01", "40001", "55P03", "57014"
PATIENCE_SECONDS = 20.0
"""The server ends a statement after 15 seconds; of a longer silence nothing is to be expected."""
RETRIED_AT_ONCE = frozenset({_DEADLOCK, _SERIALIZATION})
# Two at once claimed what only one may have: the second look of the loser finds the winner's row.
TAKEN_MEANWHILE = "23505"
# A text that PostgreSQL cannot hold: NUL as such, or within JSON.
NOT_TEXT = frozenset({"22021", "22P05"})

LOST_CONNECTION = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises when a connection is gone; the last when it had heard the server's
farewell, and not yet that the connection was closed."""


def service_registry() -> registry:
    """The mapper registry and metadata for the tables of one service.

    SQLModel's default is one global list of tables; two services with an `outbox` could then
    not be imported in one test run, and no drift check could be exact.
    """
    return registry(metadata=MetaData(naming_convention=NAMING))


class EnumText(TypeDecorator[Any]):
    """A StrEnum kept as text, with a CHECK in the migration; native enums are hard to change."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002 - the library's signature.
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Any) -> StrEnum | None:  # noqa: ARG002 - as above.
        return None if value is None else self.words(value)


class Database:
    """Engine and sessions on one service's database."""

    def __init__(
        self,
        url: str,
        *,
        application: str,
        pool_size: int = 10,
        pool_timeout: float = 3.0,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._dsn = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._application = application
        self._patience = patience
        self.engine: AsyncEngine = create_async_engine(
            url,
            poolclass=MeasuredPool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout,
            pool_pre_ping=False,
            connect_args={
                "server_settings": self._server_settings(),
                "timeout": 5,
                "command_timeout": patience,
            },
        )
        event.listen(self.engine.sync_engine, "handle_error", _replace_lost)
        watch_pool(self.engine.sync_engine, application, size=pool_size)
        self._sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, expire_on_commit=False, autoflush=False
        )

    def session(self) -> AsyncSession:
        """A session that nobody has begun; closing it rolls back what was not committed."""
        return self._sessions()

    async def connect(self, *, waits_for_disk: bool = True) -> asyncpg.Connection:
        """A connection of its own outside the pool, for listening, leases and COPY.

        One that does not wait for the disk is for what a crash of the server may take back.
        """
        durable = {} if waits_for_disk else {"synchronous_commit": "off"}
        return await asyncpg.connect(
            self._dsn,
            server_settings=self._server_settings() | durable,
            timeout=5,
            command_timeout=self._patience,
        )

    async def is_ready(self) -> bool:
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (DBAPIError, OSError, TimeoutError, PoolTimeout):
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()

    def _server_settings(self) -> dict[str, str]:
        return {
            "application_name": self._application,
            "statement_timeout": "15000",
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        }


def _replace_lost(context: ExceptionContext) -> None:
    """What is lost leaves the pool. One that went silent will not be alone: all that are as old
    are replaced with it.
    """
    if _is_lost(context.original_exception):
        context.is_disconnect = True
    if isinstance(context.original_exception, TimeoutError):
        context.invalidate_pool_on_disconnect = True


class Row(asyncpg.Record):  # type: ignore[misc]  # The driver has no types.
    """A row of the driver; its columns can be named like members."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


async def driver_sql(session: AsyncSession, sql: str, *values: Any) -> Sequence[Any]:
    """Run one statement with $1-style values straight on the driver, in the session's transaction.

    For the hot statements of the spine, where the ORM would cost more than the database. What was
    added to the session and not flushed is not seen.
    """
    connection = await driver_connection(session)
    try:
        rows: Sequence[Row] = await connection.fetch(sql, *values, record_class=Row)
    except Exception as error:
        await _give_up_lost(await session.connection(), connection, error)
        raise
    return rows


async def slow_sql(
    session: AsyncSession, sql: str, *values: Any, seconds: int
) -> Sequence[asyncpg.Record]:
    """The same for a statement that may take so long, where any other would be ended."""
    connection = await driver_connection(session)
    await connection.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
    rows: Sequence[asyncpg.Record] = await connection.fetch(sql, *values, timeout=seconds + 5)
    return rows


# Where a session keeps the driver's connection, with the transaction for which it was looked up.
_DRIVER = "driver"


async def driver_connection(session: AsyncSession) -> asyncpg.Connection:
    """The asyncpg connection under a session, in its transaction, for COPY and record types."""
    inner = session.sync_session
    transaction = inner.get_nested_transaction() or inner.get_transaction()
    known = session.info.get(_DRIVER)
    if transaction is not None and known is not None and known[0] is transaction:
        connection: asyncpg.Connection = known[1]
        return connection
    taken = await session.connection()
    raw = await taken.get_raw_connection()
    adapter: Any = raw.dbapi_connection
    # SQLAlchemy begins at its own first statement, and this one may come before it.
    if adapter._transaction is None:  # noqa: SLF001 - no other way but one more statement.
        try:
            await adapter._start_transaction()  # noqa: SLF001 - as above.
        except Exception as error:
            await _give_up_lost(taken, raw.driver_connection, error)
            raise
    session.info[_DRIVER] = (
        inner.get_nested_transaction() or inner.get_transaction(),
        raw.driver_connection,
    )
    return raw.driver_connection


async def _give_up_lost(
    taken: AsyncConnection, driver: asyncpg.Connection, error: Exception
) -> None:
    """Past the driver SQLAlchemy does not see a connection lost; it is told here."""
    is_silent = isinstance(error, TimeoutError)
    if taken.invalidated or not (is_silent or driver.is_closed()):
        return
    if is_silent:
        # All that are as old go with it, as by SQLAlchemy's `invalidate_pool_on_disconnect`.
        record = await taken.get_raw_connection()
        taken.sync_engine.pool._invalidate(record, error, _checkin=False)  # noqa: SLF001 - as said.
    await taken.invalidate(error)


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncSession]:
    """A read-only transaction for a GET: a write through it fails in the database.

    Whoever has read has the answer: a connection that is lost on giving it back spoils nothing.
    """
    session = database.session()
    try:
        await session.connection(execution_options={"postgresql_readonly": True})
        yield session
    finally:
        with suppress(DBAPIError, *LOST_CONNECTION):
            await session.close()


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind an error of the driver or of SQLAlchemy, None where there is none."""
    seen: BaseException | None = error
    while seen is not None:
        state = getattr(seen, "sqlstate", None) or getattr(
            getattr(seen, "orig", None), "sqlstate", None
        )
        if isinstance(state, str):
            return state
        seen = seen.__cause__
    return None


def _is_lost(error: BaseException) -> bool:
    """Whether the driver lost its connection, by its own word or by SQLAlchemy's adapter's."""
    seen: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(seen, LOST_CONNECTION) and seen is not None and _is_adapters(seen):
        seen = seen.__cause__
    return isinstance(seen, LOST_CONNECTION)


def _is_adapters(error: BaseException) -> bool:
    return type(error).__module__.startswith("sqlalchemy.dialects.")


def is_passing(error: BaseException) -> bool:
    """Whether a fault lies with the database for now and not with what was asked of it.

    Connection lost, server going down or starting, out of resources, deadlock, serialization
    failure, lock or statement timeout: wait and try again, nobody's message is to blame.
    """
    if isinstance(error, PoolTimeout) or _is_lost(error):
        return True
    state = sqlstate(error)
    if state is None:
        return isinstance(error, DBAPIError) and error.connection_invalidated
    return state[:2] in {"08", "53", "57", "58"} or state in {
        _DEADLOCK,
        _SERIALIZATION,
        _LOCK_TIMEOUT,
        _CANCELLED,
        "25P03",
    }
