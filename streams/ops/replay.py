"""Rebuild stories beside the running ones: the logged articles again, through the stages as they are configured now.

Into topics of its own (another prefix), from the log alone, without touching the running pipeline; then the difference
between the two sets of stories, by B-cubed, which needs no gold: the running stories stand in for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from streams.contracts import codec, headers, limits
from streams.contracts.headers import Position
from streams.contracts.records import CleanArticle, Decision, RawArticle, Rejection, Stage, Story, TaggedArticle
from streams.contracts.redirects import resolve_redirect
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import STORIES, STORY_EVENTS, TOPOLOGY
from streams.kafka import provision
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import client_options, producer_options
from streams.pipeline import Cleaner, CleaningMemory, Clusterer, create_tagger
from streams.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed. ``precision`` and ``recall`` are B-cubed of the new stories against the running ones, over the
    articles that are in both; ``moved`` counts articles whose story mates are not the same."""

    articles: int
    running_stories: int
    new_stories: int
    moved: int
    precision: float
    recall: float
    only_running: int
    only_new: int


async def replay(
    settings: Settings,
    *,
    into: str,
    start: datetime | None,
    again: Stage = "cluster",
    progress: Callable[[int], None] = lambda _: None,
) -> Difference:
    """Replay into the topics of prefix ``into``; returns the difference to the running stories.

    Args:
        into: must differ from the running prefix; its topics are created, and must not hold stories yet.
        start: records before this time (Kafka's timestamps) are left out; None takes everything.
        again: the first stage to run again; the stages before it are taken as they are logged.
        progress: told of every article clustered.
    """
    if into == settings.topic_prefix:
        raise ValueError("--into must name another prefix than the running one (STREAMS_TOPIC_PREFIX)")
    target = settings.model_copy(update={"topic_prefix": into})
    await provision.apply(target)
    log = LogReader(settings)
    if await _stories(log, into):
        raise ValueError(f"{STORY_EVENTS.full_name(into)} holds stories already: take another prefix with --into")
    producer = AIOKafkaProducer(**producer_options(settings), linger_ms=20, max_request_size=MAX_MESSAGE_BYTES)
    try:
        await producer.start()
        name = TOPOLOGY[again].input.full_name(settings.topic_prefix)
        stages = _Stages(settings, again)
        clusterers: dict[int, Clusterer] = {}
        count = 0
        for partition in await log.partitions(name):
            clusterers.setdefault(partition, Clusterer(grain=settings.story_grain))
            async for record in _since(settings, name, partition, start):
                for article in stages.tagged(record):
                    # Languages never share stories: one clusterer a source partition clusters as the agents do
                    # wherever an input partition holds whole languages, and one for all does otherwise.
                    clusterer = clusterers[partition if again == "cluster" else 0]
                    position = Position(topic=name, partition=record.partition, offset=record.offset)
                    await _cluster(producer, into, clusterer, article, position, count)
                    count += 1
                    progress(count)
        await producer.flush()
    finally:
        await producer.stop()
    return difference(await _stories(log, settings.topic_prefix), await _stories(log, into))


def difference(running: dict[str, str], new: dict[str, str]) -> Difference:
    """Compare two assignments, article id → story id."""
    both = sorted(running.keys() & new.keys())
    old_mates, new_mates = _mates(running, both), _mates(new, both)
    precision = recall = 0.0
    moved = 0
    for article in both:
        old, fresh = old_mates[running[article]], new_mates[new[article]]
        shared = len(old & fresh)
        precision += shared / len(fresh)
        recall += shared / len(old)
        moved += old != fresh
    size = len(both) or 1
    return Difference(
        articles=len(both),
        running_stories=len(set(running.values())),
        new_stories=len(set(new.values())),
        moved=moved,
        precision=round(precision / size, 4) if both else 1.0,
        recall=round(recall / size, 4) if both else 1.0,
        only_running=len(running.keys() - new.keys()),
        only_new=len(new.keys() - running.keys()),
    )


def _mates(assignment: dict[str, str], articles: list[str]) -> dict[str, set[str]]:
    mates: dict[str, set[str]] = {}
    for article in articles:
        mates.setdefault(assignment[article], set()).add(article)
    return mates


class _Stages:
    """The stages from ``again`` on, over one logged record at a time."""

    def __init__(self, settings: Settings, again: Stage) -> None:
        self._again = again
        self._cleaner = Cleaner(max_bytes=settings.max_article_bytes) if again == "clean" else None
        self._memories: dict[int, CleaningMemory] = {}
        tags = again in ("clean", "tag")
        self._tagger = create_tagger(backend=settings.ner_backend, models_dir=settings.models_dir) if tags else None

    def tagged(self, record: ConsumerRecord) -> Iterator[TaggedArticle]:
        """The record's article as the cluster stage should see it; nothing for what is undecodable or rejected."""
        try:
            if self._tagger is None:
                yield limits.decode(TaggedArticle, record.value or b"")
                return
            article = self._clean(record) if self._cleaner else limits.decode(CleanArticle, record.value or b"")
        except codec.DecodeError:
            return
        if isinstance(article, CleanArticle):
            yield from self._tagger.tag([article])

    def _clean(self, record: ConsumerRecord) -> CleanArticle | Rejection:
        assert self._cleaner is not None
        raw = limits.decode(RawArticle, record.value or b"")
        memory = self._memories.setdefault(record.partition, CleaningMemory())
        context, _ = memory.lookup_context(raw, record.offset)
        received = datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp > 0 else None
        return memory.assign_revision(raw, self._cleaner.clean(raw, context, received_at=received), record.offset)[0]


async def _cluster(
    producer: AIOKafkaProducer, into: str, clusterer: Clusterer, article: TaggedArticle, position: Position, number: int
) -> None:
    decision = clusterer.decide(article)
    if decision is None:
        return
    changes = clusterer.apply(article, decision, number)
    made = headers.make(Decision, f"{decision.article_id}@{position.offset}", "replay", position=position)
    await producer.send(
        STORY_EVENTS.full_name(into), codec.encode(decision), key=STORY_EVENTS.key_bytes(article), headers=made
    )
    for story in changes.stories:
        made = headers.make(Story, f"{story.id}@{position.offset}", "replay", position=position)
        await producer.send(STORIES.full_name(into), codec.encode(story), key=STORIES.key_bytes(story), headers=made)


async def _since(
    settings: Settings, name: str, partition: int, start: datetime | None
) -> AsyncIterator[ConsumerRecord]:
    log = LogReader(settings)
    offset = 0
    if start is not None:
        consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
        try:
            await consumer.start()
            where = TopicPartition(name, partition)
            found = (await consumer.offsets_for_times({where: int(start.timestamp() * 1000)}))[where]
        finally:
            await consumer.stop()
        if found is None:
            return
        offset = found.offset
    async for record in log.records(name, partition, offset):
        yield record


async def _stories(log: LogReader, prefix: str) -> dict[str, str]:
    """Article id → live story id, folded from a prefix's decision log."""
    name = STORY_EVENTS.full_name(prefix)
    story_of: dict[str, str] = {}
    redirects: dict[str, str] = {}
    first = FirstDecisions()
    for partition in await log.partitions(name):
        async for record in log.records(name, partition):
            decision = first.accept(record)
            for event in decision.events if decision else ():
                if event.type in ("created", "joined") and event.article_id:
                    story_of[event.article_id] = event.story_id
                elif event.type == "merged" and event.other_id:
                    redirects[event.story_id] = event.other_id
                elif event.type == "split":
                    story_of |= {member.id: event.story_id for member in event.moved}
                elif event.type == "retracted" and event.article_id:
                    story_of.pop(event.article_id, None)

    return {article: resolve_redirect(story, redirects.get) for article, story in story_of.items()}
