"""What a second worker of the slowest stage brings, and how long a start takes by the size of the state it reads.

    python benchmarks/bench_scaling.py [--articles 1500] [--stories 1000,10000,50000] [--into FILE]

On a real Apache Kafka. Scaling: the clean stage alone on two partitions, one worker and then two, each with its pool of
one process pinned to a core of its own; articles a second from when all of the input is there to its end. The broker
and the bench run on the same cores. Recovery: rows of so many live stories in the cluster stage's state topic, read
back and restored as at a start. ``--into`` adds the figures to those of ``bench_pipeline.py`` in that file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from bench_clustering import live_rows
from load import load as made_up
from workers import working

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import ARTICLES_CLEAN, ARTICLES_RAW
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.log_reader import LogReader
from streams.settings import Settings, load
from streams.stages.cluster import Clusterer

#: Articles that warm each worker up, and seconds within which everything must be done.
_WARM, _PATIENCE = 60, 600.0


async def rate(settings: Settings, articles: Sequence[RawArticle], count: int, log: Path) -> float:
    """Articles a second of ``count`` workers of the clean stage."""
    await provision.apply(settings)
    command = [sys.executable, "-m", "streams", "worker", "clean"]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        with working(settings, log, [command] * count, pinned=True) as workers:
            await _joined(settings, count, workers)
            await _send(settings, articles[:_WARM])
            await _cleaned(settings, consumer, _WARM, workers)
            await _send(settings, articles[_WARM:])
            begun, already = time.monotonic(), await _count(settings, consumer)
            await _cleaned(settings, consumer, len(articles), workers)
            return round((len(articles) - already) / (time.monotonic() - begun), 1)
    finally:
        await consumer.stop()


async def _joined(settings: Settings, count: int, workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Returns when so many workers share the stage's input."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        deadline = time.monotonic() + _PATIENCE
        while True:
            # The first member makes the group.
            with suppress(KafkaError):
                for response in await admin.describe_consumer_groups([f"{settings.topic_prefix}.clean"]):
                    (group,) = response.groups
                    if group[2] == "Stable" and len(group[5]) == count:
                        return
            _alive(workers, deadline)
            await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _cleaned(
    settings: Settings, consumer: AIOKafkaConsumer, count: int, workers: Sequence[subprocess.Popen[bytes]]
) -> None:
    deadline = time.monotonic() + _PATIENCE
    while await _count(settings, consumer) < count:
        _alive(workers, deadline)
        await asyncio.sleep(0.1)


def _alive(workers: Sequence[subprocess.Popen[bytes]], deadline: float) -> None:
    if any(worker.poll() is not None for worker in workers) or time.monotonic() > deadline:
        raise SystemExit("a worker ended, or it takes too long; see the workers' log")


async def _count(settings: Settings, consumer: AIOKafkaConsumer) -> int:
    topic = ARTICLES_CLEAN.full_name(settings.topic_prefix)
    return sum((await consumer.end_offsets([TopicPartition(topic, n) for n in range(settings.partitions)])).values())


async def _send(settings: Settings, articles: Sequence[RawArticle]) -> None:
    topic = ARTICLES_RAW.full_name(settings.topic_prefix)
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, linger_ms=5) as producer:
        for place, article in enumerate(articles):
            # In turn, as many to each: a host's articles all go to one, and the load has few hosts.
            await producer.send(topic, codec.encode(article), partition=place % settings.partitions)


async def recovery(settings: Settings, stories: int) -> dict[str, float]:
    """Seconds to read the rows of so many live stories from the state topic, and to restore them."""
    await provision.apply(settings)
    topic, size = f"{settings.topic_prefix}.state.cluster", 0
    async with AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, linger_ms=20, max_batch_size=262_144
    ) as producer:
        for key, row in live_rows(stories):
            size += len(row)
            await producer.send(topic, row, key=key.encode(), partition=0)
    begun = time.monotonic()
    rows = await LogReader(settings).rows(topic, 0)
    read = time.monotonic()
    Clusterer().restore(rows.items())
    return {
        "stories": stories,
        "megabytes": round(size / 1e6, 1),
        "read_seconds": round(read - begun, 2),
        "restore_seconds": round(time.monotonic() - read, 2),
    }


async def measure(articles: int, stories: Sequence[int], keep: Path | None) -> dict[str, Any]:
    """``{"scaling": {workers: articles a second}, "recovery": [figures]}``."""
    found: dict[str, Any] = {"scaling": {}, "recovery": []}
    input_ = list(made_up(_WARM + articles))
    with tempfile.TemporaryDirectory() as name, KafkaBroker(data_dir=Path(name) / "kafka") as broker:
        address = f"kafka://{broker.bootstrap}"
        for count in (1, 2):
            settings = load(
                broker=address, topic_prefix=f"scale{count}", data_dir=Path(name) / "data", partitions=2, pool_workers=1
            )
            found["scaling"][str(count)] = await rate(settings, input_, count, (keep or Path(name)) / "workers.log")
            print(f"clean, {count} workers: {found['scaling'][str(count)]} articles/s", file=sys.stderr)
        for size in stories:
            settings = load(broker=address, topic_prefix=f"state{size}", data_dir=Path(name) / "data", partitions=1)
            found["recovery"].append(await recovery(settings, size))
            print(json.dumps(found["recovery"][-1]), file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--stories", default="1000,10000,50000", help="Live stories to restore; empty: none.")
    parser.add_argument("--into", type=Path, help="Add the figures to this file's.")
    parser.add_argument("--keep", type=Path, help="An existing folder for the workers' log.")
    options = parser.parse_args()
    stories = [int(number) for number in options.stories.split(",") if number]
    found = asyncio.run(measure(options.articles, stories, options.keep))
    print(json.dumps(found))
    if options.into:
        figures = codec.loads(options.into.read_bytes()) | found
        options.into.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
