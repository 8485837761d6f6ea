"""The gateway's connections with callers: a report of a case begins before all others."""

from starlette.types import Scope

from gateway.upstream.routes import is_intake
from shared.connections import Connection


class CallerConnection(Connection):
    """A connection that knows what is urgent."""

    def is_urgent(self, scope: Scope) -> bool:
        return is_intake(scope["method"], scope["raw_path"])
