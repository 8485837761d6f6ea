"""How far each (topic, key) has had its effect: locking and moving cursors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.cloudevents import Event
from shared.db import driver_sql
from shared.messages import catalogue

Place = tuple[str, str]


@dataclass(slots=True)
class Cursor:
    topic: str
    key: str
    last_sequence: int
    parked: bool
    waiting: int
    is_changed: bool = False

    @property
    def place(self) -> Place:
        return self.topic, self.key

    def moved_to(self, sequence: int) -> None:
        self.last_sequence = sequence
        self.is_changed = True


def beginnings(events: Iterable[Event]) -> dict[Place, int]:
    """Where a cursor starts that does not exist yet: before 1, and in a topic that the broker
    expires, before what is seen first.
    """
    begin: dict[Place, int] = {}
    for event in events:
        start = event.sequence - 1 if catalogue.expires(event.topic) else 0
        place = (event.topic, event.key)
        begin[place] = min(begin.get(place, start), start)
    return begin


async def lock_cursors(session: AsyncSession, begin: dict[Place, int]) -> dict[Place, Cursor]:
    """The cursors of all places at hand, made where missing, locked in sorted order."""
    topics = [topic for topic, _ in begin]
    keys = [key for _, key in begin]
    rows = await driver_sql(session, _LOCK_OR_MAKE, topics, keys, list(begin.values()))
    if len(rows) < len(begin):
        # Somebody made one in the same moment; it is seen now.
        rows = await driver_sql(session, _LOCK, topics, keys)
    return {
        (row.topic, row.key): Cursor(row.topic, row.key, row.last_sequence, row.parked, row.waiting)
        for row in rows
    }


async def save_cursors(session: AsyncSession, cursors: Iterable[Cursor]) -> None:
    """Write the moved ones back, in one statement."""
    changed: Sequence[Cursor] = [cursor for cursor in cursors if cursor.is_changed]
    if changed:
        await driver_sql(
            session,
            _SAVE,
            [cursor.topic for cursor in changed],
            [cursor.key for cursor in changed],
            [cursor.last_sequence for cursor in changed],
            [cursor.parked for cursor in changed],
            [cursor.waiting for cursor in changed],
        )


_LOCK = """
SELECT c.topic, c.key, c.last_sequence, c.parked, c.waiting
FROM cursors c JOIN unnest($1::text[], $2::text[]) AS w(topic, key) USING (topic, key)
ORDER BY c.topic, c.key FOR UPDATE OF c
"""
_LOCK_OR_MAKE = """
WITH wanted AS (
    SELECT topic, key, start FROM unnest($1::text[], $2::text[], $3::bigint[])
        AS w(topic, key, start)
), locked AS (
    SELECT c.topic, c.key, c.last_sequence, c.parked, c.waiting
    FROM cursors c JOIN wanted USING (topic, key)
    ORDER BY c.topic, c.key FOR UPDATE OF c
), made AS (
    INSERT INTO cursors (topic, key, last_sequence)
    SELECT topic, key, start FROM wanted
    WHERE NOT EXISTS (SELECT FROM locked l WHERE l.topic = wanted.topic AND l.key = wanted.key)
    ORDER BY topic, key
    ON CONFLICT DO NOTHING
    RETURNING topic, key, last_sequence, parked, waiting
)
SELECT * FROM locked UNION ALL SELECT * FROM made
"""
_SAVE = """
UPDATE cursors AS c
SET last_sequence = n.last_sequence, parked = n.parked, waiting = n.waiting
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::integer[])
     AS n(topic, key, last_sequence, parked, waiting)
WHERE c.topic = n.topic AND c.key = n.key
"""
