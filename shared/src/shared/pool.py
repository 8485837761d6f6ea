"""The pool of database connections, measured: who waits, how long, and how long each is kept."""

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection, QueuePool

from shared import metrics

_NAME = "db.client.connection.pool.name"
_TAKEN_AT = "sinergi.taken_at"


class MeasuredPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's own pool, and a look at the clock around each taking."""

    name = ""

    def recreate(self) -> QueuePool:
        made = super().recreate()
        assert isinstance(made, MeasuredPool)  # noqa: S101 - of the same class, by its promise.
        made.name = self.name
        return made

    def connect(self) -> PoolProxiedConnection:
        if not metrics.is_on():
            return super().connect()
        labels = {_NAME: self.name}
        began = time.perf_counter()
        metrics.add(metrics.POOL_PENDING, 1, labels)
        try:
            return super().connect()
        except PoolTimeout:
            metrics.add(metrics.POOL_TIMEOUTS, 1, labels)
            raise
        finally:
            metrics.add(metrics.POOL_PENDING, -1, labels)
            metrics.record(metrics.POOL_WAIT, time.perf_counter() - began, labels)


def watch_pool(engine: Engine, name: str, *, size: int) -> None:
    """Tell of the pool of an engine under this name; does nothing unless export is on."""
    if not metrics.is_on():
        return
    assert isinstance(engine.pool, MeasuredPool)  # noqa: S101 - `shared.db` makes no other.
    engine.pool.name = name
    labels = {_NAME: name}

    def count() -> Iterator[metrics.Reading]:
        pool = engine.pool
        if isinstance(pool, QueuePool):
            yield pool.checkedout(), {**labels, "db.client.connection.state": "used"}
            yield pool.checkedin(), {**labels, "db.client.connection.state": "idle"}

    metrics.observe(metrics.POOL_COUNT, count)
    metrics.observe(metrics.POOL_MAX, lambda: [(size, labels)])

    def taken(_connection: Any, record: Any, _proxy: Any) -> None:
        record.info[_TAKEN_AT] = time.perf_counter()

    def given_back(_connection: Any, record: Any) -> None:
        if (since := record.info.pop(_TAKEN_AT, None)) is not None:
            metrics.record(metrics.POOL_USE, time.perf_counter() - since, labels)

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)
