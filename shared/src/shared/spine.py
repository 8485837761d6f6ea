"""The tables under every service's messages and writes, and the migration that makes them.

streams and outbox give events their order; cursors and parked_messages give them one effect;
idempotency_keys give a retry the same answer; leases say who works alone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.sensitivity import INTERNAL, INTERNAL_ENCRYPTED, PARTNER


class StreamColumns(SQLModel):
    """The last sequence given in each (topic, key)."""

    topic: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    key: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    last_sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)


class OutboxColumns(SQLModel):
    """One event, written in the transaction of its change; sent later, kept 30 days."""

    position: Annotated[int | None, PARTNER] = Field(
        default=None, sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),)
    )
    event_id: Annotated[UUID, PARTNER] = Field(unique=True)
    topic: Annotated[str, PARTNER] = Field(sa_type=Text)
    key: Annotated[str, PARTNER] = Field(sa_type=Text)
    sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    type: Annotated[str, PARTNER] = Field(sa_type=Text)
    occurred_at: Annotated[datetime, PARTNER]
    sensitivity: Annotated[str, PARTNER] = Field(sa_type=Text)
    traceparent: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    causation_id: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    data: Annotated[bytes, INTERNAL] = Field(sa_type=LargeBinary)
    created_at: Annotated[datetime, PARTNER] = Field(
        sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
    sent_at: Annotated[datetime | None, PARTNER] = Field(default=None)
    partition: Annotated[int | None, PARTNER] = Field(default=None, sa_type=SmallInteger)
    broker_offset: Annotated[int | None, PARTNER] = Field(default=None, sa_type=BigInteger)


class CursorColumns(SQLModel):
    """How far a (topic, key) has had its effect here, and whether it stands still."""

    topic: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    key: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    last_sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    parked: Annotated[bool, PARTNER] = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    waiting: Annotated[int, PARTNER] = Field(
        default=0, sa_column_kwargs={"server_default": text("0")}
    )


class ParkedMessageColumns(SQLModel):
    """A message that has to wait: beyond a gap, behind a failed one, failed, or unreadable."""

    topic: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    partition: Annotated[int, PARTNER] = Field(sa_type=SmallInteger, primary_key=True)
    broker_offset: Annotated[int, PARTNER] = Field(sa_type=BigInteger, primary_key=True)
    key: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    sequence: Annotated[int | None, PARTNER] = Field(default=None, sa_type=BigInteger)
    type: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    reason: Annotated[str, PARTNER] = Field(sa_type=Text)
    error: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    message: Annotated[bytes, INTERNAL_ENCRYPTED] = Field(sa_type=LargeBinary)
    parked_at: Annotated[datetime, PARTNER] = Field(
        sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )


class ReplayColumns(SQLModel):
    """Who handed parked messages back, and which gap was accepted. Append-only."""

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    topic: Annotated[str, PARTNER] = Field(sa_type=Text)
    key: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    from_sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    to_sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    gap_accepted: Annotated[bool, PARTNER] = Field(default=False)
    replayed_by: Annotated[str, PARTNER] = Field(sa_type=Text)
    replayed_at: Annotated[datetime, PARTNER] = Field(
        sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )


class IdempotencyKeyColumns(SQLModel):
    """The answer that was given to a key, so that a retry gets the same one."""

    scope: Annotated[bytes, PARTNER] = Field(sa_type=LargeBinary, primary_key=True)
    fingerprint: Annotated[bytes, PARTNER] = Field(sa_type=LargeBinary)
    status: Annotated[int, PARTNER] = Field(sa_type=SmallInteger)
    headers: Annotated[dict[str, Any], PARTNER] = Field(sa_type=JSONB)
    body: Annotated[bytes, INTERNAL_ENCRYPTED] = Field(sa_type=LargeBinary)
    created_at: Annotated[datetime, PARTNER] = Field(
        sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )


class LeaseColumns(SQLModel):
    """Who does a thing alone, until when, by the database's clock."""

    name: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    holder: Annotated[str, PARTNER] = Field(sa_type=Text)
    expires_at: Annotated[datetime, PARTNER]


_CREATE = """
CREATE TABLE streams (
    topic text NOT NULL, key text NOT NULL, last_sequence bigint NOT NULL,
    CONSTRAINT pk_streams PRIMARY KEY (topic, key)
);
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL, topic text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
    type text NOT NULL, occurred_at timestamptz NOT NULL, sensitivity text NOT NULL,
    traceparent text, causation_id text, data bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz, partition smallint, broker_offset bigint,
    CONSTRAINT pk_outbox PRIMARY KEY (position),
    CONSTRAINT uq_outbox_event_id UNIQUE (event_id),
    CONSTRAINT uq_outbox_topic_key_sequence UNIQUE (topic, key, sequence)
);
CREATE INDEX ix_outbox_unsent ON outbox (position) WHERE sent_at IS NULL;
CREATE INDEX ix_outbox_sent_at ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE TABLE cursors (
    topic text NOT NULL, key text NOT NULL, last_sequence bigint NOT NULL,
    parked boolean NOT NULL DEFAULT false, waiting integer NOT NULL DEFAULT 0,
    CONSTRAINT pk_cursors PRIMARY KEY (topic, key)
);
CREATE INDEX ix_cursors_standing ON cursors (topic, key) WHERE parked OR waiting > 0;
CREATE TABLE parked_messages (
    topic text NOT NULL, partition smallint NOT NULL, broker_offset bigint NOT NULL,
    key text, sequence bigint, type text, reason text NOT NULL, error text,
    message bytea NOT NULL, parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_parked_messages PRIMARY KEY (topic, partition, broker_offset),
    CONSTRAINT ck_parked_messages_reason
        CHECK (reason IN ('GAP', 'BEHIND', 'FAILED', 'UNREADABLE'))
);
CREATE INDEX ix_parked_messages_topic_key_sequence ON parked_messages (topic, key, sequence);
CREATE TABLE replays (
    id uuid NOT NULL, topic text NOT NULL, key text,
    from_sequence bigint NOT NULL, to_sequence bigint NOT NULL,
    gap_accepted boolean NOT NULL, replayed_by text NOT NULL,
    replayed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_replays PRIMARY KEY (id)
);
CREATE TABLE idempotency_keys (
    scope bytea NOT NULL, fingerprint bytea NOT NULL, status smallint NOT NULL,
    headers jsonb NOT NULL, body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (scope)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE TABLE leases (
    name text NOT NULL, holder text NOT NULL, expires_at timestamptz NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (name)
);
GRANT SELECT, INSERT, UPDATE ON streams TO {app};
GRANT SELECT, INSERT, DELETE ON outbox TO {app};
GRANT UPDATE (sent_at, partition, broker_offset) ON outbox TO {app};
GRANT SELECT, INSERT, UPDATE ON cursors TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON parked_messages TO {app};
GRANT SELECT, INSERT ON replays TO {app};
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO {app};
"""

_DROP = "DROP TABLE leases, idempotency_keys, replays, parked_messages, cursors, outbox, streams"


def create_spine(execute: Callable[[str], object], *, running_role: str) -> None:
    """The first migration of every service; grants stand beside the tables."""
    for statement in _CREATE.format(app=running_role).split(";"):
        if statement.strip():
            execute(statement)


def drop_spine(execute: Callable[[str], object]) -> None:
    execute(_DROP)
