"""The feed's one table."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from gateway.tables import GatewayTable
from shared.sensitivity import INTERNAL, PARTNER


class FeedEvent(GatewayTable, table=True):
    """One event. `position` is null until the sequencer has seen the row committed."""

    __tablename__ = "feed_events"

    arrival: Annotated[int | None, PARTNER] = Field(
        default=None, sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),)
    )
    position: Annotated[int | None, PARTNER] = Field(default=None, sa_type=BigInteger, unique=True)
    event_id: Annotated[UUID, PARTNER]
    topic: Annotated[str, PARTNER] = Field(sa_type=Text)
    key: Annotated[str, PARTNER] = Field(sa_type=Text)
    sequence: Annotated[int, PARTNER] = Field(sa_type=BigInteger)
    type: Annotated[str, PARTNER] = Field(sa_type=Text)
    occurred_at: Annotated[datetime, PARTNER]
    source: Annotated[str, PARTNER] = Field(sa_type=Text)
    sensitivity: Annotated[str, PARTNER] = Field(sa_type=Text)
    traceparent: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    causation_id: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    data: Annotated[dict[str, Any], INTERNAL] = Field(sa_type=JSONB)
    received_at: Annotated[datetime, PARTNER] = Field(
        sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
