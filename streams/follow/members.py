"""Followers that share the sources by Kafka: a source belongs to a partition of the state, a partition to one member.

The group reads nothing by its offsets: what it shares out is who follows. Whoever gets a partition reads its rows to
the end and goes on; whoever loses one stops before the group goes on without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from streams.contracts.records import RawArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import ARTICLES_RAW, FOLLOWER, STATE_FOLLOW
from streams.follow.addresses import Resolver
from streams.follow.fetch import Fetcher, Outcome, Target
from streams.follow.pace import Clock, WallClock
from streams.follow.parsing import ListingParser
from streams.follow.share import Share, Tools
from streams.follow.sources import Source
from streams.follow.state import Known, Rows
from streams.kafka import admin, groups
from streams.kafka.errors import BrokerError
from streams.kafka.log_reader import LogReader
from streams.kafka.security import producer_options
from streams.metrics import Metrics
from streams.seed.outgoing import record_of, size_of_record
from streams.settings import Settings
from streams.stages.clean import host_of
from streams.text import digest

logger = logging.getLogger(__name__)

#: Seconds that a record may wait for its acknowledgement, retries included; between two lines of progress.
_REQUEST_SECONDS, _PROGRESS_SECONDS = 40, 30.0


def partition_of(source: Source, partitions: int) -> int:
    """The partition that a source belongs to: those of one host to one, so that one follower asks it for its lists."""
    return int(digest(host_of(source.url) or source.url), 16) % partitions


class KafkaLog:
    """Records to the topic of raw articles, rows to the state's; each awaited until every replica has it."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, largest_record: int) -> None:
        self._raw, self._state = (each.full_name(settings.topic_prefix) for each in (ARTICLES_RAW, STATE_FOLLOW))
        self._producer, self._largest = producer, largest_record

    async def publish(self, article: RawArticle) -> bool:
        """Send a raw record; False where the topic does not take one so large. Raises ``BrokerError``."""
        record = record_of(article, article.url or "", "follow")
        if size_of_record(record) > self._largest:
            return False
        await self._sent(self._raw, record.value, key=record.key, headers=record.headers)
        return True

    async def save(self, partition: int, rows: Rows) -> None:
        """Write rows of the state. Raises ``BrokerError``."""
        await asyncio.gather(
            *(self._sent(self._state, value, key=key.encode(), partition=partition) for key, value in rows.items())
        )

    async def _sent(self, topic: str, value: bytes | None, **options: Any) -> None:
        try:
            await self._producer.send_and_wait(topic, value, **options)
        except KafkaError as error:
            raise BrokerError(
                f"the broker failed: {error or type(error).__name__}. Start it again: it goes on where it was."
            ) from error


async def follow(
    settings: Settings,
    sources: Collection[Source],
    metrics: Metrics,
    *,
    clock: Clock | None = None,
    ready: Callable[[set[int]], None] = lambda _: None,
) -> None:
    """Follow the sources, as one of however many followers run, until cancelled.

    Args:
        ready: told of the partitions whenever the group has shared them out.

    Raises:
        BrokerError: Kafka fails, or topics are missing.
    """
    clock = clock or WallClock()
    async with _log(settings) as log, _tools(settings, log, metrics, clock) as tools:
        consumer = groups.member(settings, "follow", FOLLOWER, begins="latest")
        topic = STATE_FOLLOW.full_name(settings.topic_prefix)
        members = _Member(settings, sources, tools, consumer, topic, ready)
        try:
            await consumer.start()
            consumer.subscribe([topic], listener=members)
            await members.run(metrics)
        except KafkaError as error:
            raise BrokerError(f"the broker failed: {error or type(error).__name__}") from error
        finally:
            await members.leave()
            await consumer.stop()


class _Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """This follower in its group, and the shares that it has now."""

    def __init__(
        self,
        settings: Settings,
        sources: Collection[Source],
        tools: Tools,
        consumer: AIOKafkaConsumer,
        topic: str,
        ready: Callable[[set[int]], None],
    ) -> None:
        self._reader = LogReader(settings)
        self._sources, self._tools, self._consumer, self._topic, self._ready = sources, tools, consumer, topic, ready
        self._tasks: list[asyncio.Task[None]] = []
        self._shares: list[Share] = []

    async def run(self, metrics: Metrics) -> None:
        """Stay in the group; raises what a share raises."""
        last, told = self._tools.clock.time(), 0.0
        while True:
            # All is paused: this only says that we are alive.
            await self._consumer.getmany(timeout_ms=500)
            for task in self._tasks:
                if task.done():
                    await task
            now = self._tools.clock.time()
            if now - last >= _PROGRESS_SECONDS:
                last, told = now, self._progress(metrics, told, now - last)

    def _progress(self, metrics: Metrics, told: float, seconds: float) -> float:
        """A line of what came of it; the number of pages so far, of which ``told`` were there at the last line."""
        sources = sum(share.size for share in self._shares)
        failing = sum(share.failing for share in self._shares)
        metrics.set("streams_follow_source_entries", sources - failing, state="well")
        metrics.set("streams_follow_source_entries", failing, state="failing")
        sent = {kind: int(metrics.value("streams_follow_records_total", kind=kind)) for kind in KINDS}
        pages = sum(
            metrics.value("streams_follow_requests_total", target="page", outcome=outcome)
            for outcome in ("ok", "unchanged")
        )
        logger.info(
            "%d sources (%d failing), %d pages (%.1f a second): %d articles, %d revisions, %d retractions",
            sources, failing, pages, (pages - told) / seconds, *sent.values(),
        )  # fmt: skip
        return pages

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self.leave()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self.leave()
        assigned = list(assigned)
        self._consumer.pause(*assigned)
        partitions = {each.partition for each in assigned}
        # Restoring may take longer than the group waits for this to return.
        self._tasks = [asyncio.ensure_future(self._share(partition)) for partition in sorted(partitions)]
        logger.info("following partitions %s", ", ".join(map(str, sorted(partitions))) or "none")
        self._ready(partitions)

    async def leave(self) -> None:
        """Stop following; returns when nothing is under way any more."""
        tasks, self._tasks, self._shares = self._tasks, [], []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _share(self, partition: int) -> None:
        rows = await self._reader.rows(self._topic, partition)
        count = len(self._consumer.partitions_for_topic(self._topic) or ()) or 1
        mine = [source for source in self._sources if partition_of(source, count) == partition]
        share = Share(partition, mine, Known.restored(rows), self._tools)
        self._shares.append(share)
        try:
            await share.run()
        except ExceptionGroup as group:
            # One reason is enough to say, and every task of a share that ends by itself has the same: Kafka.
            raise group.exceptions[0] from None


#: What records may be to those who read them.
KINDS = ("article", "revision", "retraction")


@contextlib.asynccontextmanager
async def _log(settings: Settings) -> AsyncIterator[KafkaLog]:
    name = ARTICLES_RAW.full_name(settings.topic_prefix)
    limit = min(MAX_MESSAGE_BYTES, await admin.largest_record(settings, name) or MAX_MESSAGE_BYTES)
    producer = AIOKafkaProducer(
        **producer_options(settings),
        client_id="news-streams-follow",
        enable_idempotence=await admin.supports_idempotence(settings),
        linger_ms=5,
        max_batch_size=min(262_144, limit),
        max_request_size=limit,
        request_timeout_ms=_REQUEST_SECONDS * 1000,
    )
    try:
        await producer.start()
        yield KafkaLog(settings, producer, limit)
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def _tools(settings: Settings, log: KafkaLog, metrics: Metrics, clock: Clock) -> AsyncIterator[Tools]:
    def told(target: Target, outcome: Outcome, size: int) -> None:
        metrics.count("streams_follow_requests_total", target=target, outcome=outcome)
        metrics.count("streams_follow_bytes_total", size)

    for kind in KINDS:
        metrics.count("streams_follow_records_total", 0, kind=kind)
    resolver, parser = Resolver(), ListingParser()
    fetcher = Fetcher(settings, resolver, clock, told)
    try:
        yield Tools(
            settings=settings,
            fetcher=fetcher,
            parse=parser,
            log=log,
            clock=clock,
            late=lambda seconds: metrics.observe("streams_follow_late_seconds", seconds),
            sent=lambda kind: metrics.count("streams_follow_records_total", kind=kind),
        )
    finally:
        await fetcher.aclose()
        await parser.close()
        resolver.close()
