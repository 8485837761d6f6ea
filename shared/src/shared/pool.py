"""The pool of database connections: few may wait for one, and not for long. Measured: who waits,
how long, and how long each is kept.
"""

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection, QueuePool

from shared import metrics

_NAME = "db.client.connection.pool.name"
_TAKEN_AT = "sinergi.taken_at"


# For each connection that there is, so many may wait for one.
_WAITING_FOR_EACH = 8
# How much the latest wait counts in the average.
_WEIGHT = 0.1


class PoolCrowded(PoolTimeout):
    """No connection of the pool came free in time, or too many wait for one already."""

    def __init__(self, wait: float) -> None:
        super().__init__("no connection of the pool is free")
        self.wait = wait


class MeasuredPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's own pool with a bounded queue, and a look at the clock around each taking."""

    name = ""
    _coming = 0
    _wait = 0.0

    def recreate(self) -> QueuePool:
        made = super().recreate()
        assert isinstance(made, MeasuredPool)  # noqa: S101 - of the same class, by its promise.
        made.name = self.name
        return made

    def connect(self) -> PoolProxiedConnection:
        """A connection; raises PoolCrowded, with the wait of those who lately got one."""
        if self._coming >= self.size() * _WAITING_FOR_EACH:
            metrics.add(metrics.POOL_TIMEOUTS, 1, {_NAME: self.name})
            raise PoolCrowded(self._wait)
        began = time.perf_counter()
        self._coming += 1
        metrics.add(metrics.POOL_PENDING, 1, {_NAME: self.name})
        try:
            return super().connect()
        except PoolTimeout:
            metrics.add(metrics.POOL_TIMEOUTS, 1, {_NAME: self.name})
            raise PoolCrowded(time.perf_counter() - began) from None
        finally:
            waited = time.perf_counter() - began
            self._coming -= 1
            self._wait += _WEIGHT * (waited - self._wait)
            metrics.add(metrics.POOL_PENDING, -1, {_NAME: self.name})
            metrics.record(metrics.POOL_WAIT, waited, {_NAME: self.name})


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
