"""A decision log in memory, and the follower that reads it into an index: what the tests of the index share."""

from __future__ import annotations

from types import SimpleNamespace

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.store import database
from streams.dashboard.store.index import Index
from streams.settings import Settings

TABLES = ("stories", "facets", "entities", "members", "events", "texts")


class Log:
    """Stands for ``LogReader`` over one partition of a decision log."""

    def __init__(self, records, *, start=0):
        self.records, self.start, self.read = list(records), start, 0

    async def spans(self, topic):
        return {0: (self.start, len(self.records))}

    async def pick(self, topic, places):
        return {(0, offset): self.records[offset] for _, offset in places if self.start <= offset < len(self.records)}

    async def batches(self, topic, *, after, most):
        for at in range(max(self.start, after.get(0, -1) + 1), len(self.records), most):
            batch = self.records[at : at + most]
            self.read += len(batch)
            yield batch


def logged(offset, events, *, source=None):
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


async def follow(log, db):
    """Read ``log`` to its end into an index over ``db``."""
    index, health = Index(db), Health()
    follower = LogConsumer(Settings(), index, Broadcaster(index), health)
    follower._reader = log
    await follower._follow_log()
    return index, health


def rows(index):
    return {table: index.db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}


async def whole(records):
    index, health = await follow(Log(records), database.private())
    told = rows(index), index.offsets, (health.skipped, health.last_skipped)
    index.close()
    return told
