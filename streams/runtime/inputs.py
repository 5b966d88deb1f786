"""What the state of a partition says of the input topic that it was made from: Kafka's id of it, and its partitions.

Keys are hashed over the number of partitions. Where some were added, a key's records go to another partition, and what
is known of the key stays behind: a stage with such state does not go on by itself.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from streams.contracts import codec
from streams.contracts.records import Stage
from streams.contracts.topics import Topic
from streams.contracts.topology import TOPOLOGY
from streams.metrics import Metrics
from streams.runtime.messages import Outgoing, rows_out

logger = logging.getLogger(__name__)

#: The state row that says what input the partition's state was made from. Written once a life of the topic, hence near
#: the beginning of the partition, also after compaction.
INPUT_ROW = "meta/input"
_DOCS = "docs/how-to/operate.md#when-topics-change"


class PartitionsError(Exception):
    """The topics have other numbers of partitions than the state was made with: no start will mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """``id`` is None where the broker tells none; ``base`` where its records' places begin (``incarnation``).

    ``rebuilt``: the whole state topic was lost, so that a partition without rows is not one that is new.
    """

    partitions: int
    id: str | None
    base: int = 0
    rebuilt: bool = False

    def is_other(self, now: Input) -> bool | None:
        """Whether ``now`` is another topic of the same name; None: the ids do not tell."""
        return None if self.id is None or now.id is None else self.id != now.id


#: Stands first while rows are written anew: whoever finds it builds them from the logs.
UNFINISHED = Input(partitions=0, id=None)


class ShapeReader(Protocol):
    """What looking at topics needs of the cluster (``stage_reader.StageReader``)."""

    async def input(self, topic: str) -> Input: ...

    def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Any]: ...

    async def partitions(self, topic: str) -> list[int]: ...


def read(row: bytes | None) -> Input | None:
    """What a row says; None where there is none, or nonsense."""
    try:
        found = codec.loads(row) if row is not None else None
        if found is None:
            return None
        return Input(
            partitions=int(found["partitions"]), id=found["id"], base=int(found["base"]), rebuilt=found["rebuilt"]
        )
    except (codec.DecodeError, KeyError, TypeError, ValueError):
        return None


def row_out(topic: Topic, partition: int, made_from: Input) -> Outgoing:
    return rows_out(topic, partition, [(INPUT_ROW, codec.encode(asdict(made_from)))])[0]


async def recorded(reader: ShapeReader, state: str) -> Input | None:
    """What the first partition of a state topic that says so was made from. Reads what comes before that row."""
    for partition in await reader.partitions(state):
        async for record in reader.records(state, partition):
            found = read(record.value) if record.key == INPUT_ROW.encode() else None
            if found is not None and found != UNFINISHED:
                return found
    return None


async def compare(
    reader: ShapeReader, topic: str, state: str, row: bytes | None
) -> tuple[Input | None, Input, Input | None]:
    """What a partition's state was made from, by its ``row``; how the input topic is now; and what is known of the
    state topic: the first, or where there is none, what another partition says.

    Raises:
        PartitionsError: see ``check``.
    """
    was, now = read(row), await reader.input(topic)
    known = was if was and was != UNFINISHED else await recorded(reader, state)
    check(topic, now, known, {})
    return was, now, known


def check(topic: str, now: Input, was: Input | None, writes: Mapping[str, int]) -> None:
    """Whether a stage may go on with its state.

    Args:
        was: the input that the state was made from; None: nothing is known of it.
        writes: the topics that are written partition by partition as the input is, and how many each has.

    Raises:
        PartitionsError: keys have moved between partitions, or there is nowhere to write.
    """
    if was is not None and now.partitions != was.partitions:
        raise PartitionsError(
            f"{topic} has {now.partitions} partitions, but what this stage knows was made of {was.partitions}: keys "
            f"have moved away from what is known of them. Nothing is lost; what to do: {_DOCS}"
        )
    for name, count in writes.items():
        if count < now.partitions:
            raise PartitionsError(
                f"{topic} has {now.partitions} partitions, but {name}, which is written as it is read, only {count}. "
                f"Nothing is lost; what to do: {_DOCS}"
            )


async def check_at_start(reader: ShapeReader, stage: Stage, prefix: str, metrics: Metrics) -> None:
    """Compare the partitions of what a stage reads and writes, before its first record; say and count what differs.

    Raises:
        PartitionsError: see ``check``.
    """
    row = TOPOLOGY[stage]
    topic = row.input.full_name(prefix)
    now = await reader.input(topic)
    used = (*row.beside, *row.writes)
    counts = {each: len(await reader.partitions(each.full_name(prefix))) for each in used}
    for each, count in [(row.input, now.partitions), *counts.items()]:
        metrics.set("streams_topic_partitions", count, stage=stage, topic=each.name)
    kept = row.by_partition
    if kept:
        was = await recorded(reader, kept[0].full_name(prefix))
        check(topic, now, was, {written.full_name(prefix): counts[written] for written in kept})
    for each in row.beside:
        if counts[each] != now.partitions:
            raise PartitionsError(
                f"{topic} has {now.partitions} partitions, but {each.full_name(prefix)}, which is read with it, has "
                f"{counts[each]}: its keys would not be where the input's are. What to do: {_DOCS}"
            )
    other = [f"{written.name} {count}" for written, count in counts.items() if count != now.partitions]
    if other:
        logger.warning(
            "partitions were added to some topics: %s has %d, but %s; going on, as nothing here depends on it (%s)",
            topic, now.partitions, ", ".join(other), _DOCS,
        )  # fmt: skip


def tell_rebuilt(metrics: Metrics, stage: Stage, state: str, partition: int, rows: int) -> None:
    logger.warning("%s, partition %d, was lost: built anew from the logs, %d rows (%s)", state, partition, rows, _DOCS)
    metrics.count("streams_state_rebuilds_total", stage=stage)
