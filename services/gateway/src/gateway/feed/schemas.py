"""What readers of the feed get."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.feed.tables import FeedEvent
from gateway.tables import Cursor
from shared.sensitivity import INTERNAL, PARTNER


class FeedEntry(BaseModel):
    """A CloudEvents 1.0 event in structured form. Ids and codes only, never personal data."""

    specversion: Annotated[str, PARTNER] = Field(default="1.0", max_length=4)
    id: Annotated[UUID, PARTNER]
    type: Annotated[str, PARTNER] = Field(max_length=200)
    source: Annotated[str, PARTNER] = Field(max_length=100)
    subject: Annotated[str, PARTNER] = Field(max_length=100, description="The aggregate's id.")
    time: Annotated[datetime, PARTNER]
    sequence: Annotated[int, PARTNER] = Field(
        ge=1, description="Gapless number within type's topic and subject."
    )
    sensitivity: Annotated[str, PARTNER] = Field(max_length=20)
    traceparent: Annotated[str | None, PARTNER] = Field(max_length=60)
    causationid: Annotated[str | None, PARTNER] = Field(max_length=60)
    data: Annotated[dict[str, Any], INTERNAL]

    @classmethod
    def of(cls, event: FeedEvent) -> Self:
        return cls(
            id=event.event_id,
            type=event.type,
            source=event.source,
            subject=event.key,
            time=event.occurred_at,
            sequence=event.sequence,
            sensitivity=event.sensitivity,
            traceparent=event.traceparent,
            causationid=event.causation_id,
            data=event.data,
        )


class FeedGap(BaseModel):
    """A subject whose next event has not arrived; later ones follow once it has."""

    topic: Annotated[str, PARTNER] = Field(max_length=100)
    subject: Annotated[str, PARTNER] = Field(max_length=100)
    last_sequence: Annotated[int, PARTNER] = Field(ge=0)

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        return cls(topic=cursor.topic, subject=cursor.key, last_sequence=cursor.last_sequence)


class FeedPage(BaseModel):
    """A stretch of the feed. `next` never goes stale; use it again even after an empty stretch."""

    items: Annotated[list[FeedEntry], PARTNER] = Field(max_length=200)
    next: Annotated[str, PARTNER] = Field(max_length=1000)
    has_more: Annotated[bool, PARTNER]
    gaps: Annotated[list[FeedGap], PARTNER] = Field(max_length=100)
