"""`streams doctor` on clusters that are broken in one way each. A wrong login: ``test_refused_kafka``."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from kafka_topics import delete, set_config

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import ARTICLES_RAW, STATE_CLEAN, STORIES
from streams.ops import diagnosis
from streams.settings import Settings

RAW = codec.encode(RawArticle(id="a1", content="The harbour of Lindvik was closed on Monday."))


async def findings(settings: Settings) -> list[diagnosis.Finding]:
    return [finding async for finding in diagnosis.on_the_cluster(settings)]


async def send(settings: Settings, **more: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        await producer.send_and_wait(ARTICLES_RAW.full_name(settings.topic_prefix), RAW, **more)


async def a_topic_is_gone(settings: Settings) -> None:
    await delete(settings, STORIES.name)


async def a_topic_is_another(settings: Settings) -> None:
    await set_config(settings, STORIES.full_name(settings.topic_prefix), {"cleanup.policy": "delete"})


async def partitions_were_added(settings: Settings) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        await client.create_partitions({STATE_CLEAN.full_name(settings.topic_prefix): NewPartitions(3)})
    finally:
        await client.close()


async def nobody_works(settings: Settings) -> None:
    await send(settings)


async def the_clock_is_ahead(settings: Settings) -> None:
    await send(settings, timestamp_ms=int((time.time() + 600) * 1000))


@pytest.mark.parametrize(
    ("break_it", "check", "verdict", "said", "fix"),
    [
        (a_topic_is_gone, "topics", "BAD", "stories: create", "streams topics apply"),
        (a_topic_is_another, "topics", "BAD", "stories: configure", "streams topics apply"),
        (partitions_were_added, "topics", "BAD", "state.clean: partitions", "operate.md"),
        (nobody_works, "workers", "warn", "no worker of clean runs; 1 records wait", "streams worker clean"),
        (the_clock_is_ahead, "clock", "warn", "s in the future", "NTP"),
    ],
)
async def test_what_is_broken_is_named_with_what_mends_it(
    break_it: Callable[[Settings], Awaitable[None]], check: str, verdict: str, said: str, fix: str, settings: Settings
) -> None:
    well = {each.check: each for each in await findings(settings)}
    # One broker and one copy; that is said of every cluster that the tests have.
    assert [each.detail for name, each in well.items() if each.verdict != "ok" and name != "durable"] == []
    assert "STREAMS_REPLICATION=3" in well["durable"].fix
    await break_it(settings)
    found = [each for each in await findings(settings) if each.check == check]
    assert [each.verdict for each in found] == [verdict]
    assert said in found[0].detail
    assert fix in found[0].fix
