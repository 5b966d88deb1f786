"""Nothing leaves a worker whose partitions may be another's: no phase, and nothing that its producer still holds."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.protocol.produce import ProduceRequest
from faust.transport.drivers.aiokafka import Producer

from streams.contracts.records import Stage
from streams.runtime.faust.ending import die
from streams.runtime.pauses import Pauses


class FencedError(Exception):
    """This worker's partitions are, or may be, another's under a batch in hand: nothing more of it may be written."""

    def __init__(self) -> None:
        super().__init__("this worker stood still, and its partitions may be another's by now")


class FencedProducer(Producer):
    """A producer that ends the process rather than send what was waiting in it, or is to be tried again, when the
    process stood still."""

    def __init__(self, *args: Any, stage: Stage, pauses: Pauses, **kwargs: Any) -> None:
        self._stage, self._pauses = stage, pauses
        super().__init__(*args, **kwargs)

    def _new_producer(self, transactional_id: str | None = None) -> AIOKafkaProducer:
        producer = super()._new_producer(transactional_id)
        send = producer.client.send

        async def fenced(node_id: int, request: Any, **options: Any) -> Any:
            if isinstance(request, ProduceRequest) and self._pauses.found():
                die(self._stage, FencedError())
            return await send(node_id, request, **options)

        # Below the batches that are waiting: the producer has no place of its own to look once more.
        producer.client.send = fenced
        return producer
