"""Does every input have an outcome? Counted by position, stage by stage, from the topics alone.

raw = cleaned + rejected + dead-lettered + waiting, and so on down: each record of a stage's input topic is looked up
among the source positions that the outputs carry in their headers. What is committed and has no outcome is missing,
and named. A topic that was deleted and made again counts from zero: an outcome is the input's only if it is of the same
article, or, of dead letters, of the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.contracts import codec, headers, limits
from streams.contracts.records import Decision, RawArticle, Stage
from streams.contracts.topics import Topic, prefixed
from streams.contracts.topology import DEAD_LETTERS, REJECTIONS, STAGES, TOPOLOGY
from streams.kafka import offsets
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import client_options
from streams.ops.dead_letters import NOTE
from streams.settings import Settings
from streams.stages.clean import article_id

#: Partition, offset and article id of an input that was published.
Published = tuple[int, int, str | None]


@dataclass(slots=True, kw_only=True)
class Account:
    """One stage's balance. ``missing`` names inputs (id, else topic:partition:offset) that are committed without an
    outcome; ``nothing`` counts inputs that rightly caused nothing (the same article again, a known retraction; of a
    sparse stage whatever it is through with)."""

    stage: Stage
    inputs: int = 0
    published: int = 0
    rejected: int = 0
    dead_letters: int = 0
    nothing: int = 0
    waiting: int = 0
    repeated: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        return not self.missing and self.inputs == (
            self.published + self.rejected + self.dead_letters + self.nothing + self.waiting
        )


async def reconcile(settings: Settings, stages: Sequence[Stage] = STAGES) -> list[Account]:
    """The accounts of ``stages``, from everything that the topics hold now."""
    log = LogReader(settings)
    rejected = await _rejected(log, settings)
    dead = await _dead(log, settings)
    accounts = []
    for stage in stages:
        row, account = TOPOLOGY[stage], Account(stage=stage)
        full = row.input.full_name(settings.topic_prefix)
        committed = await _committed(settings, stage, full)
        published, known = await _published(log, settings, row.output, sparse=row.sparse)
        # One input of a sparse stage may cause several outputs.
        account.repeated = 0 if row.sparse else sum(published.values()) - len(published)
        async for record in _records(log, full):
            where = (record.partition, record.offset)
            id_ = _raw_id(record) if row.input.record is RawArticle else _id(record, _id_field(row.input))
            account.inputs += 1
            if (*where, None if row.sparse else id_) in published:
                account.published += 1
            elif rejected.get((full, *where), set()) & {id_, None}:
                account.rejected += 1
            elif (full, *where, _digest(record.value)) in dead:
                account.dead_letters += 1
            elif record.offset >= committed.get(record.partition, 0):
                account.waiting += 1
            elif row.sparse or (row.log and id_ in known):
                account.nothing += 1
            else:
                account.missing.append(id_ or f"{full}:{record.partition}:{record.offset}")
        accounts.append(account)
    return accounts


async def _records(log: LogReader, name: str) -> AsyncIterator[ConsumerRecord]:
    for partition in await log.partitions(name):
        async for record in log.records(name, partition):
            yield record


async def _published(
    log: LogReader, settings: Settings, output: Topic, *, sparse: bool
) -> tuple[dict[Published, int], set[str]]:
    """How often each input was published (``sparse``: whatever its id); of decisions, the article ids that have one."""
    counts: dict[Published, int] = {}
    known: set[str] = set()
    first, decides = FirstDecisions(), output.record is Decision
    async for record in _records(log, output.full_name(settings.topic_prefix)):
        position = headers.source_position(record.headers)
        if position is not None:
            of = None if sparse else _id(record, _id_field(output))
            where = (position.partition, position.offset, of)
            counts[where] = counts.get(where, 0) + 1
        if decides:
            decision = first.accept(record)
            if decision is not None:
                known.add(decision.article_id)
    return counts, known


async def _rejected(log: LogReader, settings: Settings) -> dict[tuple[str, int, int], set[str | None]]:
    """The article ids that were rejected at each position; None where the rejection names none."""
    found: dict[tuple[str, int, int], set[str | None]] = {}
    async for record in _records(log, REJECTIONS.full_name(settings.topic_prefix)):
        position = headers.source_position(record.headers)
        if position is not None:
            where = (position.topic, position.partition, position.offset)
            found.setdefault(where, set()).add(_id(record) or None)
    return found


async def _dead(log: LogReader, settings: Settings) -> set[tuple[str, int, int, str]]:
    """Position of each dead letter's original, and the digest of its bytes."""
    found = set()
    async for record in _records(log, DEAD_LETTERS.full_name(settings.topic_prefix)):
        if NOTE not in dict(record.headers):
            about = headers.error_fields(record.headers)
            topic, partition, offset, digest = (
                about.get(name, "") for name in ("topic", "partition", "offset", "sha256")
            )
            if partition.isdigit() and offset.isdigit():
                found.add((topic, int(partition), int(offset), digest or _digest(record.value)))
    return found


def _digest(value: bytes | None) -> str:
    return hashlib.sha256(value or b"").hexdigest()


async def _committed(settings: Settings, stage: Stage, name: str) -> dict[int, int]:
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        log = LogReader(settings)
        where = [TopicPartition(name, partition) for partition in await log.partitions(name)]
        return await offsets.committed(admin, prefixed(stage, settings.topic_prefix), where)
    finally:
        await admin.close()


def _raw_id(record: ConsumerRecord) -> str | None:
    """The article id that cleaning gives the record, or None where it cannot be read."""
    try:
        return article_id(limits.decode(RawArticle, record.value or b""))
    except codec.DecodeError:
        return None


def _id_field(topic: Topic) -> str:
    """Where a topic's records have the id of what they are about."""
    return "article_id" if topic.record is Decision else "id"


def _id(record: ConsumerRecord, name: str = "id") -> str | None:
    try:
        value = codec.loads(record.value or b"")
    except codec.DecodeError:
        return None
    found = value.get(name) if isinstance(value, dict) else None
    # As the stages hold it: what they write carries the bounded id.
    return limits.bounded_id(found) if isinstance(found, str) else None
