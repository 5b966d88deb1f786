"""`streams notify`: a notifier over Kafka, as one of however many that share the partitions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.contracts.records import Watch
from streams.contracts.topics import Topic
from streams.contracts.topology import ALERTS, NOTIFIER, STATE_NOTIFY
from streams.follow.addresses import Resolver
from streams.follow.pace import Clock, WallClock
from streams.kafka import admin, groups, watches
from streams.kafka.errors import BrokerError
from streams.kafka.log_reader import LogReader
from streams.kafka.security import producer_options
from streams.metrics import Metrics
from streams.notify.notifier import Notifier
from streams.notify.outbox import Outbox
from streams.notify.send import Sender
from streams.runtime.messages import Incoming, Outgoing, moment
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds between two looks at what is due.
_LOOK_SECONDS = 1.0


async def notify(
    settings: Settings,
    metrics: Metrics,
    *,
    clock: Clock | None = None,
    ready: Callable[[set[int]], None] = lambda _: None,
) -> None:
    """Send alerts, as one of however many notifiers run, until cancelled.

    Args:
        ready: told of the partitions whenever the group has shared them out.

    Raises:
        BrokerError: Kafka fails, or topics are missing.
    """
    clock = clock or WallClock()
    async with _producer(settings) as producer, _sender(settings, clock) as send:

        async def publish(out: list[Outgoing]) -> None:
            sent = [
                producer.send_and_wait(_name(settings, each.topic), each.value, key=each.key, partition=each.partition,
                                       headers=each.headers)
                for each in out
            ]  # fmt: skip
            await asyncio.gather(*sent)

        async def kept() -> dict[str, Watch]:
            return await watches.kept(settings)

        notifier = Notifier(settings, metrics, send, clock, publish=publish, kept=kept)
        consumer = groups.member(settings, "notify", NOTIFIER, begins="earliest")
        try:
            await consumer.start()
            consumer.subscribe([_name(settings, ALERTS)], listener=_Listener(notifier, ready))
            await _run(settings, consumer, notifier)
        except KafkaError as error:
            raise BrokerError(f"the broker failed: {error or type(error).__name__}") from error
        finally:
            await notifier.drop(list(notifier.outboxes))
            await consumer.stop()


async def _run(settings: Settings, consumer: AIOKafkaConsumer, notifier: Notifier) -> None:
    reader = LogReader(settings)
    while True:
        found = await consumer.getmany(timeout_ms=int(_LOOK_SECONDS * 1000), max_records=100)
        for each in consumer.assignment():
            if each.partition not in notifier.outboxes:
                rows = await reader.rows(_name(settings, STATE_NOTIFY), each.partition)
                notifier.outboxes[each.partition] = Outbox(rows)
        for where, records in found.items():
            # A partition that was lost meanwhile is the other's to work on.
            if where in consumer.assignment() and records:
                for record in records:
                    await notifier.take(incoming(record))
                await consumer.commit({where: records[-1].offset + 1})
        await notifier.look()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, notifier: Notifier, ready: Callable[[set[int]], None]) -> None:
        self._notifier, self._ready = notifier, ready

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._notifier.drop([each.partition for each in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = {each.partition for each in assigned}
        # Another may have written rows since.
        await self._notifier.drop(partitions)
        logger.info("sending the alerts of partitions %s", ", ".join(map(str, sorted(partitions))) or "none")
        self._ready(partitions)


def incoming(record: ConsumerRecord) -> Incoming:
    """The record as the notifier knows it. Nothing in a record makes this raise."""
    return Incoming(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=[(name, value or b"") for name, value in record.headers],
        at=moment(record.timestamp / 1000),
    )


def _name(settings: Settings, topic: Topic) -> str:
    return topic.full_name(settings.topic_prefix)


@contextlib.asynccontextmanager
async def _producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        **producer_options(settings),
        client_id="news-streams-notify",
        enable_idempotence=await admin.supports_idempotence(settings),
    )
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def _sender(settings: Settings, clock: Clock) -> AsyncIterator[Sender]:
    resolver = Resolver()
    sender = Sender(settings, resolver, clock.time)
    try:
        yield sender
    finally:
        await sender.aclose()
        resolver.close()
