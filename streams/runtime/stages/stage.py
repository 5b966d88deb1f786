"""What a stage over messages is, and what all of them share. No Kafka client in here.

The life of a stage: it is made once a process (``runtime.stages.create_stage``), its pool made warm. Partitions are
assigned without its being told: what it must know of one it restores at the first record from there. For each batch the
caller drives ``process``, phase by phase. Partitions that were revoked are forgotten; at the end its pool is closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Protocol

from streams.contracts.headers import Position
from streams.contracts.records import Decision, Stage
from streams.runtime import recall, state
from streams.runtime.messages import Incoming, Outgoing
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Pool

Phases = AsyncIterator[list[Outgoing]]


class MessageStage(Protocol):
    """A stage over messages: decode, call the pure stage, say what to publish."""

    name: Stage
    outcomes: Outcomes

    @property
    def pool(self) -> Pool[Any, Any] | None:
        """Where its CPU-bound work is done; None: on the loop."""

    @property
    def restoring(self) -> bool:
        """Whether it is reading its state: the watchdog is patient meanwhile."""

    def process(self, batch: Sequence[Incoming]) -> Phases:
        """What to publish for a batch, phase by phase.

        The caller publishes a phase and awaits its acknowledgements before it asks for the next, and lets the batch go
        after the last. A crash anywhere is then a redelivery of the batch. What one record makes raise is that record's
        dead letter; what is raised out of here is no record's fault and ends the process.
        """

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop what is known of partitions: they were revoked, or what is held of them may be half-changed."""


class StateReader(recall.MemoryReader, state.LogHistory, Protocol):
    """What restoring needs of the log (``log_reader.LogReader``)."""

    async def decisions(self, topic: str, partition: int, source_topic: str, since: int) -> dict[int, Decision]: ...

    async def newest_decision(
        self, topic: str, partition: int, source_topic: str
    ) -> tuple[Position, Decision] | None: ...
