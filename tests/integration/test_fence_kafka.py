"""A worker that is stopped for longer than its session: another takes over, and waking it doubles nothing."""

from __future__ import annotations

import os
import signal
from collections import Counter

from aiokafka import AIOKafkaProducer
from newsroom import Workers, decisions, live_stories, members, records, until, until_decided

from streams.contracts import codec, headers
from streams.contracts.records import Story, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED, STORY_EVENTS
from streams.kafka.security import client_options
from streams.stages.cluster import fold


def article(number: int) -> TaggedArticle:
    place = ("Lindvik", "Port Assal", "Kestrel Bay", "San Telmo", "Ostrava Nova")[number % 5]
    return TaggedArticle(
        id=f"a-{number:05}",
        title=f"Ferry aground off {place}",
        text=f"A ferry ran aground off {place} in thick fog, the coast guard of {place} said in report {number}. " * 3,
        language="en",
        source=f"Outlet {number % 7}",
    )


async def send(settings, articles):
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        topic = ARTICLES_TAGGED.full_name(settings.topic_prefix)
        for number, each in enumerate(articles):
            await producer.send(topic, codec.encode(each), partition=number % settings.partitions)


async def test_a_worker_stopped_past_its_session_doubles_no_decision_when_it_wakes(settings):
    articles = [article(number) for number in range(1500)]
    await send(settings, articles)
    with Workers(settings) as workers:
        workers.start("cluster")

        async def under_way():
            return len(await decisions(settings)) >= 20

        await until(under_way, workers)
        (sleeper,) = workers.running["cluster"]
        os.kill(sleeper.pid, signal.SIGSTOP)
        before = len(await records(settings, STORY_EVENTS.name))
        assert before < len(articles), "it was to be stopped with work in hand"
        workers.start("cluster")
        await until_decided(settings, [each.id for each in articles], workers)
        os.kill(sleeper.pid, signal.SIGCONT)

        async def ended():
            return sleeper.poll() is not None

        await until(ended, workers, seconds=30)
        assert (sleeper.returncode, "FencedError" in workers.said()) == (1, True)
        workers.restart_fallen()

        async def back():
            return workers.said().count("ready to take records") == 3

        await until(back, workers)
        more = [article(number) for number in range(1500, 1560)]
        await send(settings, more)
        everything = [*articles, *more]
        await until_decided(settings, [each.id for each in everything], workers)
        assert workers.stop("cluster") == [0, 0]

    ids = sorted(each.id for each in everything)
    found = await decisions(settings)
    assert Counter(decision.article_id for decision in found) == dict.fromkeys(ids, 1)
    # What it may have written before it knew is the same decision once more, never another one.
    said: dict[tuple[int, int], set[bytes]] = {}
    for record in await records(settings, STORY_EVENTS.name):
        position = headers.source_position(record.headers)
        assert position is not None
        said.setdefault((position.partition, position.offset), set()).add(record.value)
    assert {len(values) for values in said.values()} == {1}
    live = await live_stories(settings)
    assert members(live.values())
    folded: dict[str, Story] = {}
    for decision in found:
        fold(folded, decision.events)
    counted = {id_: story.article_count for id_, story in folded.items()}
    assert {id_: codec.decode(Story, value).article_count for id_, value in live.items()} == counted
