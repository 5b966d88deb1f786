"""Partitions added, cleaning's rows lost, a topic made again with the same articles: on a real Kafka, none silent."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from hostile import ANY_NAME
from kafka_topics import articles, delete, send
from newsroom import Workers, any_header_names, decisions, raw_articles, records, until, until_decided

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle
from streams.kafka import provision
from streams.kafka.security import client_options
from streams.ops import dead_letters, state_check
from streams.runtime.process import HOPELESS


async def grow(settings, name: str, count: int) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        topic = f"{settings.topic_prefix}.{name}"
        await client.create_partitions({topic: NewPartitions(total_count=count)})
        for _ in range(50):
            (described,) = await client.describe_topics([topic])
            if len(described["partitions"]) == count:
                return
            await asyncio.sleep(0.1)
    finally:
        await client.close()


async def until_hopeless(stage: str, workers: Workers) -> None:
    """As under a supervisor: what ends is started again, until it ends for good."""

    async def ended() -> bool:
        (process,) = workers.running[stage]
        if process.poll() == HOPELESS:
            return True
        workers.restart_fallen()
        return False

    await until(ended, workers)
    workers.running.pop(stage)


async def test_clustering_stops_where_partitions_were_added_and_goes_on_by_the_book(settings):
    """The book is operate.md: the topic is made anew as it was, and tagging's group is deleted to fill it again."""
    first, later = articles("a", 6), articles("b", 3)
    with Workers(settings) as workers:
        await send(settings, first)
        workers.start("cluster")
        await until_decided(settings, [one.id for one in first], workers)
        await asyncio.sleep(2.5)  # a look at the topic as it was
        await grow(settings, "articles.tagged", 3)
        await until_hopeless("cluster", workers)
        said = workers.said()
        assert "partitions were added to its input topic" in said
        assert "has 3 partitions, but what this stage knows was made of 2" in said
        await delete(settings, "articles.tagged")
        await provision.apply(settings)
        await send(settings, [*first, *later])
        workers.start("cluster")
        await until_decided(settings, [one.id for one in later], workers)
        assert workers.stop("cluster") == [0]
        assert "Kafka has another id for it" in workers.said()
    assert [one.article_id for one in await decisions(settings)] == [one.id for one in [*first, *later]]


async def test_cleaning_builds_lost_rows_anew_and_stops_where_partitions_were_added(settings):
    async def send_raw(text: str, partition: int) -> None:
        async with AIOKafkaProducer(**client_options(settings)) as producer:
            for one in raw_articles(3):
                value = codec.encode(RawArticle(id=one.id, content=f"{one.content}\n\n{text}", language="en"))
                await producer.send_and_wait(f"{settings.topic_prefix}.articles.raw", value, partition=partition)

    async def until_revision(number: int) -> None:
        async def cleaned() -> bool:
            values = [codec.decode(CleanArticle, each.value) for each in await records(settings, "articles.clean")]
            return [one.revision for one in values].count(number) == 3

        await until(cleaned, workers)

    corrections = [f"Correction {n}: an earlier version of this report gave a wrong number of hours." for n in range(3)]
    with Workers(settings) as workers:
        await send_raw(corrections[0], 0)
        workers.start("clean")
        await until_revision(0)
        assert workers.stop("clean") == [0]
        assert await state_check.lost(settings) == []
        await delete(settings, "state.clean")
        await provision.apply(settings)
        (said,) = await state_check.lost(settings)
        assert "state.clean, partition 0, is empty, though clean has worked on it" in said
        await send_raw(corrections[1], 0)
        workers.start("clean")
        await until_revision(1)
        assert "state.clean, partition 0, was lost: built anew from the logs" in workers.said()
        assert workers.stop("clean") == [0]

        assert await state_check.moved(settings) == []
        await grow(settings, "articles.raw", 3)
        (said,) = await state_check.moved(settings)
        assert said.startswith("clean: ")
        workers.start("clean")
        await until_hopeless("clean", workers)
        assert "has 3 partitions, but what this stage knows was made of 2" in workers.said()
        await delete(settings, "state.clean")
        await provision.apply(settings.model_copy(update={"partitions": 3}))
        await send_raw(corrections[2], 2)
        workers.start("clean")
        await until_revision(2)


async def test_a_header_name_that_is_no_utf8_stops_no_stage(settings):
    topic = f"{settings.topic_prefix}.articles.raw"
    good = raw_articles(2)
    name = f"{ANY_NAME}fffec328"
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        for value, headers in [
            (codec.encode(good[0]), [(name, b"1")]),
            (b"\xff no article", [(name, b"2")]),
            (codec.encode(good[1]), []),
        ]:
            with any_header_names():
                await producer.send_and_wait(topic, value, partition=0, headers=headers)
    with Workers(settings) as workers:
        workers.start("clean")

        async def cleaned() -> bool:
            return len(await records(settings, "articles.clean")) == 2

        await until(cleaned, workers, seconds=40)
        assert workers.stop("clean") == [0]
    # The letter has the name as far as it could be read; readers and the commands see the record too.
    (letter,) = [letter async for letter in dead_letters.letters(settings, dead_letters.LetterFilter())]
    assert letter.value == b"\xff no article"
    (record,) = await records(settings, "dead-letters")
    assert dict(record.headers)["\ufffd\ufffd\ufffd("] == b"2"
    assert len(await records(settings, "articles.raw")) == 3
