"""The nightly recount: the ledger against the timelines, the monthly sums against the ledger."""

import logging

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.db import slow_sql
from shared.ids import new_id
from shared.rows import copy_rows

_MOST_LISTED = 1000
log = logging.getLogger(__name__)

# Every day on which a person's postings and the runs of days behind them give another balance.
_LEDGER = """
    WITH drawn AS (
        SELECT t.person_id, day::date AS valid_on, sum(sign) AS delta
        FROM person_timelines t, jsonb_array_elements(t.stays) AS stay,
             LATERAL (VALUES (stay ->> 4, 1), (stay ->> 5, -1)) AS edge(day, sign)
        GROUP BY 1, 2
    ), posted AS (
        SELECT person_id, valid_on, sum(delta) AS delta FROM ledger_postings GROUP BY 1, 2
    )
    SELECT 'LEDGER', person_id::text || ' ' || valid_on, coalesce(posted.delta, 0)::integer,
           coalesce(drawn.delta, 0)::integer
    FROM posted FULL JOIN drawn USING (person_id, valid_on)
    WHERE coalesce(posted.delta, 0) <> coalesce(drawn.delta, 0)
    LIMIT $1
"""
_SUMS = """
    WITH posted AS (
        SELECT date_trunc('month', valid_on)::date AS valid_month,
               date_trunc('month', known_at AT TIME ZONE 'UTC')::date AS known_month,
               country, district, category, source_cell, sum(delta) AS delta
        FROM ledger_postings WHERE known_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT 'SUMS', concat_ws(' ', valid_month, known_month, country, district, category,
                             source_cell),
           coalesce(s.delta, 0)::integer, coalesce(posted.delta, 0)::integer
    FROM population_sums s FULL JOIN posted
         USING (valid_month, known_month, country, district, category, source_cell)
    WHERE coalesce(s.delta, 0) <> coalesce(posted.delta, 0)
    LIMIT $1
"""


async def recount_all(session: AsyncSession) -> bool:
    """Compare everything once; what differs becomes a discrepancy and an alarm in the log."""
    found = [
        row
        for question in (_LEDGER, _SUMS)
        for row in await slow_sql(session, question, _MOST_LISTED, seconds=1800)
    ]
    if found:
        log.error("the recount differs", extra={"facts": {"discrepancies": len(found)}})
    await copy_rows(
        session,
        "discrepancies",
        ("id", "kind", "subject", "counted", "recounted", "found_at"),
        ((new_id(), *row, clock.now()) for row in found),
    )
    return False
