"""What an operator does with a running pipeline, on a real Kafka: dead letters, reconciliation, replay, corrections."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from newsroom import Workers, live_stories, members, raw_articles, records, send_raw, until, until_decided

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, Story
from streams.contracts.topology import PIPELINE
from streams.ops import dead_letters
from streams.ops.dead_letters import LetterFilter
from streams.ops.reconcile import reconcile
from streams.ops.replay import replay
from streams.pipeline import article_id


async def letters_of(settings, **wanted):
    return [letter async for letter in dead_letters.letters(settings, LetterFilter(**wanted))]


async def test_dead_letters_are_listed_put_back_and_let_go(settings):
    good = raw_articles(2)
    await send_raw(settings, [b"junk one", b"junk two", b'{"content": 3}', *good])
    with Workers(settings) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in good], workers)

        async def three_letters():
            return len(await letters_of(settings)) == 3

        await until(three_letters, workers)
        (mistyped,) = await letters_of(settings, reason="$.content")
        assert (mistyped.stage, mistyped.value, mistyped.attempts) == ("clean", b'{"content": 3}', 1)
        assert mistyped.first_failure
        assert await letters_of(settings, stage="tag") == []

        (back,) = await dead_letters.replay(settings, LetterFilter(names=frozenset({mistyped.name})))
        assert back.name == mistyped.name

        async def came_back():
            """Not mended, so it is a letter again, from a new offset; the old one is marked."""
            found = await letters_of(settings, reason="$.content", all_states=True)
            return [letter.state for letter in sorted(found, key=lambda each: each.source_offset)] == [
                "replayed", "waiting",
            ]  # fmt: skip

        await until(came_back, workers)
        assert workers.stop() == [0, 0, 0]
    await dead_letters.purge(settings, LetterFilter(reason="junk"))  # the message says nothing of the bytes: no letter
    assert len(await letters_of(settings)) == 3
    gone, partitions = await dead_letters.purge(settings, LetterFilter(stage="clean"))
    assert len(gone) == 3
    assert partitions >= 1
    assert await letters_of(settings, all_states=True) == []


async def test_every_input_is_accounted_for_and_what_is_missing_is_named(settings):
    articles = raw_articles(12)
    again = articles[:3]
    bad: list[bytes | RawArticle] = [b"junk", RawArticle(id="empty", content="")]
    await send_raw(settings, [*articles, *bad, *again])
    with Workers(settings) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in articles], workers)

        async def settled():
            return all(account.waiting == 0 for account in await reconcile(settings, PIPELINE))

        await until(settled, workers)
        assert workers.stop() == [0, 0, 0]
    clean, tag, cluster = await reconcile(settings, PIPELINE)
    assert all(account.balanced for account in (clean, tag, cluster))
    assert (clean.inputs, clean.published, clean.rejected, clean.dead_letters) == (17, 15, 1, 1)
    assert (tag.inputs, tag.published) == (15, 15)
    assert (cluster.inputs, cluster.published, cluster.nothing) == (15, 12, 3)

    # A record that no stage ever saw: committed past, without an outcome.
    await _append_and_commit(settings, RawArticle(id="never-seen", content="x"))
    clean, *_ = await reconcile(settings, PIPELINE)
    assert clean.missing == ["never-seen"]
    assert not clean.balanced


async def _append_and_commit(settings, article):
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

    topic = f"{settings.topic_prefix}.articles.raw"
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers)
    await producer.start()
    sent = await producer.send_and_wait(topic, codec.encode(article), partition=0)
    await producer.stop()
    group = f"{settings.topic_prefix}.clean"
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.commit({TopicPartition(topic, 0): sent.offset + 1})
    await consumer.stop()


async def test_revisions_and_retractions_change_the_story_also_out_of_order(settings):
    first, second, third = raw_articles(11)[0], raw_articles(11)[5], raw_articles(11)[10]
    revised = dataclasses.replace(
        second, content=(second.content or "").replace("Nobody was hurt", "Two people were hurt")
    )
    early = RawArticle(id="late-arrival", retracted=True)
    late = dataclasses.replace(third, id="late-arrival")
    ids = [article_id(first), article_id(second)]
    with Workers(settings) as workers:
        workers.start()
        await send_raw(settings, [early])

        async def retraction_tagged():
            return len(await records(settings, "articles.tagged")) == settings.partitions

        await until(retraction_tagged, workers)
        await send_raw(settings, [first, second, late])
        await until_decided(settings, ids, workers)
        await send_raw(settings, [revised])

        async def revision_seen():
            found = [codec.decode(Story, value) for value in (await live_stories(settings)).values()]
            return any(article.revision == 1 for story in found for article in story.articles)

        await until(revision_seen, workers)
        assert members((await live_stories(settings)).values()) == sorted(ids)
        await send_raw(settings, [RawArticle(id=first.id, retracted=True), RawArticle(id=first.id, retracted=True)])

        async def taken_back():
            return members((await live_stories(settings)).values()) == [second.id]

        await until(taken_back, workers)
        assert workers.stop() == [0, 0, 0]
    revisions = [codec.decode(CleanArticle, record.value) for record in await records(settings, "articles.clean")]
    assert sorted(each.revision for each in revisions if each.id == second.id) == [0, 1]
    assert "late-arrival" not in members((await live_stories(settings)).values())


async def test_replay_rebuilds_the_same_stories_beside_the_running_ones(settings):
    articles = raw_articles(20)
    await send_raw(settings, articles)
    with Workers(settings) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in articles], workers)
        assert workers.stop() == [0, 0, 0]
    before = await records(settings, "story-events")
    same = await replay(settings, into=f"{settings.topic_prefix}-again", start=None)
    assert (same.articles, same.moved, same.precision, same.recall) == (20, 0, 1.0, 1.0)
    other = settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}-again"})
    assert {k: codec.loads(v) for k, v in (await live_stories(other)).items()} == {
        k: codec.loads(v) for k, v in (await live_stories(settings)).items()
    }
    everything = await replay(settings, into=f"{settings.topic_prefix}-clean", start=None, again="clean")
    assert everything.articles == 20
    later = await replay(settings, into=f"{settings.topic_prefix}-later", start=datetime.now(UTC) + timedelta(hours=1))
    assert (later.articles, later.only_running) == (0, 20)
    assert await records(settings, "story-events") == before


async def test_the_operators_commands_on_the_command_line(settings):
    """`dlq`, `doctor`, `explain`, `tail` and `replay` as programs: data on stdout, exit codes that tell."""
    import asyncio
    import os
    import sys

    names = ("broker", "topic_prefix", "partitions")
    env = {**os.environ, **{f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}}

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams", *arguments, env=env, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, out.decode(), err.decode()

    articles = raw_articles(6)
    await send_raw(settings, [b"junk", *articles])
    with Workers(settings) as workers:
        workers.start()
        await until_decided(settings, [article_id(each) for each in articles], workers)
        assert workers.stop() == [0, 0, 0]

    code, out, _ = await run("dlq", "ls", "--json")
    (letter,) = [codec.loads(line) for line in out.splitlines()]
    assert (code, letter["stage"], letter["state"], letter["value_base64"]) == (0, "clean", "waiting", "anVuaw==")
    code, out, _ = await run("dlq", "show", letter["name"])
    assert code == 0
    assert "junk" in out
    assert (await run("dlq", "show", "7:123"))[0] == 1
    assert (await run("dlq", "purge"))[0] == 2  # what to purge must be said
    assert (await run("dlq", "purge", "--all"))[0] == 0
    assert (await run("dlq", "ls", "--json"))[1] == ""

    code, out, _ = await run("doctor", "--json")
    assert code == 0
    checks = codec.loads(out)
    assert {each["check"]: each["ok"] for each in checks}["topics"] is True
    # One broker, one copy: it runs, but cannot keep every record. And nobody asks the watches.
    risks = {each["check"]: each["detail"] for each in checks if each["warning"]}
    assert risks == {
        "durable": "one copy only: a lost disk loses acknowledged records of every topic",
        "workers": "no worker of alert runs; 6 records wait",
    }
    assert risks["durable"] in (await run("topics", "apply"))[2]

    code, out, err = await run("export", "articles", "--outlet", "outlet 2")
    assert (code, err) == (0, "1 articles written\n")
    assert codec.loads(out)["id"] == articles[2].id
    assert codec.loads(out)["story_id"]

    code, out, _ = await run("explain", articles[5].id, "--json")
    found = codec.loads(out)
    assert code == 0
    assert {each["article_id"] for each in found["decisions"]} == {articles[5].id}
    assert articles[5].id in {each["id"] for each in found["story"]["articles"]}
    code, _, err = await run("explain", "nobody")
    assert code == 1
    assert "no decision about nobody" in err

    code, out, _ = await run("replay", "--into", f"{settings.topic_prefix}-r", "--json")
    assert (code, codec.loads(out)["moved"]) == (0, 0)
    code, _, err = await run("replay", "--into", settings.topic_prefix)
    assert code == 1
    assert "another prefix" in err
    code, _, err = await run("replay", "--into", f"{settings.topic_prefix}-r")
    assert code == 1
    assert "holds stories already" in err
