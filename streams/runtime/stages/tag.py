"""Tagging over messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from streams import pipeline
from streams.contracts import codec, limits
from streams.contracts.records import CleanArticle, Stage, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED
from streams.metrics import Metrics
from streams.runtime.messages import Incoming, Made, Outgoing, made
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Failed, Pool, Work
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, create_pool
from streams.settings import Settings

Tag = Callable[[Sequence[CleanArticle]], Sequence[TaggedArticle]]
Tagged = Made | codec.DecodeError


def tagging_work(backend: str, models_dir: str | None) -> Work[bytes, Tagged]:
    """Made once per pool process: loads the model, then tags a batch."""
    from pathlib import Path

    return over_bytes(pipeline.create_tagger(backend=backend, models_dir=Path(models_dir) if models_dir else None).tag)


def over_bytes(tag: Tag) -> Work[bytes, Tagged]:
    """``tag`` from bytes to bytes: decoding and encoding are the pool's, and only bytes go between the processes."""

    def work(batch: list[bytes]) -> list[Tagged]:
        decoded = [_decoded(value) for value in batch]
        tagged = iter(tag([each for each in decoded if isinstance(each, CleanArticle)]))
        return [_made(next(tagged)) if isinstance(each, CleanArticle) else each for each in decoded]

    return work


def _decoded(value: bytes) -> CleanArticle | codec.DecodeError:
    try:
        return limits.decode(CleanArticle, value)
    except codec.DecodeError as error:
        return error


def _made(article: TaggedArticle) -> Made:
    id_ = f"{article.id}.{article.revision}"
    # Whoever retracts an article may not know its language, hence not its partition: tell them all.
    return made(ARTICLES_TAGGED, article, id_, to_all=article.retracted)


class TagStage:
    """Clean articles to tagged ones. Stateless."""

    name: Stage = "tag"
    restoring = False

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        del reader
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        models = str(settings.models_dir) if settings.models_dir else None
        self.pool: Pool[bytes, Tagged] = create_pool(
            self.name, partial(tagging_work, settings.ner_backend, models), settings, metrics
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        work: list[tuple[Incoming, bytes]] = []
        for message in batch:
            try:
                work.append((message, message.body()))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
        results = await self.pool.run([body for _, body in work])
        for (message, _), result in zip(work, results, strict=True):
            if isinstance(result, Failed | codec.DecodeError):
                out.append(self.outcomes.failed(message, result))
                continue
            try:
                out.append(self.outcomes.publishing(message, ARTICLES_TAGGED, result))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
            else:
                self.outcomes.good("published")
        yield out

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        del partitions
        return True

    def forget(self, partitions: Iterable[int]) -> None:
        """Nothing to forget."""


STAGE = TagStage
