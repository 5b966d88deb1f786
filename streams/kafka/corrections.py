"""People's corrections: sent to the stage that owns the stories, and read back with what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaProducer

from streams.contracts import codec, headers, limits
from streams.contracts.records import Correction, Decision, Rejection
from streams.contracts.topology import CORRECTIONS, REJECTIONS, STORY_EVENTS
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import client_options
from streams.settings import Settings

#: Records before the end of a partition from which on an outcome is looked for: it may come before we look.
_TAIL = 1000


async def send(settings: Settings, correction: Correction) -> None:
    """Send a correction; returns once it is written.

    Raises:
        codec.DecodeError: it is beyond a limit.
    """
    value = codec.encode(correction)
    limits.decode(Correction, value)
    producer = AIOKafkaProducer(**client_options(settings), acks="all")
    await producer.start()
    try:
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
    """What became of a correction that was sent: its decision, or why it was refused; None: nothing yet."""
    log, prefix = LogReader(settings), settings.topic_prefix

    async def decided() -> Decision:
        async for batch in log.batches(STORY_EVENTS.full_name(prefix), tail=_TAIL):
            for value in (record.value for record in batch if record.value):
                found = codec.decode(Decision, value)
                if found.correction is not None and found.correction.id == correction_id:
                    return found
        raise AssertionError("a log is followed without end")

    async def refused() -> Rejection:
        async for batch in log.batches(REJECTIONS.full_name(prefix), tail=_TAIL):
            for value in (record.value for record in batch if record.value):
                found = codec.decode(Rejection, value)
                if found.reason == "correction_refused" and found.id == correction_id:
                    return found
        raise AssertionError("a topic is followed without end")

    tasks: list[asyncio.Task[Decision] | asyncio.Task[Rejection]] = [
        asyncio.create_task(decided()),
        asyncio.create_task(refused()),
    ]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def decisions(settings: Settings) -> AsyncIterator[Decision]:
    """Every decision of the log, on articles and on corrections, a partition after the other."""
    log, topic, first = LogReader(settings), STORY_EVENTS.full_name(settings.topic_prefix), FirstDecisions()
    for partition in await log.partitions(topic):
        async for record in log.records(topic, partition):
            if (decision := first.accept(record)) is not None:
                yield decision
