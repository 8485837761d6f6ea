"""The base of this service's tables, and its share of the spine. Business tables are in slices."""

from sqlmodel import SQLModel

from shared import spine
from shared.db import service_registry

_tables = service_registry()


class RegistryTable(SQLModel, registry=_tables):
    """Base of every table of this service."""

    metadata = _tables.metadata


class Stream(spine.StreamColumns, RegistryTable, table=True):
    __tablename__ = "streams"


class OutboxRow(spine.OutboxColumns, RegistryTable, table=True):
    __tablename__ = "outbox"


class Cursor(spine.CursorColumns, RegistryTable, table=True):
    __tablename__ = "cursors"


class ParkedMessage(spine.ParkedMessageColumns, RegistryTable, table=True):
    __tablename__ = "parked_messages"


class Replay(spine.ReplayColumns, RegistryTable, table=True):
    __tablename__ = "replays"


class IdempotencyKey(spine.IdempotencyKeyColumns, RegistryTable, table=True):
    __tablename__ = "idempotency_keys"


class Lease(spine.LeaseColumns, RegistryTable, table=True):
    __tablename__ = "leases"
