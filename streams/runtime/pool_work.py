"""What the processes of pools do, each a work by the name of its stage.

They import this and no stage over messages, and load of the pure stages only their own: no Kafka client, settings or
other stage's tables, whose half of a second each new process of a pool would take anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from streams.contracts import codec, limits
from streams.contracts.records import CleanArticle, RawArticle, Rejection, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED
from streams.runtime.messages import Made, made
from streams.stages.clean import Context

CleanJob = tuple[RawArticle, Context, datetime | None]
Tag = Callable[[Sequence[CleanArticle]], Sequence[TaggedArticle]]
Tagged = Made | codec.DecodeError


def cleaning_work(max_bytes: int) -> Callable[[list[CleanJob]], list[CleanArticle | Rejection]]:
    """Made once per pool process: cleans a batch of (raw, what memory knew, when it arrived)."""
    from streams.stages.clean import Cleaner

    cleaner = Cleaner(max_bytes=max_bytes)

    def work(jobs: list[CleanJob]) -> list[CleanArticle | Rejection]:
        return [cleaner.clean(raw, context, received_at=at) for raw, context, at in jobs]

    return work


def tagging_work(backend: str, models_dir: str | None) -> Callable[[list[bytes]], list[Tagged]]:
    """Made once per pool process: loads the model, then tags a batch."""
    from streams.stages.tag import create_tagger

    return over_bytes(create_tagger(backend=backend, models_dir=Path(models_dir) if models_dir else None).tag)


def over_bytes(tag: Tag) -> Callable[[list[bytes]], list[Tagged]]:
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
