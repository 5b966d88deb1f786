"""Topics that were made again, a group that was lost, state of another version: on a real Kafka, none of it silent."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest
from click.testing import CliRunner
from kafka_topics import articles, delete, send
from newsroom import Workers, decisions, until, until_decided

from streams.cli import cli
from streams.contracts import codec
from streams.kafka import provision
from streams.kafka.log_reader import LogReader
from streams.runtime.process import HOPELESS
from streams.runtime.state import STAMP_ROW, STATE_VERSION


async def test_articles_of_a_topic_that_was_made_again_are_all_decided(settings):
    with Workers(settings) as workers:
        await send(settings, articles("old", 20))
        workers.start("cluster")
        await until_decided(settings, [one.id for one in articles("old", 20)], workers)
        assert workers.stop("cluster") == [0]
        await delete(settings, "articles.tagged")
        await provision.apply(settings)
        await send(settings, articles("new", 30))
        workers.start("cluster")
        await until_decided(settings, [one.id for one in articles("new", 30)], workers)
        assert "is not the topic that was worked on" in workers.said()
    assert len(await decisions(settings)) == 50


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_topic_that_is_made_again_under_a_running_worker_ends_it_for_a_new_start(settings, at_once):
    """Before, the worker idled over it for ever, and called itself ready."""
    with Workers(settings) as workers:
        await send(settings, articles("old", 20))
        workers.start("cluster")
        await until_decided(settings, [one.id for one in articles("old", 20)], workers)
        await asyncio.sleep(3)  # a look at the topic as it was
        await delete(settings, "articles.tagged")
        if not at_once:
            await asyncio.sleep(5)
        await provision.apply(settings)
        await send(settings, articles("new", 30))

        async def decided() -> bool:
            workers.restart_fallen()
            return len(await decisions(settings)) == 50

        await until(decided, workers)
        assert "while it was read; the next start looks at it anew" in workers.said()
        assert "is not the topic that was worked on" in workers.said()


async def test_records_that_were_deleted_unread_are_named(settings):
    topic = f"{settings.topic_prefix}.articles.tagged"
    with Workers(settings) as workers:
        await send(settings, articles("a", 10))
        workers.start("cluster")
        await until_decided(settings, [one.id for one in articles("a", 10)], workers)
        assert workers.stop("cluster") == [0]
        await send(settings, articles("b", 10))
        client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
        await client.start()
        try:
            await client.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=17)})
        finally:
            await client.close()
        workers.start("cluster")
        await until_decided(settings, ["b-9"], workers)
        assert "7 records were deleted before cluster had read them (offsets 10 to 16)" in workers.said()


async def test_a_lost_group_adds_no_decision_and_is_said(settings):
    wanted = [one.id for one in articles("a", 12)]
    with Workers(settings) as workers:
        await send(settings, articles("a", 12))
        workers.start("cluster")
        await until_decided(settings, wanted, workers)
        assert workers.stop("cluster") == [0]
        client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
        await client.start()
        try:
            group = f"{settings.topic_prefix}.cluster"
            request = DeleteGroupsRequest([group])
            answer = await client._send_request_to_node(await client.find_coordinator(group), request)
            assert [code for _, code in answer.results] == [0]
        finally:
            await client.close()
        assert "were decided before" not in workers.said()
        await send(settings, articles("b", 1))
        workers.start("cluster")
        await until_decided(settings, ["b-0"], workers)
        assert "begins at offset 0, but 12 positions from there on were decided before" in workers.said()
    assert [one.article_id for one in await decisions(settings)] == [*wanted, "b-0"]


async def test_a_lost_state_topic_and_a_newer_one_are_each_answered(settings):
    wanted = [one.id for one in articles("a", 6)]
    with Workers(settings) as workers:
        await send(settings, articles("a", 6))
        workers.start("cluster")
        await until_decided(settings, wanted, workers)
        workers.stop("cluster")

        await delete(settings, "state.cluster")
        await provision.apply(settings)
        await send(settings, articles("b", 3))
        workers.start("cluster")
        await until_decided(settings, [one.id for one in articles("b", 3)], workers)
        workers.stop("cluster")
        assert "built anew" in workers.said()
        rows = await LogReader(settings).rows(f"{settings.topic_prefix}.state.cluster", 0)
        assert {f"a/{id_}" for id_ in wanted} < rows.keys()

        newer = codec.encode({"version": STATE_VERSION + 1, "fingerprint": "x"})
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            topic = f"{settings.topic_prefix}.state.cluster"
            await producer.send_and_wait(topic, newer, key=STAMP_ROW.encode(), partition=0)
        await send(settings, articles("c", 1))
        workers.start("cluster")

        async def ended() -> bool:
            return workers.running["cluster"][0].poll() == HOPELESS

        await until(ended, workers)
        assert "start the newer release" in workers.said()


async def test_the_state_can_be_shown_and_built_anew(settings, monkeypatch):
    for name in ("broker", "topic_prefix"):
        monkeypatch.setenv(f"STREAMS_{name.upper()}", getattr(settings, name))

    def streams(*words: str) -> str:
        result = CliRunner().invoke(cli, words)
        assert result.exit_code == 0, result.output
        return result.output

    with Workers(settings) as workers:
        await send(settings, articles("a", 4))
        workers.start("cluster")
        await until_decided(settings, ["a-3"], workers)
        workers.stop("cluster")
        shown = [
            codec.loads(line) for line in (await asyncio.to_thread(streams, "state", "show", "--json")).splitlines()
        ]
        (cluster,) = [each for each in shown if each["stage"] == "cluster" and each["partition"] == 0]
        assert cluster["rows"] > 4
        assert cluster["version"] == STATE_VERSION
        assert cluster["current"] is True
        await asyncio.to_thread(streams, "state", "rebuild")
        await send(settings, articles("b", 1))
        workers.start("cluster")
        await until_decided(settings, ["b-0"], workers)
        assert "built anew" in workers.said()
    assert len(await decisions(settings)) == 5


async def test_partitions_that_were_added_are_said(settings):
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        await client.create_partitions({f"{settings.topic_prefix}.articles.tagged": NewPartitions(total_count=3)})
    finally:
        await client.close()
    details = ""
    for _ in range(50):
        details = " ".join(change.detail for change in await provision.plan(settings))
        if "keys would move" in details:
            break
        await asyncio.sleep(0.1)
    assert "has 3 partitions" in details
