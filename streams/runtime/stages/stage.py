"""What every stage over messages is to the one who drives it. Its life is told in ``streams.runtime.stages``. No Kafka
client in here.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

from streams.contracts.headers import Position
from streams.contracts.records import Decision, Stage
from streams.metrics import Metrics
from streams.runtime import recall, state
from streams.runtime.messages import Incoming, Outgoing
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Item, Pool, Result, Work
from streams.settings import Settings

Phases = AsyncGenerator[list[Outgoing], None]


class MessageStage(Protocol):
    """A stage over messages: decode, call the pure stage, say what to publish."""

    #: Its name in the topology.
    name: Stage
    #: Counts, headers and dead letters; knows what each topic takes.
    outcomes: Outcomes

    @property
    def pool(self) -> Pool[Any, Any] | None:
        """Where its CPU-bound work is done; None: on the loop."""

    @property
    def restoring(self) -> bool:
        """Whether it is reading its state: the watchdog is patient meanwhile."""

    def process(self, batch: Sequence[Incoming]) -> Phases:
        """What to publish for a batch (records of any partitions, each partition's in order), phase by phase.

        The caller publishes a phase and awaits its acknowledgements before it asks for the next, and lets the batch go
        after the last. Every record comes to exactly one end that ``outcomes`` counts. What one record makes raise is
        that record's dead letter; what is raised out of here is no record's fault and ends the process.
        """

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        """Whether a batch of records from these partitions may be worked on before the last one is published: all work
        on a batch is done by its first phase, and nothing need be read back that the last one writes."""

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop what is known of partitions; ones that are not known are passed over.

        They were revoked or newly assigned, or what is held of them may be half-changed. The next record of one has it
        restored.
        """


class StateReader(recall.MemoryReader, state.LogHistory, Protocol):
    """What restoring needs of the log (``log_reader.LogReader``)."""

    async def tail(
        self, topic: str, partition: int, source_topic: str, since: int, *beside: str
    ) -> list[tuple[Position, Decision]]: ...

    async def committed(self, group: str, topic: str, partition: int) -> int | None: ...

    async def newest_decision(
        self, topic: str, partition: int, source_topic: str
    ) -> tuple[Position, Decision] | None: ...


def create_pool(
    stage: Stage, factory: Callable[[], Work[Item, Result]], settings: Settings, metrics: Metrics
) -> Pool[Item, Result]:
    """The pool of a stage as the settings want it, not yet started; ``factory`` is called once in each process."""
    metrics.set("streams_pool_workers", settings.pool_size, stage=stage)
    return Pool(
        factory,
        workers=settings.pool_size,
        timeout=settings.article_timeout,
        memory=settings.pool_memory_bytes,
        on_restart=partial(metrics.count, "streams_pool_restarts_total", stage=stage),
        on_worked=lambda seconds: metrics.count("streams_pool_busy_seconds_total", seconds, stage=stage),
    )


def tell_restored(metrics: Metrics, stage: Stage, began: float) -> None:
    """Count that the state of one partition was restored, which ``began`` then (``time.monotonic``)."""
    metrics.count("streams_restores_total", stage=stage)
    metrics.observe("streams_restore_seconds", time.monotonic() - began, stage=stage)


#: How a stage is made, all of them alike; one that has no state reads nothing.
MakeStage: TypeAlias = Callable[[Settings, Metrics, StateReader], MessageStage]
