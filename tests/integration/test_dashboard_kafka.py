"""The dashboard's reading on a real Kafka: the whole log, single articles, lag; and nobody's partitions taken."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import codec, headers
from streams.broker import admin
from streams.dashboard import queries
from streams.dashboard.articles import Articles
from streams.dashboard.filters import Filter
from streams.dashboard.follow import Follower
from streams.dashboard.health import Health
from streams.dashboard.index import Index
from streams.dashboard.live import Hub
from streams.headers import Position
from streams.records import Decision, StoryArticle, StoryEvent, TaggedArticle
from streams.settings import load


@asynccontextmanager
async def following(settings):
    """An index that a follower keeps up with the log."""
    index, health = Index(), Health()
    hub = Hub(index)
    task = asyncio.create_task(Follower(settings, index, hub, health).run())
    try:
        yield index, hub, health
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        index.close()


async def publish(settings, numbers):
    """A tagged article and its decision each, by turns in both partitions."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers)
    await producer.start()
    try:
        for number in numbers:
            partition = number % 2
            article = TaggedArticle(id=f"a{number}", text=f"Text of article {number}.", language="en")
            topic = f"{settings.topic_prefix}.articles.tagged"
            sent = await producer.send_and_wait(topic, codec.encode(article), partition=partition)
            event = StoryEvent(
                id=f"a{number}:0",
                type="created",
                story_id=f"s{number}",
                article_id=article.id,
                article=StoryArticle(id=article.id, title=f"Article {number}"),
            )
            made = headers.make(
                Decision, article.id, "cluster", position=Position(topic=topic, partition=partition, offset=sent.offset)
            )
            await producer.send_and_wait(
                f"{settings.topic_prefix}.story-events",
                codec.encode(Decision(article_id=article.id, events=(event,))),
                partition=partition,
                headers=made,
            )
    finally:
        await producer.stop()


async def until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def test_every_dashboard_reads_everything_and_single_articles_on_demand(settings):
    await publish(settings, range(20))
    async with following(settings) as (one, hub, _), following(settings) as (two, _, _):
        await until(lambda: one.vector == {0: 9, 1: 9} == two.vector)
        await until(lambda: hub.status.caught_up and hub.status.connected)
        await publish(settings, range(20, 24))
        await until(lambda: one.vector == {0: 11, 1: 11} == two.vector)
        first, second = (queries.page(index, Filter(), now=time.time()).rows for index in (one, two))
        assert [row.story.id for row in first] == [row.story.id for row in second]
        assert len(first) == 24
        members = [queries.member(one, f"a{number}") for number in (3, 8, 21)]
        texts = await Articles(settings).read(members)
        assert {id_: article.text for id_, article in texts.items()} == {
            f"a{number}": f"Text of article {number}." for number in (3, 8, 21)
        }


async def test_lag_is_what_a_stage_has_not_committed(settings):
    await publish(settings, range(6))
    where = [TopicPartition(f"{settings.topic_prefix}.articles.tagged", number) for number in (0, 1)]
    group = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        group_id=f"{settings.topic_prefix}.cluster",
        enable_auto_commit=False,
    )
    group.assign(where)
    await group.start()
    try:
        async with following(settings) as (_, _, health):
            lag = lambda: next(each for each in health.report(time.time()) if each.stage == "cluster")  # noqa: E731
            await until(lambda: lag().lag == 6)
            await group.commit({where[0]: 3, where[1]: 1})
            await until(lambda: lag().lag == 2)
            assert lag().behind == ((0, 0), (1, 2))
            assert lag().commit_age < 10
    finally:
        await group.stop()


async def test_an_outage_is_told_and_nothing_is_read_twice(own_kafka, tmp_path):
    settings = load(broker=f"kafka://{own_kafka.bootstrap}", partitions=2, data_dir=tmp_path / "streams")
    await admin.apply(settings)
    await publish(settings, range(4))
    async with following(settings) as (index, hub, _):
        await until(lambda: index.vector == {0: 1, 1: 1} and hub.status.connected)
        await asyncio.to_thread(own_kafka.kill)
        await until(lambda: not hub.status.connected)
        assert len(queries.page(index, Filter(), now=time.time()).rows) == 4, "what was known is still there"
        await asyncio.to_thread(own_kafka.start)
        await until(lambda: hub.status.connected, seconds=40)
        await publish(settings, range(4, 8))
        await until(lambda: index.vector == {0: 3, 1: 3}, seconds=40)
        assert hub.epoch == 0, "the log is the same: it was not read anew"
