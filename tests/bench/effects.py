"""A service whose only effect is a row per employer registered; its messenger is the real one.

It stands for any service that consumes messages of job-orders: `python -m tests.bench.effects`.
"""

from pydantic_settings import SettingsConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.cloudevents import Event
from shared.db import driver_sql
from shared.inbox import Handlers
from shared.messages.job_orders import EmployerRegistered
from shared.messenger import main
from shared.settings import ServiceSettings

CREATE = """
CREATE TABLE effects (
    employer_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EFFECTS_")


async def on_employer_registered(
    session: AsyncSession, message: EmployerRegistered, event: Event
) -> None:
    """Keep that it was registered."""
    await driver_sql(
        session,
        "INSERT INTO effects (employer_id, sequence) VALUES ($1, $2)",
        message.employer_id,
        event.sequence,
    )


HANDLERS = Handlers(by_message={EmployerRegistered: on_employer_registered})

if __name__ == "__main__":
    main("effects", Settings(), HANDLERS)
