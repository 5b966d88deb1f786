"""Topics as an operator changes them (their configuration, their end), and articles right into the tagged one."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.contracts import codec
from streams.contracts.records import TaggedArticle
from streams.settings import Settings

_TEXT = "The harbour of Lindvik was closed on Monday after ferry {} ran aground in thick fog, the coast guard said."


def articles(life: str, count: int) -> list[TaggedArticle]:
    return [TaggedArticle(id=f"{life}-{n}", text=_TEXT.format(f"{life} {n}"), language="en") for n in range(count)]


async def send(settings: Settings, batch: list[TaggedArticle]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for article in batch:
            await producer.send_and_wait(f"{settings.topic_prefix}.articles.tagged", codec.encode(article), partition=0)


async def delete(settings: Settings, *names: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        await client.delete_topics([f"{settings.topic_prefix}.{name}" for name in names])
        for _ in range(100):
            there = await client.list_topics()
            if not {f"{settings.topic_prefix}.{name}" for name in names} & set(there):
                return
            await asyncio.sleep(0.1)
    finally:
        await client.close()


async def config(settings: Settings, topic: str) -> dict[str, str]:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        return {entry[0]: entry[1] for entry in answer.resources[0][4]}
    finally:
        await client.close()


async def set_config(settings: Settings, topic: str, changed: dict[str, str]) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        (answer,) = await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, changed)])
        assert answer.resources[0][0] == 0
    finally:
        await client.close()
