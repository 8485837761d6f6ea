"""The message process of job-orders: relay, consumer, timers."""

from job_orders.handlers import HANDLERS
from job_orders.settings import Settings
from shared.messenger import main

if __name__ == "__main__":
    main("job_orders", Settings(), HANDLERS)
