"""Following the log: what counts as a new log, and what the reader does with records it cannot use."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams import codec, headers
from streams.dashboard.follow import Follower
from streams.dashboard.health import Health
from streams.dashboard.live import Hub
from streams.headers import Position
from streams.reading import FirstDecisions
from streams.records import Decision
from streams.settings import Settings


@pytest.fixture
def follower(newsroom):
    return Follower(Settings(), newsroom.index, Hub(newsroom.index), Health())


def record(newsroom, offset, *, source=None, value=None, story="s1"):
    article = newsroom.article(f"a{offset}")
    decision = Decision(article_id=article.id, events=(newsroom.event("created", story, article),))
    place = Position(topic="news.articles.tagged", partition=0, offset=offset if source is None else source)
    return SimpleNamespace(
        topic="news.story-events",
        partition=0,
        offset=offset,
        timestamp=1_700_000_000_000 + offset,
        value=codec.encode(decision) if value is None else value,
        headers=headers.make(Decision, article.id, "cluster", position=place),
    )


def test_each_decision_counts_once_and_what_cannot_be_read_is_stepped_over(newsroom, follower):
    first = FirstDecisions()
    for each in (
        record(newsroom, 0),
        record(newsroom, 1, source=0, story="repeated"),
        record(newsroom, 2, value=b"{not json"),
        record(newsroom, 3, story="s3"),
    ):
        follower._take(first, each)
    assert newsroom.index.vector == {0: 3}
    assert newsroom.index.lookup("s1") is not None
    assert newsroom.index.lookup("s3") is not None
    assert newsroom.index.lookup("repeated") is None, "the first decision of a source offset stands"


class Broker:
    """Answers for the log reader and the consumer: the records that can be had, and the end."""

    def __init__(self, records, end):
        self.records, self.end = records, end

    async def pick(self, topic, places):
        return {place: self.records[place] for place in places if place in self.records}

    async def end_offsets(self, partitions):
        return dict.fromkeys(partitions, self.end)


@pytest.mark.parametrize(
    ("timestamp", "end", "same"),
    [
        pytest.param(500, 10, True, id="still there"),
        pytest.param(501, 10, False, id="another record at its place"),
        pytest.param(None, 10, True, id="cannot be had now, but the log reaches further"),
        pytest.param(None, 4, False, id="the log ends before it"),
    ],
)
async def test_only_a_log_that_surely_is_another_is_read_anew(follower, timestamp, end, same):
    follower._last = {0: (7, 500)}
    broker = Broker({} if timestamp is None else {(0, 7): SimpleNamespace(timestamp=timestamp)}, end)
    follower._reader = broker
    assert await follower._same_log(broker) is same
