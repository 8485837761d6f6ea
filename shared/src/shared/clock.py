"""The only place that reads the time; tests move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _standing.get() or datetime.now(UTC)


def today() -> date:
    """The present calendar date in UTC."""
    return now().date()


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` for what runs inside."""
    if instant.tzinfo is None or instant.utcoffset() != timedelta(0):
        raise ValueError("the clock knows aware UTC instants only")
    token = _standing.set(instant)
    try:
        yield
    finally:
        _standing.reset(token)
