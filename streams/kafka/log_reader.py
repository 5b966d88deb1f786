"""Reading what stages wrote: state rows, decisions, any topic as it grows. Plain aiokafka, no consumer group.

Why state is not in Faust's tables: a stage's rows must be read back as of a known position and written from batches,
which tables forbid, and their recovery has open faults (see ARCHITECTURE.md). A compacted topic read to its end is all
that is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.kafka import offsets
from streams.kafka.security import client_options
from streams.settings import Settings

#: Records of the tail read at first; doubled until it reaches back far enough.
_FIRST_TAIL = 512
#: Bytes fetched for a single record; a larger record comes all the same (KIP-74). Longest wait for one, milliseconds.
_PICK_BYTES, _PICK_MS = 65_536, 2000
#: Bytes of a partition fetched at once by those who read on and on: bounds their buffers.
_BATCH_BYTES = 4 * 1024 * 1024


class FirstDecisions:
    """Keeps of each source position the first decision that the log holds: the rule by which everyone reads the log.

    A producer's retry, or a worker that had lost its partition and did not know yet, may write a second one.
    """

    def __init__(self, seen: Iterable[tuple[str, int, int]] = ()) -> None:
        """``seen``: what another one had seen, to go on after it."""
        self._seen: dict[tuple[str, int], int] = {(topic, partition): place for topic, partition, place in seen}

    @property
    def seen(self) -> tuple[tuple[str, int, int], ...]:
        """Topic, partition and last place of each source so far."""
        return tuple((topic, partition, place) for (topic, partition), place in self._seen.items())

    def accept(self, record: ConsumerRecord) -> Decision | None:
        """The record's decision, or None where an earlier record of its partition had this source offset."""
        position = headers.source_position(record.headers)
        if record.value is None:
            return None
        if position is not None:
            where = (position.topic, position.partition)
            if position.place <= self._seen.get(where, -1):
                return None
            self._seen[where] = position.place
        return codec.decode(Decision, record.value)


class LogReader:
    """Reads single partitions from any offset to the end that they had when asked. Opens a connection a call."""

    def __init__(self, settings: Settings) -> None:
        self._client = client_options(settings)

    async def rows(self, topic: str, partition: int) -> dict[str, bytes]:
        """The last value of every key of a compacted partition, in order of last writing; deleted keys are gone."""
        rows: dict[str, bytes] = {}
        async for record in self.records(topic, partition):
            key = (record.key or b"").decode()
            rows.pop(key, None)
            if record.value is not None:
                rows[key] = record.value
        return rows

    async def tail(
        self, topic: str, partition: int, source_topic: str, since: int, *beside: str
    ) -> list[tuple[Position, Decision]]:
        """The logged decisions in their order: those on records of the source topic from the place ``since`` on, and
        all on records of the topics ``beside`` it that were logged after the last one before that place.

        Where two records carry one source offset (a producer's retry, or a worker that lost its partition and did
        not know yet), the first is the decision.
        """
        start, end = await self._span(topic, partition)
        size = _FIRST_TAIL
        while True:
            found: dict[tuple[str, int], tuple[Position, Decision]] = {}
            reached = size >= end - start
            async for position, value in self._caused(topic, partition, max(start, end - size), source_topic, *beside):
                if position.topic == source_topic and position.place < since:
                    reached = True
                    continue
                found.setdefault((position.topic, position.place), (position, codec.decode(Decision, value)))
            if reached:
                return list(found.values())
            size *= 2

    async def history(
        self, topic: str, partition: int, *source_topics: str
    ) -> AsyncIterator[tuple[Position, Decision]]:
        """Every decision of a partition of the log, the first of each source position, with that position."""
        first = FirstDecisions()
        async for record in self.records(topic, partition):
            position = headers.source_position(record.headers)
            decision = first.accept(record)
            if decision is not None and position is not None and position.topic in source_topics:
                yield position, decision

    async def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        """Offset and value of every record that a partition holds from ``start`` on."""
        async for record in self.records(topic, partition, start):
            if record.value is not None:
                yield record.offset, record.value

    async def caused_by(self, topic: str, source_topic: str) -> AsyncIterator[tuple[Position, bytes]]:
        """Every record of a topic that one of the source topic's caused, with the position of that one."""
        for partition in await self.partitions(topic):
            async for position, value in self._caused(topic, partition, 0, source_topic):
                yield position, value

    async def _caused(
        self, topic: str, partition: int, start: int, *source_topics: str
    ) -> AsyncIterator[tuple[Position, bytes]]:
        async for record in self.records(topic, partition, start):
            position = headers.source_position(record.headers)
            if position is not None and position.topic in source_topics and record.value is not None:
                yield position, record.value

    async def newest_decision(self, topic: str, partition: int, source_topic: str) -> tuple[Position, Decision] | None:
        """The last decision of a partition of the log and the position of its source; None where there is none."""
        start, end = await self._span(topic, partition)
        size = _FIRST_TAIL
        while end > start:
            newest: tuple[Position, Decision] | None = None
            async for position, value in self._caused(topic, partition, max(start, end - size), source_topic):
                if newest is None or position.place > newest[0].place:
                    newest = position, codec.decode(Decision, value)
            if newest is not None or size >= end - start:
                return newest
            size *= 8
        return None

    async def holds(self, topic: str, partition: int, offset: int, matches: Callable[[bytes], bool]) -> bool:
        """Whether a partition may hold at ``offset`` what ``matches``: it does, or retention has taken it since."""
        start, end = await self._span(topic, partition)
        if offset >= end:
            return False
        if offset < start:
            return True
        found = await self.pick(topic, [(partition, offset)])
        return (partition, offset) in found and matches(found[partition, offset].value)

    async def _span(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset of a partition and the one after its last."""
        async with self._consumer() as consumer:
            where = TopicPartition(topic, partition)
            return (await consumer.beginning_offsets([where]))[where], (await consumer.end_offsets([where]))[where]

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        """The offset that a group has committed; None where it has none."""
        admin = AIOKafkaAdminClient(**self._client)
        try:
            await admin.start()
            return (await offsets.committed(admin, group, [TopicPartition(topic, partition)])).get(partition)
        finally:
            await admin.close()

    async def members(self, group: str) -> int:
        """How many consumers a group has now; 0 also where there is no such group."""
        admin = AIOKafkaAdminClient(**self._client)
        try:
            await admin.start()
            return await offsets.members(admin, group)
        finally:
            await admin.close()

    async def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        """Of each partition of a topic the first offset and the one after its last."""
        async with self._consumer(topic) as consumer:
            places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
            return {each.partition: (starts[each], ends[each]) for each in places}

    async def beginning(self, topic: str, partition: int) -> int:
        """The first offset that a partition still holds."""
        return (await self._span(topic, partition))[0]

    async def is_empty(self, topic: str, partition: int) -> bool:
        """Whether a partition holds no record."""
        start, end = await self._span(topic, partition)
        return start >= end

    async def partitions(self, topic: str) -> list[int]:
        """The partitions that a topic has."""
        async with self._consumer(topic) as consumer:
            return sorted(consumer.partitions_for_topic(topic) or ())

    async def follow(self, topic: str, *, from_now: bool = False) -> AsyncIterator[ConsumerRecord]:
        """Every record of every partition from the beginning (or only new ones), as they arrive. Never ends."""
        async with self._consumer(topic) as consumer:
            await (consumer.seek_to_end() if from_now else consumer.seek_to_beginning())
            async for record in consumer:
                yield record

    async def batches(
        self,
        topic: str,
        *,
        tail: int | None = None,
        after: Mapping[int, int] | None = None,
        most: int = 100,
        pause: float = 0.5,
    ) -> AsyncGenerator[list[ConsumerRecord], None]:
        """As ``follow``, in batches of at most ``most``, one empty batch where nothing came for ``pause`` seconds.

        ``tail`` begins that many records before the end of each partition instead of at the beginning; ``after`` after
        these offsets by partition, where a partition is in it.
        """
        async with self._consumer(topic, fetch_bytes=_BATCH_BYTES) as consumer:
            await consumer.seek_to_beginning()
            if tail is not None:
                assigned = list(consumer.assignment())
                starts = await consumer.beginning_offsets(assigned)
                ends = await consumer.end_offsets(assigned)
                for where in assigned:
                    consumer.seek(where, max(starts[where], ends[where] - tail))
            for partition, offset in (after or {}).items():
                consumer.seek(TopicPartition(topic, partition), offset + 1)
            while True:
                found = await consumer.getmany(timeout_ms=int(pause * 1000), max_records=most)
                yield [record for records in found.values() for record in records]

    async def pick(self, topic: str, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], ConsumerRecord]:
        """Single records by (partition, offset); places that the log no longer has are left out."""
        if not (wanted := sorted(places)):
            return {}  # a consumer that was assigned nothing cannot be stopped: it raises CancelledError
        async with self._consumer(fetch_bytes=_PICK_BYTES) as consumer:
            picked: dict[tuple[int, int], ConsumerRecord] = {}
            for partition, offset in wanted:
                where = TopicPartition(topic, partition)
                consumer.assign([where])
                if not (await consumer.beginning_offsets([where]))[where] <= offset:
                    continue
                consumer.seek(where, offset)
                found = await consumer.getmany(where, timeout_ms=_PICK_MS, max_records=1)
                for record in found.get(where, []):
                    if record.offset == offset and record.value is not None:
                        picked[partition, offset] = record
            return picked

    async def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[ConsumerRecord]:
        """Every record from ``start`` to the end that the partition has now."""
        async with self._consumer() as consumer:
            where = TopicPartition(topic, partition)
            consumer.assign([where])
            start = max(start, (await consumer.beginning_offsets([where]))[where])
            end = (await consumer.end_offsets([where]))[where]
            consumer.seek(where, start)
            while start < end:
                batches = await consumer.getmany(where, timeout_ms=500)
                for record in batches.get(where, []):
                    if record.offset < end:
                        yield record
                # Not the last record's offset: compaction leaves gaps, and the position steps over them.
                start = await consumer.position(where)

    @asynccontextmanager
    async def _consumer(self, *topics: str, fetch_bytes: int = MAX_MESSAGE_BYTES) -> AsyncIterator[AIOKafkaConsumer]:
        """One that is started, and stopped whatever happens: a start that fails leaves connections open, too."""
        consumer = AIOKafkaConsumer(
            *topics,
            **self._client,
            enable_auto_commit=False,
            max_partition_fetch_bytes=fetch_bytes,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
        except BaseException:
            # One that was assigned nothing yet raises CancelledError as it stops: what is wrong is what start said.
            with suppress(asyncio.CancelledError):
                await consumer.stop()
            raise
        try:
            yield consumer
        finally:
            await consumer.stop()
