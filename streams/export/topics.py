"""The topics into a spool: articles, decisions and stories, each to the end that it has now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from aiokafka import ConsumerRecord

from streams.contracts import codec
from streams.contracts.records import Alert, Story, TaggedArticle
from streams.contracts.topics import Topic
from streams.contracts.topology import ALERTS, ARTICLES_TAGGED, STORIES, STORY_EVENTS
from streams.export.spool import Spool
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.settings import Settings

#: In this order: whoever clusters while we read gives us an article without its story, never the reverse.
READ = (STORIES, STORY_EVENTS, ARTICLES_TAGGED, ALERTS)


async def fill(
    spool: Spool, settings: Settings, *, progress: Callable[[Topic, int, int], None] = lambda *_: None
) -> Counter[str]:
    """Read everything into ``spool``; ``progress`` is told the topic, the records read of it, and how many there are.

    Returns:
        How many records of each topic could not be read, by its name: they are left out.
    """
    log = LogReader(settings)
    unreadable: Counter[str] = Counter()
    first = FirstDecisions()
    for topic in READ:
        name, read = topic.full_name(settings.topic_prefix), 0
        spans = await log.spans(name)
        total = sum(end - start for start, end in spans.values())
        for partition in sorted(spans):
            async for record in log.records(name, partition):
                try:
                    _take(spool, topic, record, first)
                except (ValueError, OverflowError, OSError):
                    # No record of this kind, a number beyond SQLite's, or a time beyond the calendar's.
                    unreadable[topic.name] += 1
                read += 1
                progress(topic, read, total)
    spool.finish()
    return unreadable


def _take(spool: Spool, topic: Topic, record: ConsumerRecord, first: FirstDecisions) -> None:
    if topic is STORY_EVENTS:
        decision = first.accept(record)
        if decision is not None:
            spool.decision(decision)
    elif record.value is None:
        if topic is STORIES:
            spool.gone((record.key or b"").decode(errors="replace"))
    elif topic is STORIES:
        spool.story(codec.decode(Story, record.value), changed=record.timestamp / 1000)
    elif topic is ALERTS:
        spool.alert(codec.decode(Alert, record.value))
    else:
        spool.article(codec.decode(TaggedArticle, record.value), arrived=record.timestamp / 1000)
