"""Reading Kafka for the dashboard: the decision log into the index, and how the stages do. No consumer group.

The log is read from where the index stands, which may have been kept from the last start (see ``store.database``).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Rejection
from streams.contracts.topics import Topic, prefixed
from streams.contracts.topology import DEAD_LETTERS, REJECTIONS, STORY_EVENTS, TOPOLOGY
from streams.dashboard.follow.broadcast import Broadcaster, encode_offsets
from streams.dashboard.follow.health import OUTPUTS, Health
from streams.dashboard.follow.resume import misfit, proof
from streams.dashboard.store import database
from streams.dashboard.store.database import Bookmark, Proof
from streams.dashboard.store.index import Index
from streams.dashboard.store.projection import project
from streams.kafka import offsets
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import client_options
from streams.query.times import showable
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


class LogConsumer:
    """Keeps the index and the health up with Kafka until cancelled. Where Kafka goes away, it waits for it."""

    def __init__(self, settings: Settings, index: Index, broadcaster: Broadcaster, health: Health) -> None:
        self._prefix, self._settings = settings.topic_prefix, settings
        self._index, self._hub, self._health = index, broadcaster, health
        self._reader = LogReader(settings)
        self._log = STORY_EVENTS.full_name(settings.topic_prefix)
        #: Partition of the log → the last record read.
        self._last: dict[int, Proof] = {}
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
        """Every decision of the log after what the index holds; of the whole log, where the index is of another one."""
        first = await self._resume()
        async with aclosing(self._reader.batches(self._log, after=dict(self._index.offsets), most=_AT_ONCE)) as batches:
            async for batch in batches:
                if batch:
                    try:
                        self._take_all(first, batch)
                    except sqlite3.DatabaseError as error:
                        if not _is_broken(error):
                            raise
                        log.warning("the index is broken, the log is read again into a private one: %s", error)
                        self._index.use(database.private())
                        self._health.kept, self._replaced = False, True
                        return
                if self._replaced:
                    log.warning("the log began anew; reading it again")
                    return
                # An old record may be the log's last: then the next batch is empty.
                behind = bool(batch) and time.time() - batch[-1].timestamp / 1000 > _EVERY
                if not behind:
                    self._hub.set_status(caught_up=True)
                await asyncio.sleep(0)

    async def _resume(self) -> FirstDecisions:
        """Make ready to go on where the index stands in the log, or from its beginning; what has been seen so far."""
        found = self._index.bookmark()
        if found is not None and found.offsets and not self._replaced:
            why = await misfit(found, self._log, self._reader)
            if not why:
                self._hub.set_status(caught_up=False)
                self._last = {each.partition: each for each in found.proofs}
                self._health.resume(found.at, encode_offsets(self._index.offsets), found.skipped, found.last_skipped)
                return FirstDecisions(found.seen)
            log.warning("the kept index is of another log (%s); the log is read from its beginning", why)
        first = FirstDecisions()
        self._start_anew()
        self._index.keep(self._bookmark(first))
        return first

    def _start_anew(self) -> None:
        if self._index.offsets or self._replaced:
            self._hub.began_anew()
        self._index.clear()
        self._last.clear()
        self._health.begin_anew()
        self._replaced = False
        self._hub.set_status(caught_up=False)

    def _take_all(self, first: FirstDecisions, batch: Sequence[ConsumerRecord]) -> None:
        """Take the records in with the bookmark after them, or none of it."""
        changed: list[str] = []
        last: dict[int, ConsumerRecord] = {}
        with self._index.together():
            for record in batch:
                if record.offset <= self._index.offsets.get(record.partition, -1):
                    self._replaced = True
                    break
                changed += self._take(first, record)
                if record.value is not None:
                    last[record.partition] = record
            self._last |= {partition: proof(record) for partition, record in last.items()}
            self._index.keep(self._bookmark(first))
        self._health.read += len(batch)
        self._hub.changed(changed)

    def _bookmark(self, first: FirstDecisions) -> Bookmark:
        return Bookmark(
            format=database.version(),
            at=self._hub.clock(),
            offsets=tuple(sorted(self._index.offsets.items())),
            proofs=tuple(self._last.values()),
            seen=first.seen,
            skipped=self._health.skipped,
            last_skipped=self._health.last_skipped,
        )

    def _take(self, first: FirstDecisions, record: ConsumerRecord) -> list[str]:
        """Take one record in; ids of the stories that changed."""
        place = Position(topic=record.topic, partition=record.partition, offset=record.offset)
        try:
            decision = first.accept(record)
            if decision is not None:
                source = headers.source_position(record.headers)
                arrived = showable(record.timestamp / 1000)
                update = project(decision, self._index.lookup, arrived=arrived, source=source)
                return self._index.write(update, place)
        except Exception as error:  # whatever one record brings about, those behind it are shown
            if isinstance(error, sqlite3.OperationalError) or _is_broken(error):
                raise  # the disk is full, say: no fault of the record's, and it is taken in once that has passed
            self._health.skip(f"{record.partition}:{record.offset}")
            if self._health.skipped <= _TOLD:
                log.warning(
                    "the log's record at %s:%s is skipped: %s", record.partition, record.offset, type(error).__name__
                )
        self._index.offsets[record.partition] = record.offset
        return []

    async def _watch_topic(self, topic: Topic) -> None:
        """Tell health what a topic gets, from a little before its end on."""
        name = topic.full_name(self._prefix)
        async with aclosing(self._reader.batches(name, tail=_LOOK_BACK, most=500)) as batches:
            async for batch in batches:
                for record in batch:
                    try:
                        self._count(topic, record)
                    except Exception as error:  # a record of anybody's: it is not counted, the next ones are
                        log.info(
                            "%s, the record at %s:%s: %s", name, record.partition, record.offset, type(error).__name__
                        )
                await asyncio.sleep(0)

    def _count(self, topic: Topic, record: ConsumerRecord) -> None:
        at = showable(record.timestamp / 1000)
        if topic is DEAD_LETTERS:
            self._health.died(record.headers)
        elif topic is REJECTIONS:
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
        picked = await self._reader.pick(self._log, [(each.partition, each.offset) for each in last.values()])
        missing: list[TopicPartition] = []
        for each in last.values():
            record = picked.get((each.partition, each.offset))
            if record is None:
                missing.append(TopicPartition(self._log, each.partition))
            elif proof(record) != each:
                return False
        ends = await consumer.end_offsets(missing) if missing else {}
        return all(end > last[where.partition].offset for where, end in ends.items())

    async def _look(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        topics = {stage: row.input.full_name(self._prefix) for stage, row in TOPOLOGY.items()}
        known = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(topics.values()))}
        for stage, topic in topics.items():
            partitions = [TopicPartition(topic, each["partition"]) for each in known.get(topic, [])]
            if not partitions:
                continue
            ends = await consumer.end_offsets(partitions)
            self._health.committed(
                stage,
                {each.partition: end for each, end in ends.items()},
                await offsets.committed(admin, prefixed(stage, self._prefix), partitions),
                self._hub.clock(),
            )


def _is_broken(error: Exception) -> bool:
    """Whether the database is (a broken file is this class itself), not what was to be written to it."""
    return type(error) is sqlite3.DatabaseError


def _reason(value: bytes | None) -> str:
    try:
        return codec.decode(Rejection, value or b"").reason
    except codec.DecodeError:
        return "unreadable"
