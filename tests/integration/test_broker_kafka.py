"""The local Apache Kafka through starts, stops, crashes and pauses; topics compared and applied on it."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from kafka_topics import config, set_config

from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import TOPICS
from streams.kafka import admin, provision
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.local.process import answers
from streams.settings import Settings, load


async def put(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_request_size=MAX_MESSAGE_BYTES
    )
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def values(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id="readers", auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), 15)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def create(bootstrap: str, topic: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        answer = await client.create_topics([NewTopic(topic, 1, 1)])
        assert answer.topic_errors[0][1] == 0
    finally:
        await client.close()


async def test_what_was_acknowledged_survives_a_stop_and_a_crash(own_kafka: KafkaBroker) -> None:
    bootstrap = own_kafka.bootstrap
    await create(bootstrap, "kept")
    await put(bootstrap, "kept", b"before the stop")
    own_kafka.stop()
    assert not own_kafka.running
    assert not answers(own_kafka.port)

    own_kafka.start()
    assert own_kafka.bootstrap == bootstrap
    await put(bootstrap, "kept", b"before the crash")
    own_kafka.kill()
    assert not answers(own_kafka.port)

    own_kafka.start()
    assert await values(bootstrap, "kept", 2) == [b"before the stop", b"before the crash"]


def test_a_paused_broker_is_silent_until_it_is_resumed(own_kafka: KafkaBroker) -> None:
    assert answers(own_kafka.port)
    own_kafka.pause()
    assert not answers(own_kafka.port)
    own_kafka.resume()
    deadline = time.monotonic() + 15
    while not answers(own_kafka.port):
        assert time.monotonic() < deadline
    own_kafka.pause()
    own_kafka.stop()  # a stopped process must still be stoppable
    assert not own_kafka.running


def test_its_data_folder_serves_one_at_a_time(own_kafka: KafkaBroker) -> None:
    with pytest.raises(BrokerError, match="another broker has its data in"):
        KafkaBroker(data_dir=own_kafka.data_dir).start()
    assert own_kafka.running


async def test_apply_makes_the_table_true_and_is_idempotent(kafka: str) -> None:
    settings = load(broker=f"kafka://{kafka}", topic_prefix="table", partitions=3)
    planned = await provision.plan(settings)
    assert [(change.topic, change.action) for change in planned] == [
        (topic.full_name("table"), "create") for topic in TOPICS
    ]
    assert await provision.apply(settings) == planned
    assert await provision.plan(settings) == []
    assert await provision.apply(settings) == []
    for topic in TOPICS:
        actual = await config(settings, topic.full_name("table"))
        assert topic.full_config().items() <= actual.items()


async def test_a_changed_configuration_is_put_back_and_others_settings_are_kept(settings: Settings) -> None:
    name = f"{settings.topic_prefix}.articles.raw"
    # Altering replaces all that is set: what the table wants is back at the broker's default now.
    await set_config(settings, name, {"retention.ms": "1000", "compression.type": "gzip"})
    while (await config(settings, name))["retention.ms"] != "1000":
        pass  # until the broker shows what its controller has taken
    (change,) = await provision.plan(settings)
    assert (change.topic, change.action) == (name, "configure")
    assert "retention.ms: 1000 → 2592000000" in change.detail
    assert await provision.apply(settings) == [change]
    assert await provision.plan(settings) == []
    actual = await config(settings, name)
    assert (actual["retention.ms"], actual["compression.type"]) == ("2592000000", "gzip")


async def test_partitions_are_reported_and_never_changed(settings: Settings) -> None:
    asked = settings.model_copy(update={"partitions": 5})
    for _ in range(2):
        changes = await provision.apply(asked)
        assert {change.action for change in changes} == {"partitions"}
        assert len(changes) == len(TOPICS)
        assert "has 2 partitions, STREAMS_PARTITIONS asks for 5" in changes[0].detail
    assert await provision.plan(settings) == []


async def test_another_replication_factor_is_a_note(settings: Settings) -> None:
    changes = await provision.plan(settings.model_copy(update={"replication": 3}))
    assert {change.action for change in changes} == {"note"}


async def test_a_cluster_that_refuses_says_why(kafka: str) -> None:
    settings = load(broker=f"kafka://{kafka}", topic_prefix="refused", replication=3)
    with pytest.raises(BrokerError, match=r"the cluster refuses topic refused\.\S+: .*eplicat"):
        await provision.apply(settings)


async def test_a_topic_tells_its_largest_record_and_a_missing_one_the_remedy(settings: Settings) -> None:
    assert await admin.largest_record(settings, f"{settings.topic_prefix}.articles.raw") == MAX_MESSAGE_BYTES
    with pytest.raises(BrokerError, match=r"there is no topic nowhere\.a at .* streams topics apply"):
        await admin.largest_record(settings, "nowhere.a")


async def test_a_large_record_fits(settings: Settings) -> None:
    name = f"{settings.topic_prefix}.articles.raw"
    await put(settings.bootstrap_servers[0], name, b"x" * (MAX_MESSAGE_BYTES - 1024))


async def test_it_supports_idempotent_producers(settings: Settings) -> None:
    assert await admin.supports_idempotence(settings)


async def test_waiting_sees_a_broker_that_comes_back(own_kafka: KafkaBroker) -> None:
    own_kafka.stop()
    notices: list[str] = []
    settings = load(broker=f"kafka://{own_kafka.bootstrap}", wait_for_broker=60)
    starting = threading.Thread(target=own_kafka.start)
    starting.start()
    await admin.wait_for_broker(settings, notices.append)
    starting.join()
    assert notices
    assert all("trying again" in notice for notice in notices)


def test_changes_are_plain_data() -> None:
    change = provision.Change(topic="t", action="note", detail="d")
    assert dataclasses.asdict(change) == {"topic": "t", "action": "note", "detail": "d"}
