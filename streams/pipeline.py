"""The three stages as values, and the offline drivers over them. The agents drive the same stages over Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from streams.contracts.limits import bounded
from streams.contracts.records import CleanArticle, Decision, RawArticle, Rejection, TaggedArticle
from streams.stages.clean import Cleaner, CleaningMemory, Context, article_id
from streams.stages.cluster import Changes, Clusterer, UnmendableError
from streams.stages.tag import Tagger, create_tagger

__all__ = [
    "Changes",
    "Cleaner",
    "CleaningMemory",
    "Clusterer",
    "Context",
    "Tagger",
    "UnmendableError",
    "article_id",
    "clean",
    "clean_one",
    "cluster",
    "create_tagger",
    "tag",
    "tag_batches",
]


def clean(
    raws: Iterable[RawArticle],
    *,
    cleaner: Cleaner,
    memory: CleaningMemory,
    received_at: datetime | None = None,
) -> Iterator[CleanArticle | Rejection]:
    """Clean a sequence of raw articles in order; their index is their position, as an offset is on Kafka."""
    for position, raw in enumerate(raws):
        yield clean_one(raw, position, cleaner=cleaner, memory=memory, received_at=received_at)


def clean_one(
    raw: RawArticle,
    position: int,
    *,
    cleaner: Cleaner,
    memory: CleaningMemory,
    received_at: datetime | None = None,
) -> CleanArticle | Rejection:
    """Clean one raw article as of its position: what memory knows, the cleaning itself, the revision."""
    raw = bounded(raw)
    context, _ = memory.lookup_context(raw, position)
    return memory.assign_revision(raw, cleaner.clean(raw, context, received_at=received_at), position)[0]


def tag(articles: Iterable[CleanArticle], *, tagger: Tagger, batch_size: int = 32) -> Iterator[TaggedArticle]:
    """Tag a sequence of clean articles, in batches, in order."""
    iterator = iter(articles)
    while batch := list(islice(iterator, batch_size)):
        yield from tagger.tag(batch)


def tag_batches(
    articles: Iterable[CleanArticle],
    *,
    tagger: Tagger,
    batch_size: int = 32,
    on_failure: Callable[[str, Exception], None],
) -> Iterator[TaggedArticle]:
    """As ``tag``, but an article that makes the tagger raise is told to ``on_failure``, and the others go on."""
    iterator = iter(articles)
    while batch := list(islice(iterator, batch_size)):
        try:
            yield from tagger.tag(batch)
        except Exception:
            for article in batch:
                try:
                    (tagged,) = tagger.tag([article])
                except Exception as error:
                    on_failure(article.id, error)
                else:
                    yield tagged


def cluster(articles: Iterable[TaggedArticle], *, clusterer: Clusterer) -> Iterator[tuple[Decision, Changes]]:
    """Cluster a sequence of tagged articles in order; articles that cause nothing yield nothing."""
    for position, article in enumerate(articles):
        decision = clusterer.decide(article)
        if decision is not None:
            yield decision, clusterer.apply(article, decision, position)
