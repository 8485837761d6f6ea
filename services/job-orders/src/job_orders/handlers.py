"""What job-orders does when told: one handler per message type."""

from shared.inbox import Handlers

HANDLERS = Handlers(by_message={})
