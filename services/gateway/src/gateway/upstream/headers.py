"""Which headers travel on, in both directions. What is not named here does not reach a service."""

import re
from collections.abc import Iterable

from multidict import istr

# Identity (`Txn-Token`, `Client-Cert`, `X-Forwarded-*`, `X-Road-*`), trace state, cookies and
# hop-by-hop headers are absent on purpose, and so is the outer token itself.
FORWARDED = {
    name.encode(): istr(name)
    for name in (
        "accept",
        "accept-encoding",
        "accept-language",
        "case-reference",
        "content-encoding",
        "content-language",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "last-event-id",
        "prefer",
        "purpose-of-use",
        "range",
    )
}
ONCE = frozenset(
    {
        b"authorization",
        b"case-reference",
        b"content-length",
        b"content-type",
        b"dpop",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"purpose-of-use",
        b"transfer-encoding",
    }
)
# Hop by hop, or said by this server itself, or meant for the gateway alone.
_KEPT_BACK = frozenset(
    {
        b"alt-svc",
        b"connection",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"ratelimit",
        b"ratelimit-policy",
        b"request-id",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"traceparent",
        b"tracestate",
        b"transfer-encoding",
        b"txn-token",
        b"upgrade",
    }
)
_BULK = (b"application/x-ndjson", b"text/csv")
_WAIT = re.compile(rb"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", re.IGNORECASE)

RawHeaders = Iterable[tuple[bytes, bytes]]


def repeated_header(headers: RawHeaders) -> bytes | None:
    """The first header that stands there twice although its meaning allows one."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in ONCE:
            if name in seen:
                return name
            seen.add(name)
    return None


def nominated(connection: bytes | None) -> frozenset[bytes]:
    """Headers that a Connection header declares to be for this hop only (RFC 9110 7.6.1)."""
    if connection is None:
        return frozenset()
    return frozenset(name.strip().lower() for name in connection.split(b","))


def answered(headers: RawHeaders, origin: bytes) -> list[tuple[bytes, bytes]]:
    """A service's answer headers as they may leave; a Location loses the service's own origin."""
    kept = []
    for raw_name, value in headers:
        name = raw_name.lower()
        if name in _KEPT_BACK or name.startswith(b"disclosure"):
            continue
        if name == b"location" and value.startswith(origin):
            kept.append((name, value[len(origin) :]))
        else:
            kept.append((name, value))
    return kept


def is_bulk(content_type: bytes | None) -> bool:
    """Whether a body of this type flows for as long as it flows."""
    return content_type is not None and content_type.lower().startswith(_BULK)


def seconds_to_wait(prefer: bytes | None, longest: float) -> float:
    """The time for a call: the longest allowed, or less by `Prefer: wait=n` (RFC 7240)."""
    wanted = _WAIT.search(prefer) if prefer else None
    return min(longest, max(1.0, float(wanted[1]))) if wanted else longest
