"""Bringing a partition's stories up to the end of the log: what was decided before a crash, and may not be in the rows.

All of it is applied before anything is decided anew, in the log's own order: articles and corrections come from two
topics, and nothing tells in which order these are delivered again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.contracts import codec, limits
from streams.contracts.headers import Position
from streams.contracts.records import Decision, Grain, Story, TaggedArticle
from streams.runtime import state
from streams.stages.cluster import Changes, Clusterer, named

logger = logging.getLogger(__name__)

Tail = Sequence[tuple[Position, Decision]]


class OtherArticleError(Exception):
    """The log says of a redelivered record's position what it decided on another article: never applied."""


class InputValues(Protocol):
    """What catching up reads (``log_reader.LogReader``)."""

    def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]: ...


@dataclass(slots=True)
class CaughtUp:
    """The clusterer at the log's end.

    ``decided``: the decisions on articles that the tail holds, by place; ``mended``: the ids of its corrections. What
    could not be applied is ``broken``, by place or correction id, with why. ``rows`` and ``stories`` changed, in the
    order of their last change (None: gone).
    """

    clusterer: Clusterer
    decided: dict[int, Decision] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    broken: dict[int | str, Exception] = field(default_factory=dict)
    rows: dict[str, bytes | None] = field(default_factory=dict)
    stories: dict[str, Story | None] = field(default_factory=dict)

    def take(self, changes: Changes) -> None:
        for key, row in changes.rows.items():
            self.rows.pop(key, None)
            self.rows[key] = row
        self.stories |= {story.id: story for story in changes.stories}
        self.stories |= dict.fromkeys(changes.forgotten)


async def catch_up(
    reader: InputValues,
    tail: Tail,
    topic: str,
    partition: int,
    clusterer: Clusterer,
    rows: Mapping[str, bytes],
    grain: Grain,
    check: Callable[[Changes], object],
) -> CaughtUp:
    """The clusterer that the rows and then the tail of the log give.

    Args:
        clusterer: restored from ``rows``; it is changed.
        topic: the topic of the articles; its decisions in ``tail`` are on what it held or holds.
        tail: complete from the first record on that may be delivered again; in the log's order.
        rows: of the state; a correction that is among them has been applied to all of them.
        check: raises where what a decision changes cannot be written.
    """
    broken: dict[int | str, Exception] = {}
    while True:
        found = CaughtUp(clusterer, broken=dict(broken))
        await _apply(found, reader, tail, topic, partition, check)
        if found.broken.keys() == broken.keys():
            return found
        # It may have been applied by half: once more from the rows, without it.
        broken, clusterer = found.broken, Clusterer(grain=grain)
        clusterer.restore((key, row) for key, row in rows.items() if key != state.STAMP_ROW)


async def _apply(
    found: CaughtUp, reader: InputValues, tail: Tail, topic: str, partition: int, check: Callable[[Changes], object]
) -> None:
    known, written = found.clusterer.newest_mend, set[str]()
    articles = [position for position, decision in tail if decision.correction is None]
    values = _Values(reader, topic, partition, articles[0].offset) if articles else None
    for position, decision in tail:
        correction = decision.correction
        if correction is None:
            found.decided[position.place] = decision
        elif position.place > known:
            found.mended.add(correction.id)
        cause = position.place if correction is None else correction.id
        if correction is not None and position.place <= known:
            # Its rows are written, but not each story's snapshot, perhaps.
            written |= {story_id for event in decision.events for story_id in named(event)}
            continue
        if cause in found.broken:
            continue
        try:
            if correction is not None:
                changes = found.clusterer.apply_mend(decision, position.place)
            else:
                value = await values.at(position.offset) if values and position.base == articles[-1].base else None
                changes = found.clusterer.apply(_article(value, decision), decision, position.place)
            check(changes)
        except Exception as error:  # whatever it holds, it is its own input's dead letter
            found.broken[cause] = error
            if not isinstance(error, OtherArticleError | codec.DecodeError):
                return
        else:
            found.take(changes)
    found.stories |= {story_id: found.clusterer.story(story_id) for story_id in sorted(written)}


def _article(value: bytes | None, decision: Decision) -> TaggedArticle:
    if value is None:
        return state.stand_in(decision)
    article = limits.decode(TaggedArticle, value)
    if article.id != decision.article_id:
        raise OtherArticleError(f"the log's decision of this position is on article {decision.article_id}")
    return article


class _Values:
    """The values of a partition by offset, asked for in order: read once, and none kept."""

    def __init__(self, reader: InputValues, topic: str, partition: int, start: int) -> None:
        self._all = reader.values(topic, partition, start)
        self._next: tuple[int, bytes] | None = None

    async def at(self, offset: int) -> bytes | None:
        """The value at an offset; None: it is gone."""
        while self._next is None or self._next[0] < offset:
            try:
                self._next = await anext(self._all)
            except StopAsyncIteration:
                return None
        return self._next[1] if self._next[0] == offset else None
