"""Reading Kafka for the dashboard: the decision log into the index, and how the stages do. No consumer group."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams import codec, headers
from streams.dashboard.health import INPUTS, OUTPUTS, Health
from streams.dashboard.index import Index
from streams.dashboard.live import Hub
from streams.dashboard.projection import project, showable
from streams.headers import Position
from streams.reading import FirstDecisions, LogReader
from streams.records import Rejection
from streams.security import client_options
from streams.settings import Settings

log = logging.getLogger(__name__)

#: Decisions taken in before the pages get a turn: some tens of milliseconds.
_AT_ONCE = 50
#: Records of each output topic that health looks back on at start, a partition.
_LOOK_BACK = 1_000
#: Seconds between two looks at the groups, longest for an answer, and the pause before a new connection.
_EVERY, _ANSWER, _PAUSE = 2.0, 5.0, 1.0
_FAILURES = (KafkaError, OSError, TimeoutError, AssertionError, sqlite3.OperationalError)
#: Unreadable records that are logged one by one; health counts them all.
_TOLD = 20


class Follower:
    """Keeps the index and the health up with Kafka until cancelled. Where Kafka goes away, it waits for it."""

    def __init__(self, settings: Settings, index: Index, hub: Hub, health: Health) -> None:
        self._prefix, self._settings = settings.topic_prefix, settings
        self._index, self._hub, self._health = index, hub, health
        self._reader = LogReader(settings)
        self._log = f"{settings.topic_prefix}.story-events"
        #: Partition of the log → offset and timestamp of the last record read.
        self._last: dict[int, tuple[int, int]] = {}
        self._replaced = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self._follow_log))
            tasks.create_task(self._forever(self._watch_groups))
            for topic in OUTPUTS:
                tasks.create_task(self._forever(partial(self._watch_topic, topic)))

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (*_FAILURES, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                # The client also cancels what waited on a connection that broke: nobody asked us to stop.
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise
                log.info("reading Kafka: %s: %s", type(error).__name__, error)
            await asyncio.sleep(_PAUSE)

    async def _follow_log(self) -> None:
        """Every decision from the beginning of the log. The index is emptied first: it may hold a part already."""
        first = FirstDecisions()
        self._start_anew()
        async for batch in self._reader.batches(self._log, most=_AT_ONCE):
            for record in batch:
                self._replaced = self._replaced or record.offset <= self._index.vector.get(record.partition, -1)
                if not self._replaced:
                    self._take(first, record)
            if self._replaced:
                log.warning("the log began anew; reading it again")
                return
            behind = bool(batch) and time.time() - batch[-1].timestamp / 1000 > _EVERY and len(batch) == _AT_ONCE
            if not behind:
                self._hub.set_status(caught_up=True)
            await asyncio.sleep(0)

    def _start_anew(self) -> None:
        if self._index.vector:
            self._index.clear()
            self._hub.began_anew()
        self._last.clear()
        self._replaced = False
        self._hub.set_status(caught_up=False)

    def _take(self, first: FirstDecisions, record: ConsumerRecord) -> None:
        place = Position(topic=record.topic, partition=record.partition, offset=record.offset)
        self._last[record.partition] = record.offset, record.timestamp
        try:
            decision = first.accept(record)
            if decision is not None:
                source = headers.source_position(record.headers)
                arrived = showable(record.timestamp / 1000)
                update = project(decision, self._index.lookup, arrived=arrived, source=source)
                self._hub.changed(self._index.write(update, place))
                return
        except sqlite3.OperationalError:
            raise  # the disk is full, say: no fault of the record's, and it is taken in once that has passed
        except Exception as error:  # whatever one record brings about, those behind it are shown
            self._health.skip(f"{record.partition}:{record.offset}")
            if self._health.skipped <= _TOLD:
                log.warning("the log's record at %s:%s is skipped: %.300r", record.partition, record.offset, error)
        self._index.vector[record.partition] = record.offset

    async def _watch_topic(self, name: str) -> None:
        """Tell health what a topic gets, from a little before its end on."""
        async for batch in self._reader.batches(f"{self._prefix}.{name}", tail=_LOOK_BACK, most=500):
            for record in batch:
                try:
                    self._count(name, record)
                except Exception as error:  # a record of anybody's: it is not counted, the next ones are
                    log.info("%s, the record at %s:%s: %.300r", name, record.partition, record.offset, error)
            await asyncio.sleep(0)

    def _count(self, name: str, record: ConsumerRecord) -> None:
        at = showable(record.timestamp / 1000)
        if name == "dead-letters":
            self._health.died(record.headers)
        elif name == "rejections":
            self._health.wrote(record.headers, at, rejected=_reason(record.value))
        else:
            self._health.wrote(record.headers, at)

    async def _watch_groups(self) -> None:
        """Look at what the stages have committed; also what tells that Kafka is away, and back."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(_ANSWER):
                    admin = AIOKafkaAdminClient(
                        **client_options(self._settings), request_timeout_ms=int(_ANSWER * 1000)
                    )
                    stack.push_async_callback(admin.close)
                    await admin.start()
                    consumer = AIOKafkaConsumer(
                        **client_options(self._settings), request_timeout_ms=int(_ANSWER * 1000)
                    )
                    stack.push_async_callback(consumer.stop)
                    await consumer.start()
                    self._replaced = self._replaced or not await self._same_log(consumer)
                while True:
                    async with asyncio.timeout(_ANSWER):
                        await self._look(admin, consumer)
                    self._hub.set_status(connected=True)
                    await asyncio.sleep(_EVERY)
            except (*_FAILURES, asyncio.CancelledError):
                self._hub.set_status(connected=False)
                raise

    async def _same_log(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether the log still has what was read last: a cluster that lost it, or another one, does not say so.

        Reading everything anew empties the pages for a while: only for a record that is another one now, or that lies
        beyond the log's end. One that merely cannot be had (a slow broker, retention) proves nothing.
        """
        last = dict(self._last)
        picked = await self._reader.pick(self._log, [(partition, offset) for partition, (offset, _) in last.items()])
        missing: list[TopicPartition] = []
        for partition, (offset, timestamp) in last.items():
            record = picked.get((partition, offset))
            if record is None:
                missing.append(TopicPartition(self._log, partition))
            elif record.timestamp != timestamp:
                return False
        ends = await consumer.end_offsets(missing) if missing else {}
        return all(end > last[where.partition][0] for where, end in ends.items())

    async def _look(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        topics = {stage: f"{self._prefix}.{name}" for stage, name in INPUTS.items()}
        known = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(topics.values()))}
        for stage, topic in topics.items():
            partitions = [TopicPartition(topic, each["partition"]) for each in known.get(topic, [])]
            if not partitions:
                continue
            ends = await consumer.end_offsets(partitions)
            # Partitions named one by one: the embedded broker's answer for "all" cannot be read.
            offsets = await admin.list_consumer_group_offsets(f"{self._prefix}.{stage}", partitions=partitions)
            committed = {each.partition: offsets[each].offset for each in partitions if each in offsets}
            self._health.committed(
                stage,
                {each.partition: end for each, end in ends.items()},
                {partition: offset for partition, offset in committed.items() if offset >= 0},
                self._hub.clock(),
            )


def _reason(value: bytes | None) -> str:
    try:
        return codec.decode(Rejection, value or b"").reason
    except codec.DecodeError:
        return "unreadable"
