"""Which model decides: every share of linking asks, so that all replicas turn at one moment."""

from functools import cache

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.served_model import Served, known_models, served_model
from shared.db import driver_sql
from shared.errors import ServiceBusy

_TURNING = 7_306_101
"""The advisory lock that shares of linking hold together, and whoever turns to another model
alone: nobody decides by the model before once the other one is in use.
"""


async def model_in_use(session: AsyncSession) -> Served:
    """The model that decides until this transaction ends.

    Raises ServiceBusy where this process has no such model: nobody is linked by another one.
    """
    await driver_sql(session, "SELECT pg_advisory_xact_lock_shared($1)", _TURNING)
    rows = await driver_sql(session, "SELECT label FROM link_model_in_use")
    own = served_model()
    if not rows or rows[0][0] == own.label:
        return own
    try:
        return known_model(rows[0][0])
    except KeyError:
        raise ServiceBusy(retry_after_seconds=30) from None


async def turn_to_model(session: AsyncSession, label: str) -> None:
    """From the commit on this model decides; waits for those who decide by the one before.

    The model of the settings is not written down, so that it stays the settings that name it.
    """
    await driver_sql(session, "SELECT pg_advisory_xact_lock($1)", _TURNING)
    if label == served_model().label:
        await driver_sql(session, "DELETE FROM link_model_in_use")
        return
    await driver_sql(
        session,
        """
        INSERT INTO link_model_in_use (id, label) VALUES (1, $1)
        ON CONFLICT (id) DO UPDATE SET label = excluded.label
        """,
        label,
    )


@cache
def known_model(label: str) -> Served:
    """A label names a content, so what was read once stays true; what is not there is looked for
    again.
    """
    return known_models()[label]
