"""Watches on a real Kafka: the stage and the notifier are killed, and everybody is told of each story once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys

from aiokafka import AIOKafkaProducer
from decided_stories import decided, member, step
from newsroom import Workers, records, until
from takers import Hooks, taking

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Alert, Decision
from streams.contracts.topology import STORY_EVENTS
from streams.settings import Settings

STORIES = 30


async def write_log(settings: Settings, first: int, last: int) -> None:
    """Two decisions a story, both partitions by turns: it begins, and another outlet has it an hour later."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, acks="all")
    await producer.start()
    try:
        for number in range(first, last):
            partition, place = number % 2, number // 2
            articles = (member(f"a{number}", hours=place), member(f"b{number}", hours=place + 1, outlet="B"))
            for kind, offset, article in zip(("created", "joined"), (2 * place, 2 * place + 1), articles, strict=True):
                message = decided(offset, step(kind, f"s{number}", article), partition=partition)
                where = Position(topic=f"{settings.topic_prefix}.articles.tagged", partition=partition, offset=offset)
                await producer.send_and_wait(
                    STORY_EVENTS.full_name(settings.topic_prefix),
                    message.value,
                    key=b"en",
                    partition=partition,
                    headers=headers.make(Decision, article.id, "cluster", position=where),
                )
    finally:
        await producer.stop()


def streams(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")},
        "STREAMS_BROKER": settings.broker,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_SESSION_TIMEOUT": "6",
        "STREAMS_NOTIFY_PRIVATE": "true",
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "streams", *arguments],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


async def said(settings: Settings, *arguments: str) -> str:
    with streams(settings, *arguments) as process:
        out, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, out.decode()
    return out.decode()


async def alerts(settings: Settings) -> list[Alert]:
    return [codec.decode(Alert, record.value) for record in await records(settings, "alerts")]


async def test_each_story_is_told_of_once_whatever_is_killed(settings: Settings) -> None:
    hooks = Hooks()
    async with taking(hooks):
        sink = hooks.url.replace("hooks.test", "127.0.0.1")
        await said(settings, "watch", "add", "both", "outlets>=2 within 1h", "--sink", f"webhook:{sink}")
        listed = json.loads(await said(settings, "watch", "ls", "--json"))
        assert (listed["id"], listed["query"]) == ("both", "outlets>=2 within 1h")
        await write_log(settings, 0, STORIES // 2)
        notifier = streams(settings, "notify")
        with Workers(settings) as workers:
            workers.start("alert")

            async def some() -> bool:
                return len(hooks.got) > 2

            await until(some, workers)
            workers.stop("alert", number=signal.SIGKILL)
            notifier.kill()
            await asyncio.to_thread(notifier.communicate)
            await write_log(settings, STORIES // 2, STORIES)
            workers.start("alert")
            notifier = streams(settings, "notify")

            def told() -> set[str]:
                return {alert["story_id"] for _, body in hooks.got for alert in json.loads(body)["alerts"]}

            async def everyone() -> bool:
                return len(told()) == STORIES

            try:
                await until(everyone, workers)
                assert workers.stop("alert") == [0]
            finally:
                notifier.terminate()
                out, _ = await asyncio.to_thread(notifier.communicate)
        assert notifier.returncode == 0, out.decode()
    given = await alerts(settings)
    by_id = {alert.id: alert for alert in given}
    assert sorted(alert.story_id for alert in by_id.values()) == sorted(f"s{n}" for n in range(STORIES))
    assert {alert.watch_id for alert in given} == {"both"}
    keys = [fields["idempotency-key"] for fields, _ in hooks.got]
    assert set(keys) == set(by_id)
    # One that was on its way when it was killed may have gone out again: at most as many as go at once.
    assert len(keys) - len(set(keys)) <= 16
