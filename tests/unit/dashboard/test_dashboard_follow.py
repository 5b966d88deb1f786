"""Following the log: what counts as a new log, and what the reader does with records it cannot use."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import httpx
import pytest

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.follow.resume import proof
from streams.dashboard.web.server import create_app
from streams.kafka.log_reader import FirstDecisions
from streams.settings import Settings

#: Before the year 1 in UTC.
EARLIEST = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23, minutes=59)))


@pytest.fixture
def follower(newsroom):
    return LogConsumer(Settings(), newsroom.index, Broadcaster(newsroom.index), Health())


def client_of(context):
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


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
    assert newsroom.index.offsets == {0: 3}
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
    read = SimpleNamespace(partition=0, offset=7, timestamp=500, key=b"en", value=b"{}")
    follower._last = {0: proof(read)}
    there = SimpleNamespace(**{**vars(read), "timestamp": timestamp})
    broker = Broker({} if timestamp is None else {(0, 7): there}, end)
    follower._reader = broker
    assert await follower._same_log(broker) is same


def test_no_record_stops_the_follower_and_each_that_is_skipped_is_counted(newsroom, follower, monkeypatch):
    first, write = FirstDecisions(), newsroom.index.write

    def failing(update, position):
        if position.offset == 2:
            raise RecursionError("too deep")
        return write(update, position)

    monkeypatch.setattr(newsroom.index, "write", failing)
    null = record(newsroom, 1)
    null.headers = [("streams_source_offset", None), ("x", None)]
    null.value = b"\xff"
    huge = record(newsroom, 4, story="s4", source=2**62)
    for each in (record(newsroom, 0), null, record(newsroom, 2, story="s2"), record(newsroom, 3, story="s3"), huge):
        follower._take(first, each)
    assert newsroom.index.offsets == {0: 4}
    assert [newsroom.index.lookup(id_) is not None for id_ in ("s1", "s2", "s3", "s4")] == [True, False, True, True]
    assert (follower._health.skipped, follower._health.last_skipped) == (2, "0:2")


def test_a_full_disk_is_not_the_records_fault(newsroom, follower, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(newsroom.index, "write", full)
    with pytest.raises(sqlite3.OperationalError):
        follower._take(FirstDecisions(), record(newsroom, 0))
    assert newsroom.index.offsets == {}, "it is read again"


async def test_times_that_no_date_can_name_are_shown_all_the_same(newsroom, follower, context):
    first = FirstDecisions()
    for number, (timestamp, at) in enumerate([(1_700_000_000_000_000, None), (-1, None), (2**63 - 1, EARLIEST)]):
        each = record(newsroom, number, story=f"s{number}")
        decision = codec.decode(Decision, each.value)
        each.value = codec.encode(replace(decision, events=(replace(decision.events[0], at=at),)))
        each.timestamp = timestamp
        follower._take(first, each)
    async with client_of(context) as client:
        for route in ("/", "/feed.atom", "/api/v1/stories", "/api/v1/events", "/story/s0", "/story/s1", "/story/s2"):
            assert (await client.get(route)).status_code == 200, route
    follower._count("articles.clean", SimpleNamespace(headers=[("ce_source", b"/x/clean")], timestamp=2**63 - 1))


async def test_health_tells_of_skipped_records(context):
    async with client_of(context) as client:
        assert "skipped" not in (await client.get("/health")).text
        context.health.skip("3:17")
        assert "1 record of the decision log could not be read and was skipped" in (await client.get("/health")).text
        assert (await client.get("/api/v1/health")).json()["skipped"] == {"records": 1, "last": "3:17"}
