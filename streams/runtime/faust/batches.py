"""Batches in order: work on one, publish it, let it go; the next is worked on while the last is published.

Two batches are in hand at most. What makes that safe: they are published one after the other, each phase behind the
fence; a batch is let go only when all of it is acknowledged; and the next is not begun before the last is over where
its stage would have to read back what the last is still writing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faust.types import EventT

from streams.metrics import Metrics
from streams.runtime.faust.fence import FencedError
from streams.runtime.gaps import Gaps
from streams.runtime.messages import Incoming, Outgoing, moment
from streams.runtime.outcomes import BrokenStageError
from streams.runtime.pauses import Pauses
from streams.runtime.publish import Publisher, TooLargeForTopicError
from streams.runtime.stages import MessageStage
from streams.runtime.stages.stage import Phases
from streams.runtime.tracing import Tracing

logger = logging.getLogger(__name__)


class Worker(Protocol):
    """What batches need of the app."""

    stage: MessageStage
    metrics: Metrics
    publisher: Publisher
    gaps: Gaps
    pauses: Pauses
    tracing: Tracing
    consumer: Any

    @property
    def consumer_generation_id(self) -> int: ...


@dataclass(slots=True)
class _Batch:
    """A batch in hand: its events, its records, and its phases, of which the first is at hand once it is worked on."""

    events: Sequence[Any]
    records: list[Incoming]
    taken_at: float
    phases: Phases
    first: list[Outgoing] | None = None

    @property
    def partitions(self) -> set[int]:
        return {record.partition for record in self.records}


class Batches:
    """The batches of one worker. ``take`` each; ``settled`` returns when all that was taken is let go.

    ``on_failure`` is told at once of what ended a batch, and should end the process: no other batch may come to ask.
    """

    def __init__(self, worker: Worker, on_failure: Callable[[Exception], object] = lambda _: None) -> None:
        self._worker, self._name, self._on_failure = worker, worker.stage.name, on_failure
        #: Held while a batch is worked on.
        self._working = asyncio.Lock()
        self._last: asyncio.Task[None] | None = None
        #: How often state was thrown away under what may have been worked on ahead.
        self._redone = 0

    async def take(self, events: Sequence[Any]) -> None:
        """Work on a batch and, once the last one is let go, begin to publish it.

        Raises:
            Exception: whatever is no record's fault, also of the last batch. The process must end then.
        """
        worker = self._worker
        taken_at, records = time.monotonic(), [_incoming(event) for event in events]
        await worker.gaps.check(records)
        if not worker.stage.works_ahead({record.partition for record in records}):
            await self.settled()
        async with self._working:
            redone = self._redone
            batch = await self._begin(events, records, taken_at)
        await self.settled()
        if redone != self._redone:
            await self._void(batch)
            batch = await self._begin(events, records, taken_at)
        self._last = asyncio.create_task(self._finish(batch))
        self._last.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Returns when the last batch is let go; raises what it raised."""
        if self._last is not None:
            await asyncio.shield(self._last)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._on_failure(error)

    async def _begin(self, events: Sequence[Any], records: list[Incoming], taken_at: float) -> _Batch:
        """Work on it until its first phase is there."""
        batch = _Batch(events, records, taken_at, self._worker.stage.process(records))
        batch.first = await anext(batch.phases, None)
        return batch

    async def _void(self, batch: _Batch) -> None:
        await batch.phases.aclose()
        self._worker.stage.forget(batch.partitions)

    async def _finish(self, batch: _Batch) -> None:
        worker = self._worker
        try:
            await self._publish(batch)
        except TooLargeForTopicError as error:
            # Once more, as after a crash: knowing the topic's limit, the stage makes the record's input a dead letter.
            logger.warning("%s: %s; asking the cluster what its topics take", self._name, error)
            await worker.publisher.learn()
            async with self._working:
                self._redone += 1
                await self._void(batch)
                batch = await self._begin(batch.events, batch.records, batch.taken_at)
                await self._publish(batch)
        for event in batch.events:
            event.release()
        seconds = time.monotonic() - batch.taken_at
        measure(worker.metrics, self._name, batch.records, seconds)
        worker.tracing.processed(batch.records, seconds)
        try:
            worker.stage.outcomes.check()
        except BrokenStageError:
            # What is decided is decided: the next start must not meet the same records again.
            await worker.consumer.commit()
            raise

    async def _publish(self, batch: _Batch) -> None:
        phase = batch.first
        while phase is not None:
            self._fence(batch)
            await self._worker.publisher.publish(phase)
            written: Counter[str] = Counter()
            for out in phase:
                written[out.topic.name] += out.size
            for topic, size in written.items():
                self._worker.metrics.count("streams_output_bytes_total", size, stage=self._name, topic=topic)
            phase = await anext(batch.phases, None)

    def _fence(self, batch: _Batch) -> None:
        """Paused for so long that the group went on without us: another worker has these records now. The generation
        tells once the group has told us."""
        generation = self._worker.consumer_generation_id
        if self._worker.pauses.found() or any(event.message.generation_id != generation for event in batch.events):
            raise FencedError


def measure(metrics: Metrics, stage: str, records: Sequence[Incoming], seconds: float) -> None:
    """Count a batch that is published, and how long its records took since they were written."""
    metrics.observe("streams_batch_seconds", seconds, stage=stage)
    metrics.observe("streams_batch_records", len(records), stage=stage)
    metrics.count("streams_input_bytes_total", sum(len(record.value or b"") for record in records), stage=stage)
    now = time.time()
    ages = [max(0.0, now - record.at.timestamp()) for record in records if record.at is not None]
    for age in ages:
        metrics.observe("streams_record_latency_seconds", age, stage=stage)
    if ages:
        metrics.set("streams_input_age_seconds", ages[-1], stage=stage)


def _incoming(event: EventT[bytes]) -> Incoming:
    """The event as the stages know it. Nothing in a record makes this raise."""
    message = event.message
    given: Any = message.headers or []
    pairs = given.items() if isinstance(given, dict) else given
    return Incoming(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        # A header may have no value (KIP-82); it is read as an empty one.
        headers=[(str(name), bytes(value or b"")) for name, value in pairs],
        at=moment(message.timestamp),
    )
