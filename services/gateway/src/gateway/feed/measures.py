"""How far the feed's readers are behind what the gateway holds."""

import asyncpg

from shared import metrics
from shared.measuring import Question, Readings


async def _unnumbered(connection: asyncpg.Connection) -> Readings:
    events, age = await connection.fetchrow(_UNNUMBERED)
    return {metrics.FEED_UNNUMBERED: [(events, {})], metrics.FEED_AGE: [(age, {})]}


# Counted no further than makes a difference; the numbers are given in the order of arrival.
_UNNUMBERED = """
SELECT count(*) AS events,
       coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8 AS age
FROM (SELECT received_at FROM feed_events WHERE position IS NULL LIMIT 100000) AS unnumbered
"""
FEED = Question((metrics.FEED_UNNUMBERED, metrics.FEED_AGE), _unnumbered)
