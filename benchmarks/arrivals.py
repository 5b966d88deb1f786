"""A load appended to the raw articles, and when what became of each article arrives at a consumer."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import ARTICLES_RAW, DEAD_LETTERS, REJECTIONS, STORY_EVENTS
from streams.pipeline import article_id
from streams.settings import Settings
from streams.stages.clean import host_of

#: Seconds within which everything must have come to its end.
_PATIENCE = 600.0


@dataclass
class Arrivals:
    """When each article's end (decision, rejection, dead letter) came, by the id; read by a consumer of its own."""

    consumer: AIOKafkaConsumer
    at: dict[str, float] = field(default_factory=dict)
    failed: int = 0

    async def follow(self, prefix: str) -> None:
        async for record in self.consumer:
            if record.topic == DEAD_LETTERS.full_name(prefix):
                self.failed += 1
                self.at[f"dead letter {record.partition} {record.offset}"] = time.time()
                continue
            row = codec.loads(record.value)
            self.failed += record.topic == REJECTIONS.full_name(prefix)
            self.at.setdefault(row.get("article_id") or row["id"], time.time())

    async def until(self, count: int, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        """Returns when so many have come to their end; ends the bench where a worker has, or it takes too long."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.at) < count:
            if any(worker.poll() is not None for worker in workers) or time.monotonic() > deadline:
                raise SystemExit(f"{len(self.at)} of {count} articles came to an end; see the workers' log")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def following(settings: Settings) -> AsyncIterator[Arrivals]:
    """The ends of all articles, followed in the background."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    names = [topic.full_name(settings.topic_prefix) for topic in (STORY_EVENTS, REJECTIONS, DEAD_LETTERS)]
    consumer.assign([TopicPartition(name, n) for name in names for n in range(settings.partitions)])
    arrivals = Arrivals(consumer)
    task = asyncio.create_task(arrivals.follow(settings.topic_prefix))
    try:
        yield arrivals
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await consumer.stop()


async def append(settings: Settings, articles: Sequence[RawArticle], rate: float | None = None) -> dict[str, float]:
    """Send them, at this many a second or at once; when each was appended (seconds since the epoch), by its id."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, linger_ms=5, max_batch_size=262_144, max_request_size=30_000_000
    )
    await producer.start()
    topic, sent, begun = ARTICLES_RAW.full_name(settings.topic_prefix), {}, time.monotonic()
    try:
        for number, article in enumerate(articles):
            if rate is not None:
                await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
            sent[article_id(article)] = time.time()
            await producer.send(
                topic, codec.encode(article), key=(host_of(article.url) or article_id(article)).encode()
            )
    finally:
        await producer.stop()
    return sent
