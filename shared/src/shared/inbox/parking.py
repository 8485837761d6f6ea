"""Messages that have to wait, encrypted whole: beyond a gap, behind a failed one, unreadable."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.cloudevents import Event
from shared.db import driver_sql
from shared.inbox.cursors import Cursor
from shared.privacy import Keyring

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

_COLUMN = "parked_messages.message"


class Reason(StrEnum):
    GAP = "GAP"
    BEHIND = "BEHIND"
    FAILED = "FAILED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event and the place on the broker where it was read."""

    event: Event
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record of the broker as it came, because its envelope could not be read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]

    @classmethod
    def of(cls, row: Any, raw: Any) -> "KeptRecord":
        return cls(
            topic=row.topic,
            partition=row.partition,
            offset=row.broker_offset,
            key=None if raw["key"] is None else bytes.fromhex(raw["key"]),
            value=None if raw["value"] is None else bytes.fromhex(raw["value"]),
            headers=[(name, bytes.fromhex(value)) for name, value in raw["headers"]],
        )

    @property
    def place(self) -> str:
        return f"{self.topic} partition {self.partition} offset {self.offset}"


class Parking:
    """The parked messages of one service."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def put(
        self,
        session: AsyncSession,
        cursor: Cursor,
        arrival: Arrival,
        *,
        reason: Reason,
        error: str | None = None,
    ) -> bool:
        """Keep a message behind its cursor; false when this sequence waits there already."""
        event, offset = arrival.event, arrival.offset
        while not await driver_sql(session, _WAITS, event.topic, event.key, event.sequence):
            added = await driver_sql(
                session,
                _PUT,
                event.topic,
                arrival.partition,
                offset,
                event.key,
                event.sequence,
                event.type,
                reason.value,
                error,
                self._keyring.seal(
                    _COLUMN, _place(event.topic, arrival.partition, offset), _packed(event)
                ),
            )
            if added:
                cursor.waiting += 1
                cursor.is_changed = True
                return True
            offset = await self._free_offset(session, event.topic, arrival.partition)
        return False

    async def mark_failed(self, session: AsyncSession, event: Event, error: str) -> None:
        await driver_sql(session, _MARK_FAILED, event.topic, event.key, event.sequence, error)

    async def remove(self, session: AsyncSession, cursor: Cursor) -> None:
        """Forget what the cursor has passed."""
        gone = await driver_sql(session, _REMOVE, cursor.topic, cursor.key, cursor.last_sequence)
        cursor.waiting = max(0, cursor.waiting - len(gone))
        cursor.is_changed = True

    async def find_next(self, session: AsyncSession, cursor: Cursor) -> Arrival | None:
        """The waiting message that is next in line, None while it is missing."""
        rows = await driver_sql(session, _NEXT, cursor.topic, cursor.key, cursor.last_sequence + 1)
        return self._opened(rows)

    async def find_first(self, session: AsyncSession, cursor: Cursor) -> Arrival | None:
        """The earliest waiting message of a key, whatever is missing before it."""
        return self._opened(await driver_sql(session, _FIRST, cursor.topic, cursor.key))

    async def put_unreadable(
        self, session: AsyncSession, record: "ConsumerRecord", topic: str, error: str
    ) -> None:
        """Keep a record whose envelope cannot be read, under its Kafka key where it has one."""
        raw = {
            "key": None if record.key is None else record.key.hex(),
            "value": None if record.value is None else record.value.hex(),
            "headers": [[name, (value or b"").hex()] for name, value in record.headers],
        }
        kept, offset = json.dumps(raw).encode(), record.offset
        while True:
            added = await driver_sql(
                session,
                _PUT_UNREADABLE,
                topic,
                record.partition,
                offset,
                record.key.decode(errors="replace")[:200] if record.key else None,
                error,
                self._keyring.seal(_COLUMN, _place(topic, record.partition, offset), kept),
            )
            if added or await self._is_kept(session, topic, record, kept):
                return
            offset = await self._free_offset(session, topic, record.partition)

    async def list_unreadable(
        self, session: AsyncSession, topic: str | None, key: str | None
    ) -> list[KeptRecord]:
        """The records that could not be read when they came, in the order of the log."""
        rows = await driver_sql(session, _UNREADABLE, topic, key)
        return [
            KeptRecord.of(row, json.loads(self._keyring.open(_COLUMN, _place_of(row), row.message)))
            for row in rows
        ]

    async def forget(self, session: AsyncSession, kept: KeptRecord) -> bool:
        """Take an unreadable record out; false when somebody else has."""
        return bool(await driver_sql(session, _FORGET, kept.topic, kept.partition, kept.offset))

    async def _is_kept(
        self, session: AsyncSession, topic: str, record: "ConsumerRecord", kept: bytes
    ) -> bool:
        """Whether this very record is kept, at its place or at one that was free."""
        rows = await driver_sql(session, _AT, topic, record.partition, record.offset)
        return any(self._keyring.open(_COLUMN, _place_of(row), row.message) == kept for row in rows)

    async def _free_offset(self, session: AsyncSession, topic: str, partition: int) -> int:
        """A place of our own for a message whose place is taken: by one of another broker, since
        after a return to a backup, or the loss of its disk, a broker counts from 0 again.
        """
        return int((await driver_sql(session, _FREE, topic, partition))[0][0])

    def _opened(self, rows: Sequence[Any]) -> Arrival | None:
        if not rows:
            return None
        row = rows[0]
        event = _unpacked(self._keyring.open(_COLUMN, _place_of(row), row.message), row.topic)
        return Arrival(event, row.partition, row.broker_offset)


def described(error: BaseException) -> str:
    """What an error may say where others read it: its kind and its place, never its text."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return type(error).__name__
    file = traceback.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{type(error).__name__} at {file}:{traceback.tb_lineno}"


def _place(topic: str, partition: int, offset: int) -> str:
    """What the ciphertext of a parked message is bound to."""
    return f"{topic}:{partition}:{offset}"


def _place_of(row: Any) -> str:
    return _place(row.topic, row.partition, row.broker_offset)


def _packed(event: Event) -> bytes:
    return json.dumps(
        {
            "id": str(event.id),
            "type": event.type,
            "key": event.key,
            "sequence": event.sequence,
            "time": event.time.isoformat(),
            "source": event.source,
            "data": event.data.decode("utf-8", "surrogateescape"),
            "sensitivity": event.sensitivity,
            "traceparent": event.traceparent,
            "causation_id": event.causation_id,
        }
    ).encode()


def _unpacked(packed: bytes, topic: str) -> Event:
    kept = json.loads(packed)
    return Event(
        id=UUID(kept["id"]),
        type=kept["type"],
        topic=topic,
        key=kept["key"],
        sequence=kept["sequence"],
        time=datetime.fromisoformat(kept["time"]),
        source=kept["source"],
        data=kept["data"].encode("utf-8", "surrogateescape"),
        sensitivity=kept["sensitivity"],
        traceparent=kept["traceparent"],
        causation_id=kept["causation_id"],
    )


_WAITS = "SELECT 1 FROM parked_messages WHERE topic = $1 AND key = $2 AND sequence = $3"
_PUT = """
INSERT INTO parked_messages
    (topic, partition, broker_offset, key, sequence, type, reason, error, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING 1
"""
_PUT_UNREADABLE = """
INSERT INTO parked_messages (topic, partition, broker_offset, key, reason, error, message)
VALUES ($1, $2, $3, $4, 'UNREADABLE', $5, $6) ON CONFLICT DO NOTHING RETURNING 1
"""
_UNREADABLE = """
SELECT topic, partition, broker_offset, message FROM parked_messages
WHERE reason = 'UNREADABLE'
  AND ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR key = $2)
ORDER BY topic, partition, broker_offset
"""
_AT = """
SELECT topic, partition, broker_offset, message FROM parked_messages
WHERE topic = $1 AND partition = $2 AND reason = 'UNREADABLE'
  AND (broker_offset = $3 OR broker_offset < 0)
"""
_FREE = """
SELECT least(min(broker_offset), 0) - 1 FROM parked_messages WHERE topic = $1 AND partition = $2
"""
_FORGET = """
DELETE FROM parked_messages
WHERE topic = $1 AND partition = $2 AND broker_offset = $3 AND reason = 'UNREADABLE' RETURNING 1
"""
_MARK_FAILED = """
UPDATE parked_messages SET reason = 'FAILED', error = $4
WHERE topic = $1 AND key = $2 AND sequence = $3
"""
_REMOVE = """
DELETE FROM parked_messages WHERE topic = $1 AND key = $2 AND sequence <= $3 RETURNING 1
"""
_NEXT = """
SELECT topic, partition, broker_offset, message FROM parked_messages
WHERE topic = $1 AND key = $2 AND sequence = $3 LIMIT 1
"""
_FIRST = """
SELECT topic, partition, broker_offset, message FROM parked_messages
WHERE topic = $1 AND key = $2 AND sequence IS NOT NULL ORDER BY sequence LIMIT 1
"""
