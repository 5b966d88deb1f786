"""Cleaning over messages."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from streams.contracts.records import CleanArticle, RawArticle, Rejection, Stage
from streams.contracts.topology import ARTICLES_CLEAN, STATE_CLEAN
from streams.metrics import Metrics
from streams.runtime import recall
from streams.runtime.messages import Incoming, Outgoing, rows_out
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Failed, Pool
from streams.runtime.pool_work import CleanJob, cleaning_work
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, create_pool, tell_restored
from streams.settings import Settings
from streams.stages.clean import CleaningMemory


class _Bases:
    """The base of each partition's input, and the rows about it that are to be written."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._rows: list[Outgoing] = []

    def set(self, partition: int, base: int, rows: Iterable[Outgoing]) -> None:
        self._of[partition] = base
        self._rows += rows

    def of(self, partition: int) -> int:
        return self._of[partition]

    def pop_rows(self) -> list[Outgoing]:
        rows, self._rows = self._rows, []
        return rows


class CleanStage:
    """Raw articles to clean ones or rejections. Its memory belongs to a partition and is restored from its rows."""

    name: Stage = "clean"

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        self._settings, self._metrics, self._reader = settings, metrics, reader
        self._memories: dict[int, CleaningMemory] = {}
        self._bases = _Bases()
        self.restoring = False
        self.pool: Pool[CleanJob, CleanArticle | Rejection] = create_pool(
            self.name, partial(cleaning_work, settings.max_article_bytes), settings, metrics
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        rows: list[Outgoing] = []
        work: list[tuple[Incoming, RawArticle, CleaningMemory, int]] = []
        jobs: list[CleanJob] = []
        spoilt: set[int] = set()
        for message in batch:
            # Restoring is outside the guard: a log that cannot be read is no record's fault.
            memory, place = await self._memory(message)
            message = replace(message, base=place - message.offset)
            try:
                raw = message.decode(RawArticle)
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
                continue
            try:
                context, changed = memory.lookup_context(raw, place)
                observed = rows_out(STATE_CLEAN, message.partition, changed.items())
                self.outcomes.sizes.check(observed)
            except Exception as error:
                spoilt.add(message.partition)
                out.append(self.outcomes.failed(message, error))
                continue
            rows += observed
            work.append((message, raw, memory, place))
            jobs.append((raw, context, message.at))
        for (message, raw, memory, place), result in zip(work, await self.pool.run(jobs), strict=True):
            if isinstance(result, Failed):
                out.append(self.outcomes.failed(message, result))
                continue
            try:
                # Before memory takes it in: what cannot be published must not count as a revision.
                self._publish(message, result)
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
                continue
            try:
                outcome, changed = memory.assign_revision(raw, result, place)
                settled = rows_out(STATE_CLEAN, message.partition, changed.items())
                made = self._publish(message, outcome)
                self.outcomes.sizes.check(settled)
            except Exception as error:
                spoilt.add(message.partition)
                out.append(self.outcomes.failed(message, error))
                continue
            rows += settled
            out.append(made)
            self.outcomes.count(outcome)
        # A memory that raised may be half-changed: the rows that are published now tell what it should be.
        self.forget(spoilt)
        self._tell_size()
        rows[:0] = self._bases.pop_rows()
        yield out
        yield rows

    def _publish(self, message: Incoming, outcome: CleanArticle | Rejection) -> Outgoing:
        if isinstance(outcome, Rejection):
            return self.outcomes.rejected(message, outcome)
        id_ = f"{outcome.id}.{outcome.revision}"
        return self.outcomes.published(message, ARTICLES_CLEAN, outcome, id_)

    async def _memory(self, message: Incoming) -> tuple[CleaningMemory, int]:
        """The memory of the message's partition, and the message's place in it."""
        partition = message.partition
        if partition not in self._memories:
            self.restoring, began = True, time.monotonic()
            memory, base, rows = await recall.restored(
                self._reader, self._metrics, self._settings.topic_prefix, message
            )
            self._bases.set(partition, base, rows)
            self.restoring = False
            self._memories[partition] = memory
            tell_restored(self._metrics, self.name, began)
        return self._memories[partition], self._bases.of(partition) + message.offset

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        # What is not remembered is restored from the rows, the last batch's among them.
        return self._memories.keys() >= set(partitions)

    def forget(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._memories.pop(partition, None)
        self._tell_size()

    def _tell_size(self) -> None:
        articles = sum(len(memory) for memory in self._memories.values())
        self._metrics.set("streams_state_entries", articles, stage=self.name, kind="articles")


STAGE = CleanStage
