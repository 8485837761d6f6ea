"""The message process of cases: relay, consumer, timers."""

from cases.handlers import HANDLERS
from cases.settings import Settings
from shared.messenger import main

if __name__ == "__main__":
    main("cases", Settings(), HANDLERS)
