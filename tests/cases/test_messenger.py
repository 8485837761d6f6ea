"""The message process on a real broker: what is reported leaves, what arrives takes effect."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from joserfc.jwk import ECKey

from cases.handlers import HANDLERS
from cases.settings import Settings
from shared import sealing
from shared.bus import Producer
from shared.cloudevents import Event, read_event
from shared.ids import new_id
from shared.messages import catalogue
from shared.messages.base import Message
from shared.messages.cases import IdentificationRequested
from shared.messenger import Messenger
from tests.cases.parts import IDENTIFIERS, Desk, opened, resolved
from tests.stands import Broker


@pytest.fixture
async def prefix(broker: Broker) -> str:
    return await broker.fresh_prefix()


@pytest.fixture
async def running(settings: dict[str, str], prefix: str) -> AsyncIterator[None]:
    """The messenger of cases on topics of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (settings | {"CASES_TOPIC_PREFIX": prefix}).items():
            patch.setenv(name, value)
        messenger = Messenger("cases", Settings(), HANDLERS)
    task = asyncio.create_task(messenger.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await messenger.database.close()


async def test_a_report_leaves_on_the_bus_and_the_answers_attach_the_placement(
    desk: Desk, running: None, broker: Broker, prefix: str, registry_key: ECKey
) -> None:
    receipt = await desk.reported()
    asked = await _read(broker, prefix, "cases.identification.v1")
    request = IdentificationRequested.model_validate_json(asked.data)
    assert (asked.key, asked.sequence) == (receipt["id"], 1)
    assert str(request.participant_id) == receipt["participants"][0]["id"]
    assert sealing.unseal(request.sealed, registry_key) == IDENTIFIERS
    person, placement = uuid4(), uuid4()
    async with Producer(broker.bootstrap, prefix=prefix) as producer:
        events = [_event(resolved(receipt, person)), _event(opened(person, placement))]
        await producer.send_all([*events, *events])
    async with asyncio.timeout(30):
        while True:
            participant: dict[str, Any] = (await desk.read(receipt["id"]))["participants"][0]
            if participant["placement_id"] is not None:
                break
            await asyncio.sleep(0.2)
    assert participant["placement_id"] == str(placement)
    attached = await _read(broker, prefix, "cases.case.v1", sequence=3)
    assert attached.type == "id.go.sinergi.cases.case.placement-attached.v1"
    assert attached.causation_id in {str(event.id) for event in events}


def _event(message: Message) -> Event:
    entry = catalogue.entry_of(type(message))
    return Event(
        id=new_id(),
        type=entry.event_type,
        topic=entry.topic,
        key=str(getattr(message, entry.key)),
        sequence=1,
        time=datetime.now(UTC),
        source=f"urn:sinergi:{entry.owner}",
        data=message.model_dump_json().encode(),
        sensitivity=entry.sensitivity,
    )


async def _read(broker: Broker, prefix: str, topic: str, *, sequence: int = 1) -> Event:
    """The first message of a topic with this sequence; the relay may send some of them twice."""
    consumer = AIOKafkaConsumer(
        prefix + topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            async for record in consumer:
                event = read_event(
                    topic=topic, key=record.key, headers=record.headers, value=record.value
                )
                if event.sequence == sequence:
                    return event
    finally:
        await consumer.stop()
    raise AssertionError(topic)
