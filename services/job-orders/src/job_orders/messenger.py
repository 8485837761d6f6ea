"""The message process of job-orders: relay, consumer, timers."""

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.handlers import HANDLERS
from job_orders.orders.operations import expire_due_orders
from job_orders.organisations.finding import find_share
from job_orders.settings import Settings, keyring
from shared.loops import Loop
from shared.messenger import main


async def _find(session: AsyncSession) -> bool:
    return await find_share(session, keyring=keyring())


LOOPS = (
    Loop("expire job orders", 60, expire_due_orders),
    Loop("find organisations alike", 2, _find),
)

if __name__ == "__main__":
    main("job_orders", Settings(), HANDLERS, loops=LOOPS)
