"""A decision log in memory, and the follower that reads it into an index: what the tests of the index share."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision, StoryEvent
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
from streams.kafka.log_reader import LogReader
from streams.settings import Settings

TABLES = ("stories", "facets", "entities", "members", "events", "texts")


class Log(LogReader):
    """Stands for ``LogReader`` over one partition of a decision log."""

    def __init__(self, records: Iterable[Any], *, start: int = 0) -> None:
        super().__init__(Settings())
        self.kept, self.start, self.read = list(records), start, 0

    async def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        return {0: (self.start, len(self.kept))}

    async def pick(self, topic: str, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Any]:
        return {(0, offset): self.kept[offset] for _, offset in places if self.start <= offset < len(self.kept)}

    async def batches(
        self,
        topic: str,
        *,
        tail: int | None = None,
        after: Mapping[int, int] | None = None,
        most: int = 100,
        pause: float = 0.5,
    ) -> AsyncGenerator[list[Any], None]:
        for at in range(max(self.start, (after or {}).get(0, -1) + 1), len(self.kept), most):
            batch = self.kept[at : at + most]
            self.read += len(batch)
            yield batch


def logged(offset: int, events: Sequence[StoryEvent], *, source: int | None = None) -> SimpleNamespace:
    place = Position(topic="news.articles.tagged", partition=0, offset=offset if source is None else source)
    id_ = events[0].article_id or "a"
    return SimpleNamespace(
        topic="news.story-events",
        partition=0,
        offset=offset,
        timestamp=1_772_000_000_000 + offset * 1000,
        key=b"en",
        value=codec.encode(Decision(article_id=id_, events=tuple(events))),
        headers=headers.make(Decision, id_, "cluster", position=place),
    )


async def follow(log: LogReader, db: sqlite3.Connection) -> tuple[Index, Health]:
    """Read ``log`` to its end into an index over ``db``."""
    index, health = Index(db), Health()
    follower = LogConsumer(Settings(), index, Broadcaster(index), health)
    follower._reader = log
    await follower._follow_log()
    return index, health


def rows(index: Index) -> dict[str, list[Any]]:
    return {table: index.db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}


async def whole(records: Iterable[Any]) -> tuple[object, object, object]:
    index, health = await follow(Log(records), database.private())
    told = rows(index), index.offsets, (health.skipped, health.last_skipped)
    index.close()
    return told
