"""What a stage reads of the cluster beside its input: the logs, state rows, and how topics are now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka.errors import BrokerError
from streams.kafka.log_reader import LogReader
from streams.kafka.topic_id import UNTOLD, shape
from streams.runtime.inputs import Input
from streams.settings import Settings


class StageReader(LogReader):
    """The log, and the topics' shapes. ``on_read`` is called for each record that is read."""

    def __init__(self, settings: Settings, on_read: Callable[[], None] = lambda: None) -> None:
        super().__init__(settings)
        self._on_read = on_read

    async def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[ConsumerRecord]:
        async for record in super().records(topic, partition, start):
            self._on_read()
            yield record

    async def input(self, topic: str) -> Input:
        """How a topic is now.

        Raises:
            BrokerError: there is no such topic.
        """
        admin = AIOKafkaAdminClient(**self._client)
        try:
            await admin.start()
            found = await shape(admin, topic)
        finally:
            await admin.close()
        if found is None or not found.partitions:
            raise BrokerError(f"the broker does not tell of the topic {topic}")
        return Input(partitions=found.partitions, id=None if found.id == UNTOLD else found.id)
