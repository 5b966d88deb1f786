"""The three stages over messages: decode, call the pure stage, say what to publish. No Kafka client in here.

``process`` yields what to publish, phase by phase: the caller publishes a phase and awaits its acknowledgements before
it asks for the next, and lets the batch go after the last. A crash anywhere is then a redelivery of the batch.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from streams import codec, pipeline
from streams.agents.messages import Incoming, Outgoing, rows_out
from streams.agents.outcomes import Outcomes
from streams.agents.pool import Failed, Pool, Work
from streams.metrics import Metrics
from streams.pipeline import Cleaner, CleaningMemory, Clusterer, Context
from streams.records import CleanArticle, Decision, RawArticle, Rejection, Stage, Story, TaggedArticle
from streams.settings import Settings

Phases = AsyncIterator[list[Outgoing]]


class StateReader(Protocol):
    """What restoring needs of the log (``reading.LogReader``)."""

    async def rows(self, topic: str, partition: int) -> dict[str, bytes]: ...

    async def decisions(self, topic: str, partition: int, source_topic: str, since: int) -> dict[int, Decision]: ...


# --- clean ----------------------------------------------------------------------------------------------------------

CleanJob = tuple[RawArticle, Context, datetime | None]


def cleaning_work(max_bytes: int) -> Work[CleanJob, CleanArticle | Rejection]:
    """Made once per pool process: cleans a batch of (raw, what memory knew, when it arrived)."""
    cleaner = Cleaner(max_bytes=max_bytes)

    def work(jobs: list[CleanJob]) -> list[CleanArticle | Rejection]:
        return [cleaner.clean(raw, context, received_at=at) for raw, context, at in jobs]

    return work


class CleanStage:
    """Raw articles to clean ones or rejections. Its memory belongs to a partition and is restored from its rows."""

    name: Stage = "clean"

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self._outcomes = Outcomes("clean", metrics, settings.max_failures)
        self._settings, self._metrics, self._reader = settings, metrics, reader
        self._memories: dict[int, CleaningMemory] = {}
        self.restoring = False
        self.pool: Pool[CleanJob, CleanArticle | Rejection] = Pool(
            partial(cleaning_work, settings.max_article_bytes),
            workers=settings.pool_size,
            timeout=settings.article_timeout,
            on_restart=partial(metrics.count, "streams_pool_restarts_total", stage="clean"),
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        rows: list[Outgoing] = []
        work: list[tuple[Incoming, RawArticle, CleaningMemory]] = []
        jobs: list[CleanJob] = []
        for message in batch:
            try:
                raw = message.decode(RawArticle)
            except codec.DecodeError as error:
                out.append(self._outcomes.undecodable(message, error))
                continue
            memory = await self._memory(message.partition)
            context, changed = memory.observe(raw, message.offset)
            rows += rows_out("state.clean", message.partition, changed.items())
            work.append((message, raw, memory))
            jobs.append((raw, context, message.at))
        for (message, raw, memory), result in zip(work, await self.pool.run(jobs), strict=True):
            if isinstance(result, Failed):
                out.append(self._outcomes.failed(message, result))
                continue
            outcome, changed = memory.settle(raw, result, message.offset)
            rows += rows_out("state.clean", message.partition, changed.items())
            out.append(self._publish(message, outcome))
        yield out
        yield rows

    def _publish(self, message: Incoming, outcome: CleanArticle | Rejection) -> Outgoing:
        if isinstance(outcome, Rejection):
            return self._outcomes.rejected(message, outcome)
        id_ = f"{outcome.id}.{outcome.revision}"
        return self._outcomes.published(message, "articles.clean", outcome, id_, key=outcome.id)

    async def _memory(self, partition: int) -> CleaningMemory:
        if partition not in self._memories:
            self.restoring = True
            rows = await self._reader.rows(f"{self._settings.topic_prefix}.state.clean", partition)
            memory = CleaningMemory()
            memory.restore(rows.items())
            self.restoring = False
            self._memories[partition] = memory
            self._metrics.count("streams_restores_total", stage="clean")
        return self._memories[partition]

    def forget(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._memories.pop(partition, None)


# --- tag ------------------------------------------------------------------------------------------------------------


def tagging_work(backend: str, models_dir: str | None) -> Work[CleanArticle, TaggedArticle]:
    """Made once per pool process: loads the model, then tags a batch."""
    from pathlib import Path

    return pipeline.create_tagger(backend=backend, models_dir=Path(models_dir) if models_dir else None).tag


class TagStage:
    """Clean articles to tagged ones. Stateless."""

    name: Stage = "tag"
    restoring = False

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        del reader
        self._outcomes = Outcomes("tag", metrics, settings.max_failures)
        models = str(settings.models_dir) if settings.models_dir else None
        self.pool: Pool[CleanArticle, TaggedArticle] = Pool(
            partial(tagging_work, settings.ner_backend, models),
            workers=settings.pool_size,
            timeout=settings.article_timeout,
            on_restart=partial(metrics.count, "streams_pool_restarts_total", stage="tag"),
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        work: list[tuple[Incoming, CleanArticle]] = []
        for message in batch:
            try:
                work.append((message, message.decode(CleanArticle)))
            except codec.DecodeError as error:
                out.append(self._outcomes.undecodable(message, error))
        results = await self.pool.run([article for _, article in work])
        for (message, _), result in zip(work, results, strict=True):
            if isinstance(result, Failed):
                out.append(self._outcomes.failed(message, result))
            else:
                id_ = f"{result.id}.{result.revision}"
                key = result.language or "und"
                # Whoever retracts an article may not know its language, hence not its partition: tell them all.
                to_all = result.retracted
                out.append(self._outcomes.published(message, "articles.tagged", result, id_, key, to_all=to_all))
        yield out

    def forget(self, partitions: Iterable[int]) -> None:
        """Nothing to forget."""


# --- cluster --------------------------------------------------------------------------------------------------------


class _Partition:
    """A partition's clusterer, and the decisions that the log already holds for redelivered articles."""

    def __init__(self, clusterer: Clusterer, logged: dict[int, Decision]) -> None:
        self.clusterer = clusterer
        self.logged = logged
        self.decided_to = max(logged, default=-1)


class ClusterStage:
    """Tagged articles to decisions, one record of the log at most for each; then the rows and snapshots they touch."""

    name: Stage = "cluster"
    pool = None

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self._outcomes = Outcomes("cluster", metrics, settings.max_failures)
        self._prefix, self._metrics, self._reader = settings.topic_prefix, metrics, reader
        self._partitions: dict[int, _Partition] = {}
        self.restoring = False

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        log: list[Outgoing] = []
        rows: list[Outgoing] = []
        stories: dict[str, Outgoing] = {}
        for message in batch:
            state = await self._state(message)
            try:
                article = message.decode(TaggedArticle)
            except codec.DecodeError as error:
                log.append(self._outcomes.undecodable(message, error))
                continue
            redelivered = message.offset <= state.decided_to
            try:
                decision = state.logged.get(message.offset) if redelivered else state.clusterer.decide(article)
                changes = state.clusterer.apply(article, decision, message.offset) if decision else None
            except Exception as error:
                # The clusterer may be half-changed: publish what stands, then start it anew from its rows.
                yield log
                yield rows + list(stories.values())
                log, rows, stories = [], [], {}
                self.forget([message.partition])
                log.append(self._outcomes.failed(message, Failed(type(error).__name__, str(error))))
                continue
            if decision is None or changes is None:
                self._outcomes.good("nothing")
                continue
            self._outcomes.good("redelivered" if redelivered else "published")
            if not redelivered:
                log.append(self._decided(message, article, decision))
            # Every version of a row, in order: a row that gave something away must not be written before the one
            # that took it. Of a snapshot, the last version will do.
            rows += rows_out("state.cluster", message.partition, changes.rows.items())
            stories |= {story.id: self._snapshot(message, story) for story in changes.stories}
        yield log
        yield rows + list(stories.values())

    def _decided(self, message: Incoming, article: TaggedArticle, decision: Decision) -> Outgoing:
        return Outgoing(
            topic="story-events",
            key=(article.language or "und").encode(),
            value=codec.encode(decision),
            headers=self._outcomes.headers(Decision, f"{decision.article_id}@{message.offset}", message),
            partition=message.partition,
        )

    def _snapshot(self, message: Incoming, story: Story) -> Outgoing:
        return Outgoing(
            topic="stories",
            key=story.id.encode(),
            value=codec.encode(story),
            headers=self._outcomes.headers(Story, f"{story.id}@{message.offset}", message),
        )

    async def _state(self, message: Incoming) -> _Partition:
        if message.partition not in self._partitions:
            self.restoring = True
            rows = await self._reader.rows(f"{self._prefix}.state.cluster", message.partition)
            logged = await self._reader.decisions(
                f"{self._prefix}.story-events", message.partition, message.topic, message.offset
            )
            clusterer = Clusterer()
            clusterer.restore(rows.items())
            # What was restored is long-lived: a million stories need not be walked by every full collection.
            gc.collect()
            gc.freeze()
            self.restoring = False
            self._partitions[message.partition] = _Partition(clusterer, logged)
            self._metrics.count("streams_restores_total", stage="cluster")
        return self._partitions[message.partition]

    def forget(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._partitions.pop(partition, None)


AnyStage = CleanStage | TagStage | ClusterStage


def create_stage(name: Stage, settings: Settings, metrics: Metrics, reader: StateReader) -> AnyStage:
    kinds: dict[Stage, type[AnyStage]] = {"clean": CleanStage, "tag": TagStage, "cluster": ClusterStage}
    return kinds[name](settings, metrics, reader)
