"""Records that retention took before a stage had read them: Kafka's consumer steps over them without a word."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from streams.contracts.records import Stage
from streams.metrics import Metrics
from streams.runtime.messages import Incoming

logger = logging.getLogger(__name__)


class WentBackError(Exception):
    """The offsets begin anew under a consumer: the topic is not the one that was read."""


class Offsets(Protocol):
    """What telling needs of the cluster (``log_reader.LogReader``)."""

    async def committed(self, group: str, topic: str, partition: int) -> int | None: ...

    async def beginning(self, topic: str, partition: int) -> int: ...


class Gaps:
    """Looks at the offsets of what a stage reads. Gaps that retention did not make (transactions' markers) are none."""

    def __init__(self, stage: Stage, group: str, metrics: Metrics, offsets: Offsets) -> None:
        self._stage: Stage = stage
        self._group, self._metrics, self._offsets = group, metrics, offsets
        #: Topic and partition → the offset that should come next; None: the group had committed none.
        self._next: dict[tuple[str, int], int | None] = {}

    async def check(self, batch: Sequence[Incoming]) -> None:
        """Say and count what is missing before each record of a batch. To be called before the batch is committed.

        Raises:
            WentBackError: a record is before one that came already in this assignment.
        """
        for message in batch:
            where = message.topic, message.partition
            if where in self._next and message.offset < (self._next[where] or 0):
                raise WentBackError(
                    f"{message.topic}, partition {message.partition}, goes on at offset {message.offset} after "
                    f"{(self._next[where] or 0) - 1}: it was deleted and made again, or cut short. The next start "
                    "looks at it anew"
                )
            if where not in self._next:
                self._next[where] = await self._offsets.committed(self._group, *where)
            due = self._next[where]
            if due is not None and message.offset > due:
                await self._tell(*where, due)
            self._next[where] = message.offset + 1

    async def _tell(self, topic: str, partition: int, due: int) -> None:
        beginning = await self._offsets.beginning(topic, partition)
        if beginning <= due:
            return
        logger.error(
            "%s, partition %d: %d records were deleted before %s had read them (offsets %d to %d): the topic keeps "
            "less than the stage was behind (docs/how-to/operate.md#when-topics-change)",
            topic, partition, beginning - due, self._stage, due, beginning - 1,
        )  # fmt: skip
        self._metrics.count("streams_gap_records_total", beginning - due, stage=self._stage)

    def forget(self, partitions: Iterable[int]) -> None:
        gone = set(partitions)
        for where in [each for each in self._next if each[1] in gone]:
            del self._next[where]
