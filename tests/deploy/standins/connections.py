"""The connections of a stand-in that has some of its own, as the gateway does."""

from shared.connections import Connection


class CallerConnection(Connection):
    """A connection with nothing to it."""
