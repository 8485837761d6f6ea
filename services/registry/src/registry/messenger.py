"""The message process of the registry: relay, consumer, timers, and the bulk process beside it."""

from registry.bulk import as_loop
from registry.handlers import HANDLERS
from registry.loops import TIMERS
from registry.matching.served_model import served_model
from registry.settings import Settings
from shared.messenger import main

if __name__ == "__main__":
    served_model()
    main("registry", Settings(), HANDLERS, loops=[*TIMERS, as_loop()])
