"""How many events of each topic have not had their effect here: what the broker has, less what
the consumer's group has confirmed. Its connections are its own: a hung consumer hangs nothing here.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared import metrics
from shared.bus import CONSUMER_SETTINGS
from shared.measuring import Probe, Readings


class Lag:
    """The lag of one consumer group, topic by topic."""

    def __init__(self, bootstrap: str, *, group: str, topics: Sequence[str], prefix: str) -> None:
        self._bootstrap = bootstrap
        self._group = f"{prefix}{group}"
        self._topics = [prefix + topic for topic in topics]
        self._prefix = prefix
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None

    @property
    def probe(self) -> Probe:
        return Probe((metrics.CONSUMER_LAG,), self._ask)

    async def read(self) -> dict[str, int]:
        """Unconfirmed events by topic; raises what the broker's client raises."""
        admin, consumer = await self._connected()
        try:
            return await self._read(admin, consumer)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the broker; the next reading begins anew."""
        if self._clients is not None:
            admin, consumer = self._clients
            self._clients = None
            await asyncio.gather(consumer.stop(), admin.close(), return_exceptions=True)

    async def _ask(self) -> Readings:
        lags = await self.read()
        return {
            metrics.CONSUMER_LAG: [(lag, {metrics.TOPIC: topic}) for topic, lag in lags.items()]
        }

    async def _connected(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._clients is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
            consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, **CONSUMER_SETTINGS)
            self._clients = admin, consumer
            try:
                await admin.start()
                await consumer.start()
            except BaseException:
                await self.close()
                raise
        return self._clients

    async def _read(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> dict[str, int]:
        told = await admin.describe_topics(self._topics)
        partitions = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in told
            for partition in topic["partitions"]
        ]
        confirmed = {
            place: one.offset
            for place, one in (await admin.list_consumer_group_offsets(self._group)).items()
            if one.offset >= 0
        }
        unread = [place for place in partitions if place not in confirmed]
        begins = await consumer.beginning_offsets(unread) if unread else {}
        lags: dict[str, int] = defaultdict(int)
        for place, end in (await consumer.end_offsets(partitions)).items():
            done = confirmed.get(place, begins.get(place, 0))
            lags[place.topic.removeprefix(self._prefix)] += max(0, end - done)
        return dict(lags)
