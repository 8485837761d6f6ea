"""Status codes of the refusals that only a gateway has; `shared.problems` knows all others."""

from gateway.upstream.rules import BodyTooSlow, ServiceFailed, ServiceTooSlow
from shared.errors import Refusal
from shared.problems import STATUS, MethodNotAllowed, Unexpected

_OWN: dict[type[Refusal], int] = {
    MethodNotAllowed: 405,
    Unexpected: 500,
    BodyTooSlow: 408,
    ServiceFailed: 502,
    ServiceTooSlow: 504,
}


def status_of(refusal: type[Refusal]) -> int:
    """The status of an answer with this refusal."""
    return _OWN.get(refusal) or STATUS[refusal.kind]
