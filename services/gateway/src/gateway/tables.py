"""The base of this service's tables, and its share of the spine. Business tables are in slices."""

from sqlmodel import SQLModel

from shared import spine
from shared.db import service_registry

_tables = service_registry()


class GatewayTable(SQLModel, registry=_tables):
    """Base of every table of this service."""

    metadata = _tables.metadata


class Stream(spine.StreamColumns, GatewayTable, table=True):
    __tablename__ = "streams"


class OutboxRow(spine.OutboxColumns, GatewayTable, table=True):
    __tablename__ = "outbox"


class Cursor(spine.CursorColumns, GatewayTable, table=True):
    __tablename__ = "cursors"


class ParkedMessage(spine.ParkedMessageColumns, GatewayTable, table=True):
    __tablename__ = "parked_messages"


class Replay(spine.ReplayColumns, GatewayTable, table=True):
    __tablename__ = "replays"


class IdempotencyKey(spine.IdempotencyKeyColumns, GatewayTable, table=True):
    __tablename__ = "idempotency_keys"


class Lease(spine.LeaseColumns, GatewayTable, table=True):
    __tablename__ = "leases"
