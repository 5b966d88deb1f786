"""The dashboard's reading on a real Kafka: the whole log, single articles, lag; and nobody's partitions taken."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision, StoryArticle, StoryEvent, TaggedArticle
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.store import database, queries
from streams.dashboard.store.filters import Filter
from streams.dashboard.store.index import Index
from streams.dashboard.web.articles import Articles
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.server import create_app
from streams.kafka import provision
from streams.settings import load


@asynccontextmanager
async def following(settings, db=None):
    """An index (over ``db``, else a private one) that a follower keeps up with the log."""
    index, health = Index(db), Health()
    broadcaster = Broadcaster(index)
    task = asyncio.create_task(LogConsumer(settings, index, broadcaster, health).run())
    try:
        yield index, broadcaster, health
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
    async with following(settings) as (one, broadcaster, _), following(settings) as (two, _, _):
        await until(lambda: one.offsets == {0: 9, 1: 9} == two.offsets)
        await until(lambda: broadcaster.status.caught_up and broadcaster.status.connected)
        await publish(settings, range(20, 24))
        await until(lambda: one.offsets == {0: 11, 1: 11} == two.offsets)
        first, second = (queries.page(index, Filter(), now=time.time()).rows for index in (one, two))
        assert [row.story.id for row in first] == [row.story.id for row in second]
        assert len(first) == 24
        members = [queries.member(one, f"a{number}") for number in (3, 8, 21)]
        texts = await Articles(settings).read([member for member in members if member])
        assert {id_: article.text for id_, article in texts.items()} == {
            f"a{number}": f"Text of article {number}." for number in (3, 8, 21)
        }


async def pages(settings, index, broadcaster, health):
    """What a dashboard shows of stories and of the log, at one moment for all."""
    context = AppContext(
        index=index, broadcaster=broadcaster, health=health, articles=Articles(settings), clock=lambda: 2e9
    )
    transport = httpx.ASGITransport(app=create_app(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        routes = ["/", "/story/s3", "/article/a21", "/feed.atom", "/api/v1/stories?limit=200", "/api/v1/stories/s22"]
        answers = [await client.get(route) for route in routes]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.text for answer in answers]


async def test_a_second_start_reads_only_what_is_new_and_shows_the_same(settings):
    path = database.path_of(settings)
    await publish(settings, range(20))
    async with following(settings, database.kept(path)[0]) as (index, _, health):
        await until(lambda: index.offsets == {0: 9, 1: 9})
        assert (health.read, health.resumed) == (20, None)
    await publish(settings, range(20, 23))
    db, _ = database.kept(path)
    async with (
        following(settings, db) as (kept, broadcaster, health),
        following(settings) as (fresh, other, other_health),
    ):
        await until(lambda: kept.offsets == {0: 11, 1: 10} == fresh.offsets)
        await until(lambda: broadcaster.status.caught_up and other.status.caught_up)
        assert (health.read, other_health.read) == (3, 23)
        assert health.resumed[1] == "0.9-1.9"
        assert await pages(settings, kept, broadcaster, health) == await pages(settings, fresh, other, other_health)

    # The topic is made anew, and holds as many records as before: others.
    topic = f"{settings.topic_prefix}.story-events"
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        await client.delete_topics([topic])
        while topic in await client.list_topics():  # noqa: ASYNC110 - Kafka has no event for it
            await asyncio.sleep(0.1)
    finally:
        await client.close()
    await provision.apply(settings)
    await publish(settings, range(30, 54))
    db, _ = database.kept(path)
    async with following(settings, db) as (index, _, health):
        await until(lambda: index.offsets == {0: 11, 1: 11})
        assert (health.read, health.resumed) == (24, None)
        assert index.lookup("s3") is None
        assert index.lookup("s30") is not None


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
    await provision.apply(settings)
    await publish(settings, range(4))
    async with following(settings) as (index, broadcaster, _):
        await until(lambda: index.offsets == {0: 1, 1: 1} and broadcaster.status.connected)
        await asyncio.to_thread(own_kafka.kill)
        await until(lambda: not broadcaster.status.connected)
        assert len(queries.page(index, Filter(), now=time.time()).rows) == 4, "what was known is still there"
        await asyncio.to_thread(own_kafka.start)
        await until(lambda: broadcaster.status.connected, seconds=40)
        await publish(settings, range(4, 8))
        await until(lambda: index.offsets == {0: 3, 1: 3}, seconds=40)
        assert broadcaster.epoch == 0, "the log is the same: it was not read anew"
