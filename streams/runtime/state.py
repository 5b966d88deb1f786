"""Versions of clustering's state: rows of another version, or of other features or weights, are built anew, not mixed.

The first row of a partition says what wrote the others. A worker that finds another stamp, or a row that it cannot
read, goes through the log again: every decision is applied to the article that it was on. What it writes replaces the
old rows only once it stands. Articles that the input topic no longer holds are taken from their decisions: where they
are and what they weigh, but not their words' share in the idf.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol

from streams.contracts import codec, limits
from streams.contracts.headers import Position
from streams.contracts.records import Decision, Grain, StoryArticle, TaggedArticle
from streams.text import digest

if TYPE_CHECKING:
    from streams.stages.cluster import Clusterer

logger = logging.getLogger(__name__)

#: The version of the rows' form: raised when an older worker could not read them, or would read them wrongly.
STATE_VERSION = 6
STAMP_ROW = "meta/version"
#: Decisions between two lines of progress.
_TELL_EVERY = 10_000


class NewerStateError(Exception):
    """The rows are of a newer version than this worker: it must not touch them."""


class LogHistory(Protocol):
    """What building anew reads (``log_reader.LogReader``)."""

    def history(self, topic: str, partition: int, *source_topics: str) -> AsyncIterator[tuple[Position, Decision]]: ...

    def values(self, topic: str, partition: int) -> AsyncIterator[tuple[int, bytes]]: ...


@cache
def fingerprint() -> str:
    """What decides what rows mean: the vectors' features and background. (The join decision's weights do not: they
    only ever make new decisions, which the log keeps.)"""
    folder = files("streams.stages.cluster")
    parts = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("features/article_features.py", "index/background.json")
    )
    return digest(*parts)


def stamp() -> bytes:
    return codec.encode({"version": STATE_VERSION, "fingerprint": fingerprint()})


def unfinished() -> bytes:
    """The stamp of rows that are being written anew, or are to be: whoever finds it builds them from the log."""
    return codec.encode({"version": 0})


def needs_building(rows: Mapping[str, bytes], where: str) -> bool:
    """Whether rows were written by another version than this. Rows without a stamp are of the first.

    Raises:
        NewerStateError: by a newer one.
    """
    if STAMP_ROW not in rows:
        return False
    try:
        found = codec.loads(rows[STAMP_ROW])
        version, written_by = int(found["version"]), str(found["fingerprint"])
    except (codec.DecodeError, KeyError, TypeError, ValueError):
        return True
    if version > STATE_VERSION:
        raise NewerStateError(
            f"the state rows of {where} are of version {version}, this worker knows {STATE_VERSION}: start the newer "
            "release, or build them anew with this one: streams state rebuild"
        )
    return version < STATE_VERSION or written_by != fingerprint()


async def build(
    reader: LogHistory, log: str, topic: str, corrections: str, partition: int, grain: Grain = "balanced"
) -> tuple[Clusterer, dict[str, bytes]]:
    """A clusterer as the log's decisions on articles of ``topic`` and on ``corrections`` made it, and its rows."""
    # Only here: the other stages' processes, which know no more than this module's names, need no clusterer.
    from streams.stages.cluster import Clusterer

    history = [pair async for pair in reader.history(log, partition, topic, corrections)]
    logger.warning("building the state of %s, partition %d, anew from %d decisions", topic, partition, len(history))
    on_articles = [position for position, decision in history if decision.correction is None]
    last = max((position.base for position in on_articles), default=0)
    wanted = {position.offset for position in on_articles if position.base == last}
    held = {offset: value async for offset, value in reader.values(topic, partition) if offset in wanted}
    clusterer, rows, gone = Clusterer(grain=grain), dict[str, bytes | None](), 0
    for number, (position, decision) in enumerate(history, start=1):
        if decision.correction is not None:
            rows.update(clusterer.apply_mend(decision, position.place).rows)
            continue
        article = _article(held.get(position.offset) if position.base == last else None, decision)
        if article is None:
            gone += 1
            article = stand_in(decision)
        rows.update(clusterer.apply(article, decision, position.place).rows)
        if number % _TELL_EVERY == 0:
            logger.info("%d of %d decisions applied again", number, len(history))
    logger.warning("built anew: %d rows; %d articles are no longer in %s", len(rows), gone, topic)
    return clusterer, {key: row for key, row in rows.items() if row is not None}


def _article(value: bytes | None, decision: Decision) -> TaggedArticle | None:
    try:
        article = limits.decode(TaggedArticle, value) if value is not None else None
    except codec.DecodeError:
        return None
    return article if article is not None and article.id == decision.article_id else None


def stand_in(decision: Decision) -> TaggedArticle:
    """The article of a decision, as far as the decision tells."""
    told = next((event.article for event in decision.events if event.article is not None), StoryArticle(id=""))
    return TaggedArticle(
        id=decision.article_id,
        text="",
        title=told.title,
        source=told.source,
        published=told.published,
        language=decision.language,
        revision=told.revision,
        retracted=any(event.type == "retracted" for event in decision.events) or not decision.events,
    )
