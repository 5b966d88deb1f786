"""Dead letters: list, show, put back, and let go.

The topic is a log and stays one: putting a letter back, or letting it go, appends a note about it, so that who did what
when can be read, and no letter is put back twice by accident. Notes have no value and the headers below.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError

from streams.contracts.headers import ERROR_PREFIX, Headers, error_fields
from streams.contracts.topics import MAX_HEADER_BYTES, MAX_MESSAGE_BYTES, prefixed
from streams.contracts.topology import DEAD_LETTERS
from streams.kafka.log_reader import LogReader
from streams.kafka.security import client_options, producer_options
from streams.settings import Settings

NOTE = "streams_letter"
NOTE_PARTITION = "streams_letter_partition"
NOTE_OFFSET = "streams_letter_offset"

State = Literal["waiting", "replayed", "purged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter. ``partition`` and ``offset`` are its own; ``source_*`` are where its original stands."""

    partition: int
    offset: int
    state: State
    stage: str
    error: str
    message: str
    source_topic: str
    source_partition: int
    source_offset: int
    attempts: int
    first_failure: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    #: Only the beginning of an original that was too large for a dead letter: there is nothing to put back.
    reduced: bool = False

    @property
    def name(self) -> str:
        """How the commands name it: ``partition:offset``."""
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Which letters: of a stage, with an exception class, waiting or all, or by name."""

    stage: str | None = None
    reason: str | None = None
    names: frozenset[str] = frozenset()
    all_states: bool = False

    def accepts(self, letter: Letter) -> bool:
        return (
            (self.all_states or letter.state == "waiting")
            and (self.stage is None or letter.stage == self.stage)
            and (self.reason is None or self.reason.casefold() in f"{letter.error}: {letter.message}".casefold())
            and (not self.names or letter.name in self.names)
        )


def parse(record: ConsumerRecord, state: State = "waiting") -> Letter:
    """A record of the dead-letter topic; what a foreign writer left out is empty."""
    about = error_fields(record.headers)

    def text(name: str) -> str:
        return about.get(name, "")

    def number(name: str) -> int:
        return int(text(name)) if text(name).isdecimal() and len(text(name)) < 20 else -1

    return Letter(
        partition=record.partition,
        offset=record.offset,
        state=state,
        stage=text("stage"),
        error=text("exception"),
        message=text("message"),
        source_topic=text("topic"),
        source_partition=number("partition"),
        source_offset=number("offset"),
        attempts=number("attempts"),
        first_failure=text("first_failure"),
        key=record.key,
        value=record.value,
        headers=[(name, value) for name, value in record.headers if not name.startswith(ERROR_PREFIX)],
        reduced="reduced" in about,
    )


async def letters(settings: Settings, wanted: LetterFilter) -> AsyncIterator[Letter]:
    """The letters that the filter accepts, partition by partition, oldest first."""
    log = LogReader(settings)
    name = DEAD_LETTERS.full_name(settings.topic_prefix)
    partitions = await log.partitions(name)
    states: dict[str, State] = {}
    for partition in partitions:
        async for record in log.records(name, partition):
            note = _note(record)
            if note is not None:
                states[note[0]] = note[1]
    for partition in partitions:
        async for record in log.records(name, partition):
            if _note(record) is None:
                letter = parse(record, states.get(f"{record.partition}:{record.offset}", "waiting"))
                if wanted.accepts(letter):
                    yield letter


async def replay(settings: Settings, wanted: LetterFilter) -> list[Letter]:
    """Put the accepted letters back where their originals stood, as they were; returns them once acknowledged.

    A stage that has been mended will process them; one that has not will dead-letter them again.
    """
    done: list[Letter] = []
    async with _producer(settings) as producer:
        async for letter in letters(settings, wanted):
            if not letter.source_topic.startswith(prefixed("", settings.topic_prefix)) or letter.reduced:
                continue
            await producer.send_and_wait(letter.source_topic, letter.value, key=letter.key, headers=letter.headers)
            await _append_note(producer, settings, letter, "replayed")
            done.append(letter)
    return done


async def purge(settings: Settings, wanted: LetterFilter) -> tuple[list[Letter], int]:
    """Let the accepted letters go: note each, then have Kafka delete what stands before the first waiting one.

    Returns the letters, and how many partitions Kafka could delete from (0 where the broker cannot).
    """
    done: list[Letter] = []
    async with _producer(settings) as producer:
        async for letter in letters(settings, wanted):
            await _append_note(producer, settings, letter, "purged")
            done.append(letter)
    return done, await _truncate(settings) if done else 0


async def _truncate(settings: Settings) -> int:
    log = LogReader(settings)
    name = DEAD_LETTERS.full_name(settings.topic_prefix)
    waiting = [letter async for letter in letters(settings, LetterFilter())]
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        count = 0
        for partition in await log.partitions(name):
            # Notes go with the letters they are about only once nothing in any partition waits.
            kept = [letter.offset for letter in waiting if letter.partition == partition]
            before = min(kept) if kept else (-1 if not waiting else None)
            if before is None or before == 0:
                continue
            try:
                await admin.delete_records({TopicPartition(name, partition): RecordsToDelete(before_offset=before)})
            except KafkaError:
                continue
            count += 1
        return count
    finally:
        await admin.close()


def _note(record: ConsumerRecord) -> tuple[str, State] | None:
    found = dict(record.headers)
    # A dead letter keeps its original's headers, which may look like a note: what tells of a failure is none.
    if not {NOTE, NOTE_PARTITION, NOTE_OFFSET} <= found.keys() or ERROR_PREFIX + "stage" in found:
        return None
    state: State = "replayed" if found[NOTE] == b"replayed" else "purged"
    return f"{found[NOTE_PARTITION].decode()}:{found[NOTE_OFFSET].decode()}", state


async def _append_note(producer: AIOKafkaProducer, settings: Settings, letter: Letter, state: State) -> None:
    made = [
        (NOTE, state.encode()),
        (NOTE_PARTITION, str(letter.partition).encode()),
        (NOTE_OFFSET, str(letter.offset).encode()),
    ]
    name = DEAD_LETTERS.full_name(settings.topic_prefix)
    await producer.send_and_wait(name, None, key=letter.name.encode(), headers=made)


def _producer(settings: Settings) -> AIOKafkaProducer:
    return AIOKafkaProducer(**producer_options(settings), max_request_size=MAX_MESSAGE_BYTES + MAX_HEADER_BYTES)
