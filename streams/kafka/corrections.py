"""People's corrections: sent to the stage that owns the stories, and read back with what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from aiokafka import AIOKafkaProducer

from streams.contracts import codec, headers, limits
from streams.contracts.records import Correction, Decision, Rejection
from streams.contracts.topics import Topic
from streams.contracts.topology import CORRECTIONS, REJECTIONS, STORY_EVENTS
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import producer_options
from streams.settings import Settings

T = TypeVar("T", Decision, Rejection)
logger = logging.getLogger(__name__)

#: Records before the end of a partition from which on an outcome is looked for: it may come before we look.
_TAIL = 1000


async def send(settings: Settings, correction: Correction) -> None:
    """Send a correction; returns once it is written.

    Raises:
        codec.DecodeError: it is beyond a limit.
    """
    value = codec.encode(correction)
    limits.decode(Correction, value)
    producer = AIOKafkaProducer(**producer_options(settings))
    try:
        await producer.start()
        await producer.send_and_wait(
            CORRECTIONS.full_name(settings.topic_prefix),
            value,
            key=CORRECTIONS.key_bytes(correction),
            headers=headers.make(Correction, correction.id, "mend"),
        )
    finally:
        await producer.stop()


async def decide(settings: Settings, correction: Correction, seconds: float) -> Decision | Rejection | None:
    """Send a correction, and what became of it; None: nothing after so many seconds.

    Raises:
        codec.DecodeError: it is beyond a limit; nothing is sent.
    """
    await send(settings, correction)
    return await outcome(settings, correction.id, seconds)


async def outcome(settings: Settings, correction_id: str, seconds: float) -> Decision | Rejection | None:
    """What became of a correction that was sent: its decision, or why it was refused; None: nothing yet.

    ``correction_id`` is one that ``Correction.id`` has in JSON as it is: letters, digits.
    """
    log, prefix, wanted = LogReader(settings), settings.topic_prefix, correction_id.encode()

    async def found(topic: Topic, kind: type[T], matches: Callable[[T], bool]) -> T:
        async for batch in log.batches(topic.full_name(prefix), tail=_TAIL):
            # Only what names it is decoded: of the thousands that are looked at hardly any.
            for value in (record.value for record in batch if record.value and wanted in record.value):
                with contextlib.suppress(codec.DecodeError):
                    if matches(each := codec.decode(kind, value)):
                        return each
        raise AssertionError("a topic is followed without end")

    def is_its_decision(each: Decision) -> bool:
        return each.correction is not None and each.correction.id == correction_id

    def is_its_refusal(each: Rejection) -> bool:
        return each.reason == "correction_refused" and each.id == correction_id

    tasks: list[asyncio.Task[Decision] | asyncio.Task[Rejection]] = [
        asyncio.create_task(found(STORY_EVENTS, Decision, is_its_decision)),
        asyncio.create_task(found(REJECTIONS, Rejection, is_its_refusal)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def decisions(settings: Settings) -> AsyncIterator[Decision]:
    """Every decision of the log, on articles and on corrections, a partition after the other. Records that are none are
    logged and left out."""
    log, topic, first = LogReader(settings), STORY_EVENTS.full_name(settings.topic_prefix), FirstDecisions()
    for partition in await log.partitions(topic):
        async for record in log.records(topic, partition):
            try:
                decision = first.accept(record)
            except codec.DecodeError as error:
                logger.warning("%s, the record at %s:%s is left out: %s", topic, partition, record.offset, error)
                continue
            if decision is not None:
                yield decision
