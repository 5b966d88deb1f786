"""What delivery costs, on a real Apache Kafka: throughput of the stages, recovery of state, memory under a backlog.

    python benchmarks/bench_delivery.py [--articles 5000] [--backlog 300000]

Every figure is from this run on this machine; compare within one run only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer

from streams.contracts import codec
from streams.contracts.records import RawArticle, TaggedArticle
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.log_reader import LogReader
from streams.settings import Settings, load
from streams.stages.cluster import Clusterer

_WORDS = [f"w{number:05x}" for number in range(20_000)]


def article(number: int) -> TaggedArticle:
    """Article ``number``: five of each event, two hundred words, a dozen of them the event's own."""
    event = number // 5
    own = " ".join(_WORDS[(event * 7919 + k * 104_729) % len(_WORDS)] for k in range(12))
    rest = " ".join(_WORDS[(number * 31 + k * k * 17) % 2000] for k in range(180))
    return TaggedArticle(id=f"a{number}", title=own[:60], text=f"{own}. {rest}. {own}.", language="en")


async def recovery(settings: Settings, count: int) -> None:
    """State rows of ``count`` articles written to the topic, read back and restored."""
    clusterer = Clusterer()
    rows: dict[str, bytes | None] = {}
    started = time.monotonic()
    for number in range(count):
        each = article(number)
        decision = clusterer.decide(each)
        if decision is not None:
            rows |= clusterer.apply(each, decision, number).rows
    clustered = time.monotonic() - started
    name = f"{settings.topic_prefix}.state.cluster"
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, linger_ms=20, max_batch_size=262_144)
    await producer.start()
    for key, value in rows.items():
        await producer.send(name, value, key=key.encode(), partition=0)
    await producer.stop()
    started = time.monotonic()
    read = await LogReader(settings).rows(name, 0)
    fetched = time.monotonic() - started
    fresh = Clusterer()
    fresh.restore(read.items())
    restored = time.monotonic() - started
    size = sum(len(value or b"") for value in rows.values())
    scale = 100_000 / count
    print(f"recovery: {count} articles, {len(rows)} rows, {size / count:.0f} bytes an article")
    print(f"  clustering them took {clustered:.1f} s ({count / clustered:.0f} articles/s, in the bench's own process)")
    print(
        f"  read {fetched:.2f} s + rebuild {restored - fetched:.2f} s = {restored * scale:.1f} s per 100,000 articles"
    )


async def backlog(settings: Settings, count: int, folder: Path) -> None:
    """Hundreds of thousands of small records before the clean stage: what its processes hold in memory meanwhile."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, linger_ms=50, max_batch_size=524_288)
    await producer.start()
    topic = f"{settings.topic_prefix}.articles.raw"
    text = "The ferry of Lindvik was closed on Monday, the authorities said, and nobody was hurt in the harbour. " * 4
    started = time.monotonic()
    for number in range(count):
        await producer.send(topic, codec.encode(RawArticle(id=f"b{number}", content=text)), key=b"%d" % (number % 64))
    await producer.stop()
    print(f"backlog: {count} records written in {time.monotonic() - started:.0f} s")
    names = ("broker", "topic_prefix", "session_timeout")
    env = {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(  # noqa: ASYNC220 - starting it does not block
            [sys.executable, "-m", "streams", "worker", "clean"],
            env={**os.environ, **env, "STREAMS_DATA_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await asyncio.sleep(15)
        first, done_first, at = rss(worker.pid), await published(settings), time.monotonic()
        await asyncio.sleep(30)
        last, done_last = rss(worker.pid), await published(settings)
        rate = (done_last - done_first) / (time.monotonic() - at)
    finally:
        worker.terminate()
        worker.wait()
    print(f"  worker's RSS after 15 s {first:.0f} MiB, after 45 s {last:.0f} MiB; {rate:.0f} articles/s meanwhile")


async def published(settings: Settings) -> int:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        parts = [TopicPartition(f"{settings.topic_prefix}.articles.clean", n) for n in range(settings.partitions)]
        return sum((await consumer.end_offsets(parts)).values())
    finally:
        await consumer.stop()


def rss(pid: int) -> float:
    """MiB of the process itself, its pool not counted (that holds one batch at most)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--backlog", type=int, default=300_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, KafkaBroker(data_dir=Path(name) / "kafka") as broker:
        settings = load(broker=f"kafka://{broker.bootstrap}", topic_prefix="bench", session_timeout=6)
        await provision.apply(settings)
        await recovery(settings, chosen.articles)
        await backlog(settings, chosen.backlog, Path(name))


if __name__ == "__main__":
    asyncio.run(main())
