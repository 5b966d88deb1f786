"""The topics in memory, and stages driven over them: what the tests of stages share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Decision, TaggedArticle
from streams.metrics import Metrics
from streams.runtime.inputs import INPUT_ROW, Input
from streams.runtime.messages import Incoming, Outgoing
from streams.runtime.pool import Failed, Pool
from streams.runtime.pool_work import Tag, cleaning_work, over_bytes
from streams.runtime.stages.clean import CleanStage
from streams.runtime.stages.cluster import ClusterStage
from streams.runtime.stages.stage import MessageStage
from streams.settings import load

SENTENCES = (
    "The harbour of Lindvik was closed on Monday after a ferry ran aground in thick fog, the coast guard said.",
    "Divers found no leak in the hull and the two hundred passengers were taken ashore by fishing boats at noon.",
    "The operator said that the vessel would be towed free at high tide and that an inquiry had been opened.",
)
BODY = "\n\n".join(SENTENCES)


class Log:
    """The topics, as far as restoring needs them: what was published is what is read back."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.inputs: dict[int, bytes] | None = None
        self.sent: dict[str, dict[int, Any]] = {}
        #: Topic → partition → the offset that the group has committed: of batches that were let go.
        self.let_go: dict[str, dict[int, int]] = {}
        #: What every topic looks like; ``counts``: those that have another number of partitions.
        self.shape = Input(partitions=1, id=None)
        self.counts: dict[str, int] = {}

    def take(self, phase: Sequence[Outgoing]) -> None:
        self.published += phase

    @property
    def told(self) -> list[Outgoing]:
        """What was published but for the rows that say what the state was made from."""
        return [out for out in self.published if out.key != INPUT_ROW.encode()]

    def on(self, topic: str) -> list[Outgoing]:
        return [out for out in self.published if out.topic.name == topic]

    def _caused(self, topic: str, *source_topics: str) -> Iterator[tuple[Position, Outgoing]]:
        """What stands in ``topic`` (its full name) because of records of ``source_topics``, with their positions."""
        for out in self.on(topic.removeprefix("news.")):
            position = headers.source_position(out.headers)
            if position is not None and position.topic in source_topics:
                yield position, out

    async def rows(self, topic: str, partition: int) -> dict[str, bytes]:
        rows: dict[str, bytes] = {}
        for out in self.on(topic.removeprefix("news.")):
            if out.partition == partition:
                key = (out.key or b"").decode()
                rows.pop(key, None)
                if out.value is not None:
                    rows[key] = out.value
        return rows

    async def tail(
        self, topic: str, partition: int, source_topic: str, since: int, *beside: str
    ) -> list[tuple[Position, Decision]]:
        found = dict[tuple[str, int], tuple[Position, Decision]]()
        async for position, decision in self.history(topic, partition, source_topic, *beside):
            if position.topic == source_topic and position.place < since:
                found = {key: pair for key, pair in found.items() if key[0] == source_topic}
            else:
                found.setdefault((position.topic, position.place), (position, decision))
        return list(found.values())

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        return self.let_go.get(topic, {}).get(partition)

    async def newest_decision(self, topic: str, partition: int, source_topic: str) -> tuple[Position, Decision] | None:
        found = [each async for each in self.history(topic, partition, source_topic)]
        return max(found, key=lambda one: one[0].place, default=None)

    async def history(
        self, topic: str, partition: int, *source_topics: str
    ) -> AsyncIterator[tuple[Position, Decision]]:
        for position, out in self._caused(topic, *source_topics):
            if out.partition == partition:
                yield position, codec.decode(Decision, out.value or b"")

    async def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        for offset, value in (self.sent.get(topic, {}) if self.inputs is None else self.inputs).items():
            if offset >= start:
                yield offset, value

    async def input(self, topic: str) -> Input:
        return self.shape

    async def partitions(self, topic: str) -> list[int]:
        return list(range(self.counts.get(topic, self.shape.partitions)))

    async def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Any]:
        for key, value in (await self.rows(topic, partition)).items():
            yield SimpleNamespace(key=key.encode(), value=value)

    async def caused_by(self, topic: str, source_topic: str) -> AsyncIterator[tuple[Position, bytes]]:
        for position, out in self._caused(topic, source_topic):
            if out.value is not None:
                yield position, out.value

    async def holds(self, topic: str, partition: int, offset: int, matches: Callable[[bytes], bool]) -> bool:
        """``inputs``: what the topic holds now, by offset; None: what it always held."""
        return self.inputs is None or (offset in self.inputs and matches(self.inputs[offset]))


class Inline(Pool[Any, Any]):
    """A pool without processes; an item whose work raises is a failure, as in the real one."""

    def __init__(self, work: Callable[[list[Any]], list[Any]]) -> None:
        self.work = work

    async def run(self, items: Sequence[Any]) -> list[Any]:
        results: list[Any] = []
        for item in items:
            try:
                results += self.work([item])
            except Exception as error:
                results.append(Failed(type(error).__name__, str(error)))
        return results


def tagging(tag: Tag) -> Inline:
    """The tag stage's pool without processes, over this way to tag."""
    return Inline(over_bytes(tag))


def message(
    topic: str,
    offset: int,
    value: object,
    *,
    partition: int = 0,
    key: bytes | None = b"k",
    extra: Sequence[tuple[str, bytes]] = (),
) -> Incoming:
    data = value if isinstance(value, bytes) or value is None else codec.encode(value)
    at = datetime(2025, 9, 19, 12, tzinfo=UTC)
    return Incoming(
        topic=f"news.{topic}", partition=partition, offset=offset, key=key, value=data, headers=list(extra), at=at
    )


async def drive(stage: MessageStage, log: Log, batch: Sequence[Incoming], *, stop_after: int | None = None) -> None:
    """Publish the phases of a batch; ``stop_after`` leaves after so many records, as a kill does."""
    for one in batch:
        log.sent.setdefault(one.topic, {})[one.offset] = one.value
    async for phase in stage.process(batch):
        for out in phase:
            if stop_after is not None and len(log.published) >= stop_after:
                return
            log.take([out])
    for one in batch:
        log.let_go.setdefault(one.topic, {})[one.partition] = one.offset + 1


def clean_stage(log: Log, metrics: Metrics, **settings: object) -> CleanStage:
    stage = CleanStage(load(**settings), metrics, log)
    stage.pool = Inline(cleaning_work(10_000_000))
    return stage


TOPICS = {
    "ferry": ("Ferry aground off Lindvik", BODY),
    "budget": (
        "Parliament passes the budget",
        "Parliament in Ostland passed the yearly budget on Tuesday by a vote. " * 4,
    ),
}


def tagged(n: int) -> TaggedArticle:
    topic = "ferry" if n % 3 else "budget"
    title, text = TOPICS[topic]
    return TaggedArticle(id=f"{topic}-{n}", title=f"{title} ({n})", text=f"{text} Report number {n}.", language="en")


def cluster_stage(log: Log, metrics: Metrics | None = None) -> ClusterStage:
    return ClusterStage(load(), metrics or Metrics(), log)


def article(id_: str, words: str = "harbour ferry fog") -> TaggedArticle:
    return TaggedArticle(id=id_, title=f"{words} {id_}", text=f"{words} in {id_}. {BODY}", language="en")


def decided(log: Log) -> list[str]:
    return [codec.decode(Decision, out.value or b"").article_id for out in log.on("story-events")]


async def run(log: Log, articles: list[TaggedArticle], start: int = 0) -> None:
    stage = ClusterStage(load(), Metrics(), log)
    await drive(stage, log, [message("articles.tagged", start + n, one) for n, one in enumerate(articles)])
