"""What the feed does with events: store them all, number them once they are committed."""

import json
from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.cloudevents import Event
from shared.db import driver_sql
from shared.loops import give_positions
from shared.sensitivity import Level


async def store_events(session: AsyncSession, events: Sequence[Event]) -> None:
    """Store what was applied, in one statement; `sealed`, for the registry alone, is dropped."""
    kept = [_without_sealed(event) for event in events]
    await driver_sql(
        session,
        """
        INSERT INTO feed_events (event_id, topic, key, sequence, type, occurred_at, source,
                                 sensitivity, traceparent, causation_id, data)
        SELECT event_id, topic, key, sequence, type, occurred_at, source, sensitivity, traceparent,
               causation_id, data::jsonb
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[],
                    $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[],
                    $11::text[])
            WITH ORDINALITY
            AS e(event_id, topic, key, sequence, type, occurred_at, source, sensitivity,
                 traceparent, causation_id, data, place)
        ORDER BY place
        """,
        [event.id for event in events],
        [event.topic for event in events],
        [event.key for event in events],
        [event.sequence for event in events],
        [event.type for event in events],
        [event.time for event in events],
        [event.source for event in events],
        [sensitivity for sensitivity, _ in kept],
        [event.traceparent for event in events],
        [event.causation_id for event in events],
        [data for _, data in kept],
    )


async def number_events(session: AsyncSession) -> bool:
    """The sequencer's step for the feed."""
    return await give_positions(session, table="feed_events", arrival="arrival")


def _without_sealed(event: Event) -> tuple[str, str]:
    """Sensitivity and payload as the feed keeps them; an unreadable payload is kept empty."""
    try:
        data = json.loads(event.data)
    except ValueError:
        return event.sensitivity, "{}"
    if isinstance(data, dict) and data.pop("sealed", None) is not None:
        return Level.INTERNAL.value, json.dumps(data)
    return event.sensitivity, json.dumps(data)
