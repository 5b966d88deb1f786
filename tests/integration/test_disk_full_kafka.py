"""The broker's disk is full: nothing is lost, skipped or dead-lettered, and all goes on once there is room."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from newsroom import raw_articles, records, send_raw

from streams.contracts import codec
from streams.contracts.records import CleanArticle
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.security import client_options
from streams.pipeline import article_id
from streams.settings import load

#: Bytes that a file of the broker's may have while its "disk is full": less than what cleaning is about to write.
_FULL = 80_000
_ARTICLES = 200


def fill(broker: KafkaBroker) -> None:
    assert broker._child is not None
    resource.prlimit(broker._child.pid, resource.RLIMIT_FSIZE, (_FULL, resource.RLIM_INFINITY))


def supervised(env: dict[str, str], path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streams", "worker", "clean", "cluster"]
    with path.open("wb") as log:
        return subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=log)


async def until_down(broker: KafkaBroker) -> None:
    # Workers start meanwhile, on a machine full of others' tests.
    deadline = time.monotonic() + 60
    while broker.running:
        assert time.monotonic() < deadline, "the broker has room enough"
        await asyncio.sleep(0.1)
    broker.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit(2) is Linux's")
async def test_a_full_disk_at_the_broker_loses_nothing_and_the_supervisor_waits(own_kafka, tmp_path):
    """Stands for a full disk: a limit on the size of the running broker's files, under which a write fails with EFBIG
    where a full disk says ENOSPC. To Kafka both are an IOException: the log directory is offline, produce requests are
    answered with KAFKA_STORAGE_ERROR, and a broker without another directory halts. It needs no rights, so it runs
    everywhere. Twice: started again while there is no room yet, the broker halts once more."""
    settings = load(
        broker=f"kafka://{own_kafka.bootstrap}",
        topic_prefix="full",
        data_dir=tmp_path / "streams",
        partitions=1,
        session_timeout=6,
    )
    await provision.apply(settings)
    raws = raw_articles(_ARTICLES)
    await send_raw(settings, raws)
    # Under the limit no file for the groups' offsets can be made: its index is made with 10 MB.
    async with AIOKafkaConsumer("full.articles.raw", group_id="any", **client_options(settings)) as consumer:
        await consumer.getmany(timeout_ms=100)
    names = ("broker", "topic_prefix", "data_dir", "session_timeout", "partitions")
    env = {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}
    settings.data_dir.mkdir(parents=True)
    path = settings.data_dir / "workers.log"
    fill(own_kafka)
    supervisor = supervised(env, path)
    try:
        await until_down(own_kafka)
        own_kafka.start()
        fill(own_kafka)
        await until_down(own_kafka)
        assert supervisor.poll() is None, path.read_text(errors="replace")[-4000:]
        own_kafka.start()
        wanted = {article_id(each) for each in raws}
        async with asyncio.timeout(60):
            while True:
                found = [codec.decode(CleanArticle, each.value) for each in await records(settings, "articles.clean")]
                if {each.id for each in found} >= wanted:
                    break
                await asyncio.sleep(0.3)
        assert supervisor.poll() is None
    finally:
        supervisor.send_signal(signal.SIGTERM)
        code = supervisor.wait(60)
    said = path.read_text(errors="replace")
    assert code == 0, said[-4000:]
    assert "giving up" not in said
    assert await records(settings, "dead-letters") == []
    # What came twice, came twice the same.
    assert len({(each.id, each.revision, each.content_hash) for each in found}) == _ARTICLES
    assert set(Counter(each.id for each in found)) == wanted
