"""The three agents on a real Kafka: equal to the offline pipeline over the same log, through stops and kills."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from datetime import UTC, datetime

from aiokafka import ConsumerRecord
from newsroom import (
    Workers,
    decisions,
    live_stories,
    members,
    raw_articles,
    records,
    seeds,
    send_raw,
    until,
    until_decided,
)

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, Rejection, Story, TaggedArticle
from streams.contracts.topology import PIPELINE, STAGES
from streams.pipeline import Cleaner, CleaningMemory, Clusterer, article_id, create_tagger


def by_partition(found):
    parts: dict[int, list[ConsumerRecord]] = {}
    for record in found:
        parts.setdefault(record.partition, []).append(record)
    return parts.values()


async def test_the_agents_equal_the_offline_pipeline_over_the_same_log(settings):
    """Byte for byte: the clean and tagged records, the decisions and the live stories."""
    articles = [*seeds(), *raw_articles(40)]
    await send_raw(settings, articles)
    with Workers(settings, env={"STREAMS_POOL_WORKERS": "2"}) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in articles], workers)
        assert workers.stop() == [0, 0, 0]

    cleaner = Cleaner(max_bytes=settings.max_article_bytes)
    cleaned = []
    for part in by_partition(await records(settings, "articles.raw")):
        memory = CleaningMemory()
        for record in part:
            raw = codec.decode(RawArticle, record.value)
            context, _ = memory.lookup_context(raw, record.offset)
            at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            outcome, _ = memory.assign_revision(raw, cleaner.clean(raw, context, received_at=at), record.offset)
            cleaned.append(codec.encode(outcome))
    clean_log = await records(settings, "articles.clean")
    assert sorted(record.value for record in clean_log) == sorted(cleaned)

    tagger = create_tagger(backend=settings.ner_backend, models_dir=settings.models_dir)
    tagged = [codec.encode(each) for each in tagger.tag([codec.decode(CleanArticle, r.value) for r in clean_log])]
    tagged_log = await records(settings, "articles.tagged")
    assert sorted(record.value for record in tagged_log) == sorted(tagged)

    decided = []
    stories: dict[str, bytes] = {}
    for part in by_partition(tagged_log):
        clusterer = Clusterer()
        for record in part:
            article = codec.decode(TaggedArticle, record.value)
            decision = clusterer.decide(article)
            if decision is not None:
                decided.append(codec.encode(decision))
                clusterer.apply(article, decision, record.offset)
        stories |= {story.id: codec.encode(story) for story in clusterer.stories()}
    assert [codec.encode(decision) for decision in await decisions(settings)] == decided
    assert await live_stories(settings) == stories

    seed_ids = {article_id(each) for each in seeds()}
    (story,) = [each for each in (codec.decode(Story, value) for value in stories.values())
                if seed_ids & {article.id for article in each.articles}]  # fmt: skip
    assert {article.id for article in story.articles} == seed_ids


async def test_stopped_with_sigterm_and_started_again_nothing_is_lost_or_twice(settings):
    """Acceptance: a worker goes on where it was."""
    articles = raw_articles(120)
    ids = sorted(article_id(each) for each in articles)
    await send_raw(settings, articles[:60])
    with Workers(settings) as workers:
        workers.start()

        async def under_way():
            return len(await decisions(settings)) >= 5

        await until(under_way, workers)
        assert workers.stop() == [0, 0, 0]
        await send_raw(settings, articles[60:])
        workers.start()
        await until_decided(settings, ids, workers)
        assert workers.stop() == [0, 0, 0]
    assert members((await live_stories(settings)).values()) == ids
    # A clean stop leaves nothing to be done again: every stage published each article exactly once.
    for topic in ("articles.clean", "articles.tagged"):
        assert sorted(codec.loads(record.value)["id"] for record in await records(settings, topic)) == ids


async def test_killed_outright_nothing_is_lost_or_twice_in_a_story(settings):
    articles = raw_articles(120)
    ids = sorted(article_id(each) for each in articles)
    await send_raw(settings, articles)
    with Workers(settings) as workers:
        workers.start()
        for reached in (1, 30):

            async def under_way(reached=reached):
                return len(await decisions(settings)) >= reached

            await until(under_way, workers)
            for stage in PIPELINE:
                workers.stop(stage, number=signal.SIGKILL)
                workers.start(stage)
        await until_decided(settings, ids, workers, seconds=120)
        assert workers.stop() == [0, 0, 0]
    assert members((await live_stories(settings)).values()) == ids
    assert Counter(decision.article_id for decision in await decisions(settings)) == dict.fromkeys(ids, 1)


async def test_bad_input_is_a_rejection_or_a_dead_letter_and_stops_nothing(settings):
    good = raw_articles(3)
    text = good[0].content
    rejected = [
        RawArticle(id="empty", content=""),
        RawArticle(id="blank", content=" \n\n "),
        RawArticle(id="large", content="A sentence that goes on. " * 800_000),  # 20 MB
        RawArticle(id="script", content="function f(a) { return a + 1; }\n" * 40 + "var x = f(2);\nlet y = 3;\n"),
        RawArticle(id="future", content=text, published="2525-01-01"),
        RawArticle(id="absurd", content=text, published="the day before yesterday-ish"),
        RawArticle(id="type", content=text, content_type="video/mp4"),
        RawArticle(id="bytes", content_base64="AAECAwQFBgcICQ=="),
    ]
    dead = [
        b"\xff\xfe\xfd",
        b'{"content": "caf\xe9"}',
        b'{"content": "cut o',
        b'{"content": 12}',
        b'{"title": "no content"}',
        b"[[[[",
        b"",
        None,
    ]
    await send_raw(settings, [*rejected, *dead, *good])
    with Workers(settings) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in good], workers)
        assert workers.stop() == [0, 0, 0]
    letters = await records(settings, "dead-letters")
    assert Counter(record.value for record in letters) == Counter(dead)
    assert all(dict(record.headers)["streams_error_message"] for record in letters)
    found = [codec.decode(Rejection, record.value) for record in await records(settings, "rejections")]
    assert Counter(each.id for each in found) == Counter(each.id for each in rejected)
    assert {each.id: each.reason for each in found}["large"] == "too_large"
    assert all(each.reason for each in found)
    assert len(await records(settings, "articles.clean")) == len(good)


async def test_a_worker_is_ready_over_http_and_serves_its_metrics(settings):
    import aiohttp

    from streams.kafka.local.process import free_port

    port = free_port()
    with Workers(settings, env={"STREAMS_HTTP_PORT": str(port)}) as workers:
        workers.start("cluster")

        async def ready():
            try:
                async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/ready") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(ready, workers, seconds=40)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/live") as answer:
                assert (await answer.json())["state"] == "ready"
            async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                assert "streams_records_total" in await answer.text()


async def test_a_supervisor_runs_all_stages_and_stops_them_together(settings):
    import os
    import subprocess
    import sys

    articles = raw_articles(5)
    await send_raw(settings, articles)
    names = ("broker", "topic_prefix", "data_dir", "session_timeout")
    env = {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}
    process = subprocess.Popen(  # noqa: ASYNC220 - starting it does not block
        [sys.executable, "-m", "streams", "worker"],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        await until_decided(settings, [article_id(each) for each in articles], Workers(settings))
    finally:
        process.terminate()
        _, said = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, said.decode()
    assert said.decode().count("stopped; everything in hand is published and committed") == len(STAGES), said.decode()
