"""Publishing: a phase is sent as a whole, and every acknowledgement awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from streams.contracts.topics import Topic
from streams.runtime.messages import Outgoing
from streams.runtime.sizes import Sizes

#: Bytes that the producer puts into one batch. A topic that takes less gets its records one by one.
BATCH_BYTES = 262_144
#: Seconds for which a topic's partitions are taken as known; partitions may be added, seldom and by hand.
_PARTITIONS_FOR = 60.0


class TooLargeForTopicError(Exception):
    """The broker refused a record for its size alone: the topic's limit has been changed since we asked for it."""


class Publisher:
    """Sends a phase and awaits every acknowledgement.

    ``writes`` are the topics that the stage writes; ``partitions`` tells the partitions of a topic by its full name;
    ``largest`` what it takes, None where unknown.
    """

    def __init__(
        self,
        producer: Callable[[], Awaitable[Any]],
        prefix: str,
        sizes: Sizes,
        *,
        writes: Sequence[Topic],
        partitions: Callable[[str], Awaitable[list[int]]],
        largest: Callable[[str], Awaitable[int | None]],
    ) -> None:
        self._producer, self._prefix, self._sizes = producer, prefix, sizes
        self._writes = writes
        self._ask_partitions, self._ask_largest = partitions, largest
        self._partitions: dict[str, tuple[float, list[int]]] = {}

    async def learn(self) -> None:
        """Ask the cluster what each topic takes that is written; raises what the broker raises."""
        for topic in self._writes:
            limit = await self._ask_largest(topic.full_name(self._prefix))
            if limit is not None:
                self._sizes.learn(topic, limit)

    async def publish(self, phase: Sequence[Outgoing]) -> None:
        """Returns once every record is acknowledged.

        Raises:
            TooLargeForTopicError: the broker refused a record for its size, and nothing else went wrong.
            Exception: whatever else the producer raised.
        """
        if not phase:
            return
        producer = await self._producer()
        pending: list[Any] = []
        refused: list[BaseException] = []
        for out in phase:
            name = out.topic.full_name(self._prefix)
            partitions = await self._known(name) if out.to_all else [out.partition]
            for partition in partitions:
                sent = await producer.send(name, out.key, out.value, partition, None, out.headers)
                pending.append(sent)
                if self._sizes.limit(out.topic) < 2 * BATCH_BYTES:
                    refused += _errors(await asyncio.gather(sent, return_exceptions=True))
        errors = _errors(await asyncio.gather(*pending, return_exceptions=True)) + refused
        for error in errors:
            if not isinstance(error, MessageSizeTooLargeError):
                raise error
        if errors:
            raise TooLargeForTopicError(str(errors[0]))

    async def _known(self, name: str) -> list[int]:
        at, known = self._partitions.get(name, (0.0, []))
        if not known or time.monotonic() - at > _PARTITIONS_FOR:
            try:
                known = await self._ask_partitions(name)
            except (KafkaError, OSError):
                # What was known will do; if the broker is away, sending will say so.
                if not known:
                    raise
            self._partitions[name] = time.monotonic(), known
        return known


def _errors(results: Sequence[Any]) -> list[BaseException]:
    return [each for each in results if isinstance(each, BaseException)]
