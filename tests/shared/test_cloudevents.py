"""The envelope against the reference library, and what is refused as unreadable."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from shared.cloudevents import Event, Unreadable, headers_of, read_event
from shared.ids import new_id

EVENT = Event(
    id=new_id(),
    type="id.go.sinergi.cases.case.closed.v1",
    topic="cases.case.v1",
    key="0190a0a0-0000-7000-8000-000000000001",
    sequence=7,
    time=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    source="urn:sinergi:cases",
    data=b'{"case_id": "x"}',
    sensitivity="INTERNAL",
    traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
    causation_id=str(new_id()),
)


def read(event: Event, **changes: Any) -> Event:
    given: dict[str, Any] = {
        "topic": event.topic,
        "key": event.key.encode(),
        "headers": headers_of(event),
        "value": event.data,
    }
    return read_event(**(given | changes))


def test_an_event_survives_the_envelope() -> None:
    assert read(EVENT) == EVENT
    bare = replace(EVENT, traceparent=None, causation_id=None)
    assert read(bare) == bare


def test_the_reference_library_reads_the_same_event() -> None:
    message = KafkaMessage(dict(headers_of(EVENT)), EVENT.key.encode(), EVENT.data)
    understood = from_binary_event(message, JSONFormat())
    assert understood.get_id() == str(EVENT.id)
    assert understood.get_type() == EVENT.type
    assert understood.get_source() == EVENT.source
    assert understood.get_subject() == EVENT.key
    assert understood.get_time() == EVENT.time
    assert understood.get_extension("sequence") == "7"
    assert understood.get_extension("traceparent") == EVENT.traceparent
    assert understood.get_data() == json.loads(EVENT.data)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_specversion", None),
        ("ce_id", b"not-an-id"),
        ("ce_id", None),
        ("ce_type", None),
        ("ce_type", b"\xff"),
        ("ce_sequence", b"0"),
        ("ce_sequence", b"one"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-02-03T04:05:06"),
        ("ce_source", None),
        ("ce_sensitivity", None),
    ],
)
def test_a_broken_envelope_is_unreadable_and_its_error_names_the_header_only(
    header: str, value: bytes | None
) -> None:
    headers = [(name, old) for name, old in headers_of(EVENT) if name != header]
    if value is not None:
        headers.append((header, value))
    with pytest.raises(Unreadable) as refused:
        read(EVENT, headers=headers)
    assert header in str(refused.value)


@pytest.mark.parametrize("part", ["key", "value"])
def test_a_record_without_key_or_value_is_unreadable(part: str) -> None:
    with pytest.raises(Unreadable):
        read(EVENT, **{part: None})
