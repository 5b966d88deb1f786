"""Publishing: every acknowledgement is awaited, what a topic takes is known, its partitions are asked for seldom."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from agents import Caught, Inline, app_of, tagging
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from streams.contracts import codec
from streams.contracts.records import CleanArticle, TaggedArticle
from streams.contracts.topology import ARTICLES_CLEAN, ARTICLES_TAGGED, DEAD_LETTERS, REJECTIONS
from streams.runtime.faust.batches import Batches
from streams.runtime.messages import Outgoing, moment
from streams.runtime.outcomes import BrokenStageError
from streams.runtime.pool import Failed
from streams.runtime.publish import Publisher, TooLargeForTopicError
from streams.runtime.sizes import Sizes


class Refusing(Caught):
    """A broker whose topic takes ``limit`` bytes, and that may be away for keys that say so."""

    def __init__(self, limit=1000):
        super().__init__()
        self.limit = limit

    async def send(self, topic, key, value, partition, timestamp, headers):
        done = await super().send(topic, key, value, partition, timestamp, headers)
        self.refuse = None
        if key == b"away":
            done = asyncio.get_running_loop().create_future()
            done.set_exception(KafkaConnectionError("gone"))
        elif len(value or b"") > self.limit and not topic.endswith("dead-letters"):
            self.sent.pop()
            done = asyncio.get_running_loop().create_future()
            done.set_exception(MessageSizeTooLargeError("too large"))
        return done


def publisher_of(producer, asked=None, limit=None):
    async def start():
        return producer

    async def partitions(name):
        (asked if asked is not None else []).append(name)
        return [0, 1, 2]

    async def largest(_):
        return limit

    return Publisher(
        start, "news", Sizes(), writes=(ARTICLES_TAGGED, DEAD_LETTERS), partitions=partitions, largest=largest
    )


def out(key=b"k", size=10, **more):
    return Outgoing(topic=ARTICLES_TAGGED, key=key, value=b"x" * size, **more)


async def test_partitions_are_asked_for_once_and_not_for_each_retraction():
    producer = Caught()
    asked: list[str] = []
    publisher = publisher_of(producer, asked)
    for _ in range(5):
        await publisher.publish([out(to_all=True), out(to_all=True)])
    assert asked == ["news.articles.tagged"]
    assert len(producer.sent) == 30


async def test_a_refusal_for_size_is_told_apart_from_a_broker_that_is_gone():
    with pytest.raises(TooLargeForTopicError):
        await publisher_of(Refusing()).publish([out(), out(size=2000), out()])
    with pytest.raises(KafkaConnectionError):
        await publisher_of(Refusing()).publish([out(), out(size=2000), out(b"away")])


def events(*values):
    released = []
    made = []
    for offset, value in enumerate(values):
        about = SimpleNamespace(
            topic="news.articles.clean", partition=0, offset=offset, key=b"k", value=value,
            headers=[("nothing", None), ("traceparent", b"\xff")], timestamp=1.7e12, generation_id=0,
        )  # fmt: skip
        made.append(SimpleNamespace(message=about, release=lambda offset=offset: released.append(offset)))
    return made, released


async def work(app, made):
    batches = Batches(app)
    await batches.take(made)
    await batches.settled()


async def test_a_record_that_the_broker_refuses_is_a_dead_letter_once_the_limit_is_known(tmp_path):
    producer = Refusing(limit=1000)
    app = app_of("tag", tmp_path, producer)
    app.consumer_generation_id = 0
    app.stage.pool = tagging(lambda each: TaggedArticle(id=each.id, text=each.text, language="en"))
    app.publisher = publisher_of(producer, limit=900)
    app.publisher._sizes = app.stage.outcomes.sizes
    app.stage.outcomes.sizes.learn(DEAD_LETTERS, 100_000)
    articles = [
        CleanArticle(id="a", text="t"),
        CleanArticle(id="large", text="t" * 5000),
        CleanArticle(id="b", text="t"),
    ]
    made, released = events(*(codec.encode(each) for each in articles))

    learn = app.publisher.learn

    async def learn_of_one():
        await learn()
        app.stage.outcomes.sizes.learn(DEAD_LETTERS, 100_000)

    app.publisher.learn = learn_of_one
    await work(app, made)
    letters = [value for topic, _, value in producer.sent if topic == "news.dead-letters"]
    assert [codec.decode(CleanArticle, value).id for value in letters] == ["large"]
    tagged = {codec.loads(value)["id"] for topic, _, value in producer.sent if topic == "news.articles.tagged"}
    assert tagged == {"a", "b"}
    assert released == [0, 1, 2]


async def test_a_bad_run_is_committed_before_the_stage_ends(tmp_path):
    app = app_of("tag", tmp_path, Caught())
    app.consumer_generation_id = 0
    app.stage.outcomes._max_failures = 2
    app.stage.pool = Inline(lambda _: Failed("OSError", "no disk"))
    done = []

    async def commit():
        done.append("commit")

    app._consumer = SimpleNamespace(commit=commit)
    made, released = events(*(codec.encode(CleanArticle(id="a", text="t")) for _ in range(4)))
    with pytest.raises(BrokenStageError):
        await work(app, made)
    assert released == [0, 1, 2, 3]
    assert done == ["commit"]


@pytest.mark.parametrize("seconds", [None, 0, -1, -1e18, 1.7e12, 9.2e15, 253_402_300_800, float("inf"), float("nan")])
def test_a_timestamp_that_is_no_time_is_none(seconds):
    assert moment(seconds) is None


@pytest.mark.parametrize("seconds", [0.001, 1_758_283_200.5, 253_402_300_798.999])
def test_a_timestamp_that_is_one_is_kept(seconds):
    found = moment(seconds)
    assert found is not None
    assert abs(found.timestamp() - seconds) < 0.001


async def test_it_asks_only_for_the_topics_that_are_written():
    """Of the others the stage's login may not be allowed to know."""
    asked = []

    async def largest(name):
        asked.append(name)

    async def start():
        return Caught()

    publisher = Publisher(
        start, "news", Sizes(), partitions=largest, largest=largest, writes=(ARTICLES_CLEAN, REJECTIONS)
    )
    await publisher.learn()
    assert asked == ["news.articles.clean", "news.rejections"]
