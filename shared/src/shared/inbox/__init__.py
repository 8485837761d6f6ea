"""An event has its effect exactly once and in order: cursors, parking, replay.

The cursor of a (topic, key) is locked first and moved in the transaction of the effect. It takes
the next sequence and nothing else: older ones are skipped, later ones are held until the missing
one comes. What a handler cannot digest is parked with everything behind it; neighbours flow.
"""

from shared.inbox.applying import Handlers, Inbox, Told, because_of
from shared.inbox.replaying import replay

__all__ = ["Handlers", "Inbox", "Told", "because_of", "replay"]
