"""Tagging over messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from streams import pipeline
from streams.contracts.records import CleanArticle, Stage, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED
from streams.metrics import Metrics
from streams.runtime.messages import Incoming, Outgoing
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Failed, Pool, Work
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, create_pool
from streams.settings import Settings


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
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        models = str(settings.models_dir) if settings.models_dir else None
        self.pool: Pool[CleanArticle, TaggedArticle] = create_pool(
            self.name, partial(tagging_work, settings.ner_backend, models), settings, metrics
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        work: list[tuple[Incoming, CleanArticle]] = []
        for message in batch:
            try:
                work.append((message, message.decode(CleanArticle)))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
        results = await self.pool.run([article for _, article in work])
        for (message, _), result in zip(work, results, strict=True):
            if isinstance(result, Failed):
                out.append(self.outcomes.failed(message, result))
                continue
            try:
                out.append(self._publish(message, result))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
            else:
                self.outcomes.good("published")
        yield out

    def _publish(self, message: Incoming, article: TaggedArticle) -> Outgoing:
        id_ = f"{article.id}.{article.revision}"
        # Whoever retracts an article may not know its language, hence not its partition: tell them all.
        return self.outcomes.published(message, ARTICLES_TAGGED, article, id_, to_all=article.retracted)

    def forget(self, partitions: Iterable[int]) -> None:
        """Nothing to forget."""


STAGE = TagStage
