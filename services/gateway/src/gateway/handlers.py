"""What the gateway does when told: it keeps every event of every topic for the feed."""

from gateway.feed.operations import store_events
from shared.inbox import Handlers
from shared.messages import catalogue

HANDLERS = Handlers(by_message={}, every=store_events, topics=catalogue.topics())
