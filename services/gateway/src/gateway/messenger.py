"""The message process of the gateway: the feed's consumer and its sequencer, and sweeping."""

from gateway.clients.used_proofs import forget_used_proofs
from gateway.feed.measures import FEED
from gateway.feed.operations import number_events
from gateway.handlers import HANDLERS
from gateway.settings import Settings
from shared.loops import Loop
from shared.messenger import main

LOOPS = (
    Loop("number the feed", 1, number_events, is_woken=True, goes_on=True),
    Loop("forget used proofs", 10, forget_used_proofs),
)

if __name__ == "__main__":
    main("gateway", Settings(), HANDLERS, loops=LOOPS, questions=[FEED])
