"""The envelope: CloudEvents 1.0 in Kafka's binary content mode, headers readable without the body.

github.com/cloudevents/spec, kafka-protocol-binding section 3.2. Tests hold it against the
reference library; written out here because it runs once per message on the relay's hot path.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

TYPE_PREFIX = "id.go.sinergi"


class Unreadable(Exception):
    """A message whose envelope cannot be understood; the text names the header, never a value."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message: what happened, its place in the order of its key, and its payload (JSON)."""

    id: UUID
    type: str
    topic: str
    key: str
    sequence: int
    time: datetime
    source: str
    data: bytes
    sensitivity: str
    traceparent: str | None = None
    causation_id: str | None = None


def headers_of(event: Event) -> list[tuple[str, bytes]]:
    """The Kafka headers of an event."""
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event.id).encode()),
        ("ce_type", event.type.encode()),
        ("ce_source", event.source.encode()),
        ("ce_subject", event.key.encode()),
        ("ce_time", event.time.isoformat().replace("+00:00", "Z").encode()),
        ("ce_dataschema", f"/schemas/{event.type}.json".encode()),
        ("ce_partitionkey", event.key.encode()),
        ("ce_sequence", b"%d" % event.sequence),
        ("ce_sensitivity", event.sensitivity.encode()),
    ]
    if event.traceparent:
        headers.append(("ce_traceparent", event.traceparent.encode()))
    if event.causation_id:
        headers.append(("ce_causationid", event.causation_id.encode()))
    return headers


def read_event(
    *, topic: str, key: bytes | None, headers: Iterable[tuple[str, bytes]], value: bytes | None
) -> Event:
    """The event in a Kafka record; raises Unreadable when the envelope is not one of ours."""
    found = dict(headers)

    def text(name: str) -> str:
        try:
            return found[name].decode()
        except (KeyError, UnicodeDecodeError):
            raise Unreadable(name) from None

    if text("ce_specversion") != "1.0":
        raise Unreadable("ce_specversion")
    if key is None or value is None:
        raise Unreadable("key" if key is None else "value")
    try:
        event = Event(
            id=UUID(text("ce_id")),
            type=text("ce_type"),
            topic=topic,
            key=key.decode(),
            sequence=int(text("ce_sequence")),
            time=datetime.fromisoformat(text("ce_time")),
            source=text("ce_source"),
            data=value,
            sensitivity=text("ce_sensitivity"),
            traceparent=found.get("ce_traceparent", b"").decode() or None,
            causation_id=found.get("ce_causationid", b"").decode() or None,
        )
    except ValueError:
        raise Unreadable("ce_id, ce_sequence or ce_time") from None
    if event.sequence < 1 or event.time.tzinfo is None:
        raise Unreadable("ce_sequence or ce_time")
    return event
