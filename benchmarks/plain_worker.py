"""A stage's functions on plain aiokafka: read a batch, work, send, commit. Run: ``python plain_worker.py STAGE BROKER
PREFIX``.

What one would write first. It has no state that survives, no pool, no dead letters and no fence: a bad record ends it,
a crash loses what it knew of stories and revisions, and a redelivery decides again.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams import pipeline
from streams.contracts import codec, limits
from streams.contracts.records import CleanArticle, RawArticle, Rejection, Stage, TaggedArticle
from streams.contracts.topics import Topic
from streams.contracts.topology import ARTICLES_CLEAN, ARTICLES_TAGGED, REJECTIONS, STORIES, STORY_EVENTS, TOPOLOGY
from streams.settings import Settings, load

Made = tuple[Topic, bytes, bytes, int | None]


class Record(Protocol):
    """Of a record as any client gives it what the stages need."""

    @property
    def key(self) -> bytes: ...
    @property
    def value(self) -> bytes: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...


class Work:
    """What each stage makes of a batch of records: topic, key, value, and the partition where it is not the key's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cleaner = pipeline.Cleaner(max_bytes=settings.max_article_bytes)
        self._memories: dict[int, pipeline.CleaningMemory] = defaultdict(pipeline.CleaningMemory)
        self._clusterers: dict[int, pipeline.Clusterer] = defaultdict(pipeline.Clusterer)
        self._tagger: pipeline.Tagger | None = None

    def clean(self, records: Sequence[Record]) -> Iterable[Made]:
        for record in records:
            memory = self._memories[record.partition]
            raw = limits.decode(RawArticle, record.value)
            outcome = pipeline.clean_one(raw, record.offset, cleaner=self._cleaner, memory=memory)
            topic = REJECTIONS if isinstance(outcome, Rejection) else ARTICLES_CLEAN
            yield topic, (outcome.id or "").encode(), codec.encode(outcome), None

    def tag(self, records: Sequence[Record]) -> Iterable[Made]:
        if self._tagger is None:
            self._tagger = pipeline.create_tagger(
                backend=self._settings.ner_backend, models_dir=self._settings.models_dir
            )
        for article in self._tagger.tag([limits.decode(CleanArticle, record.value) for record in records]):
            yield ARTICLES_TAGGED, ARTICLES_TAGGED.key_bytes(article), codec.encode(article), None

    def cluster(self, records: Sequence[Record]) -> Iterable[Made]:
        for record in records:
            clusterer = self._clusterers[record.partition]
            article = limits.decode(TaggedArticle, record.value)
            decision = clusterer.decide(article)
            if decision is None:
                continue
            changes = clusterer.apply(article, decision, record.offset)
            yield STORY_EVENTS, record.key, codec.encode(decision), record.partition
            for story in changes.stories:
                yield STORIES, STORIES.key_bytes(story), codec.encode(story), None


async def run(stage: Stage, settings: Settings) -> None:
    consumer = AIOKafkaConsumer(
        TOPOLOGY[stage].input.full_name(settings.topic_prefix),
        bootstrap_servers=settings.bootstrap_servers,
        group_id=f"{settings.topic_prefix}.{stage}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=settings.batch_size,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, acks="all", linger_ms=5, max_batch_size=262_144
    )
    work = getattr(Work(settings), stage)
    async with consumer, producer:
        while True:
            polled = await consumer.getmany(timeout_ms=100, max_records=settings.batch_size)
            records = [record for batch in polled.values() for record in batch]
            sent = [
                await producer.send(topic.full_name(settings.topic_prefix), value, key=key, partition=partition)
                for topic, key, value, partition in work(records)
            ]
            await asyncio.gather(*sent)
            if records:
                await consumer.commit()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], load(broker=sys.argv[2], topic_prefix=sys.argv[3])))
