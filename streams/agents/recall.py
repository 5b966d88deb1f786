"""Cleaning's memory built anew from the logs, where its rows are lost.

What it published tells each article's revisions, by the position of the raw article that each came from; the raw
articles that the topic still holds tell the hosts' lines.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

from streams import codec, limits
from streams.headers import Position
from streams.pipeline import CleaningMemory
from streams.records import CleanArticle, RawArticle

logger = logging.getLogger(__name__)

#: Raw articles before the next one that are looked at: ``cleaning.hosts`` looks at pages of so many positions.
_LOOK_BACK = 10_000

Rows = dict[str, bytes | None]


class OutputReader(Protocol):
    """What recalling reads (``reading.LogReader``)."""

    def caused_by(self, topic: str, source_topic: str) -> AsyncIterator[tuple[Position, bytes]]: ...

    def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]: ...


async def revisions(
    reader: OutputReader, memory: CleaningMemory, clean: str, raw: str, partition: int, *, others: bool
) -> tuple[Rows, int]:
    """Recall what was published of a partition of raw articles; the rows, and the base of the newest life.

    With ``others`` what other partitions caused is recalled as well, as older than all of this one's: partitions may
    have been added, and later revisions may come to this one.
    """
    own: dict[int, CleanArticle] = {}
    foreign: dict[str, CleanArticle] = {}
    base = 0
    async for position, value in reader.caused_by(clean, raw):
        try:
            article = limits.decode(CleanArticle, value)
        except codec.DecodeError:
            continue
        told = replace(CleanArticle(id=article.id, text=""), content_hash=article.content_hash,
                       revision=article.revision, retracted=article.retracted)  # fmt: skip
        if position.partition == partition:
            base = max(base, position.base)
            own.setdefault(position.place, told)
        elif others and (told.id not in foreign or foreign[told.id].revision <= told.revision):
            foreign[told.id] = told
    rows: Rows = {}
    for told in foreign.values():
        rows.update(memory.recall(told, max(own, default=0) - 1))
    for place in sorted(own):
        rows.update(memory.recall(own[place], place))
    return rows, base


async def lines(reader: OutputReader, memory: CleaningMemory, raw: str, partition: int, base: int, upto: int) -> Rows:
    """Look again at the raw articles before offset ``upto``; the rows."""
    rows: Rows = {}
    async for offset, value in reader.values(raw, partition, max(0, upto - _LOOK_BACK)):
        if offset >= upto:
            break
        try:
            rows.update(memory.observe(limits.decode(RawArticle, value), base + offset)[1])
        except codec.DecodeError:
            continue
    return rows
