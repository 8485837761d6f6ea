"""The message process of job-orders: relay, consumer, timers."""

from job_orders.handlers import HANDLERS
from job_orders.orders.operations import expire_due_orders
from job_orders.settings import Settings
from shared.loops import Loop
from shared.messenger import main

LOOPS = (Loop("expire job orders", 60, expire_due_orders),)

if __name__ == "__main__":
    main("job_orders", Settings(), HANDLERS, loops=LOOPS)
