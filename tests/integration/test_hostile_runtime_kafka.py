"""Hostile records on a real Kafka, supervised workers at default settings: each is accounted for, no stage ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from newsroom import Workers, decisions, raw_articles, records, until

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.pipeline import article_id

CODECS = ("gzip", "snappy", "lz4", "zstd")
#: Seconds from a cold start until the good records behind the bad ones must be clustered.
_PATIENCE = 150


def supervised(env, log):
    return subprocess.Popen(
        [sys.executable, "-m", "streams", "worker"], env={**os.environ, **env}, stdout=log, stderr=log
    )


async def send_hostile(settings, good):
    """Everything into partition 0, so that the good records stand behind the bad ones. Returns how many are bad."""
    topic = f"{settings.topic_prefix}.articles.raw"
    text = raw_articles(1)[0].content or ""
    options = {"bootstrap_servers": settings.bootstrap_servers, "max_request_size": 60_000_000}
    bad = 0
    async with AIOKafkaProducer(**options, compression_type="gzip") as zipped:
        # Undecodable, and a dead letter of it would be too large itself.
        await zipped.send_and_wait(topic, b"\xff" * 40_000_000, partition=0)
        bad += 1
    for kind in CODECS:
        async with AIOKafkaProducer(**options, compression_type=kind) as packed:
            article = RawArticle(
                id=f"packed-{kind}", content=f"{text} Packed, the editor said, by {kind}.", language="en"
            )
            await packed.send_and_wait(topic, codec.encode(article), partition=0)
    async with AIOKafkaProducer(**options | {"max_request_size": 90_000_000}, compression_type="zstd") as bomb:
        # A few kilobytes for the broker, and more than a batch may hold.
        await bomb.send_and_wait(topic, b"0" * 80_000_000, partition=0)
        bad += 1
    async with AIOKafkaProducer(**options) as producer:

        async def send(value, **more):
            data = codec.encode(value) if isinstance(value, RawArticle) else value
            await producer.send_and_wait(topic, data, partition=0, **more)

        # Odd, and articles all the same.
        await send(RawArticle(id="null-header", content=text, language="en"), headers=[("x", None)])
        await send(
            RawArticle(id="microseconds", content=text + " Later.", language="en"), timestamp_ms=1_758_283_200_000_000
        )
        await send(RawArticle(id="trace", content=text + " Again.", language="en"), headers=[("traceparent", b"\xff")])
        # Bad.
        hostile: list[tuple[RawArticle | bytes | None, dict[str, Any]]] = [
            (RawArticle(id="i" * 9_000_000, content=text, language="en"), {}),
            (b"\xff\xfe", {"key": b"k" * 9_000_000}),
            (b"\xff\xfe", {"headers": [(f"h{n}", b"v" * 1000) for n in range(2000)]}),
            (RawArticle(content=text), {"headers": [("streams_schema", b"\xff\x00")]}),
            (RawArticle(content=text), {"headers": [("streams_schema", None)]}),
            (None, {"key": b"k", "headers": [("streams_letter", b"purged")]}),
        ]
        for value, more in hostile:
            await send(value, **more)
        bad += len(hostile)
        for article in good:
            await send(article)
    return bad


async def test_hostile_records_end_as_dead_letters_and_the_good_ones_behind_are_clustered(settings):
    # Since 3.6 a broker may refuse odd timestamps, and by default does; an older one, or a setting, lets them in.
    no_bound = 2**63 - 1
    await configure(
        settings,
        "articles.raw",
        max_message_bytes=52_000_000,
        message_timestamp_after_max_ms=no_bound,
        message_timestamp_before_max_ms=no_bound,
    )
    good = raw_articles(3)
    await send_hostile(settings, good)
    wanted = {"null-header", "microseconds", "trace", *(f"packed-{kind}" for kind in CODECS)}
    wanted |= {article_id(each) for each in good}
    names = ("broker", "topic_prefix", "data_dir", "partitions")
    env = {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names} | {"STREAMS_COMPRESSION": "zstd"}
    settings.data_dir.mkdir(parents=True)
    path = settings.data_dir / "workers.log"
    with path.open("wb") as log:
        supervisor = supervised(env, log)
    try:
        for _ in range(_PATIENCE):
            await asyncio.sleep(1)
            decided = {decision.article_id for decision in await decisions(settings)}
            if wanted <= decided:
                break
        said = path.read_text(errors="replace")
        assert wanted <= decided, f"missing {wanted - decided}\n{said[-4000:]}"
        assert "starting it again" not in said, said[-4000:]
    finally:
        supervisor.send_signal(signal.SIGTERM)
        code = supervisor.wait(60)
    assert code == 0
    letters = await records(settings, "dead-letters")
    reduced = [dict(each.headers) for each in letters if "streams_error_reduced" in dict(each.headers)]
    assert any(about["streams_error_size"] == b"40000000" for about in reduced)
    # Every input has left a trace in what its stage wrote, by its position.
    seen = set()
    for name in ("articles.clean", "rejections"):
        for record in await records(settings, name):
            about = dict(record.headers)
            if about["ce_source"] == b"/news-streams/clean":
                seen.add(int(about["streams_source_offset"]))
    for record in letters:
        about = dict(record.headers)
        if about["streams_error_stage"] == b"clean":
            seen.add(int(about["streams_error_offset"]))
    sent = [record.offset for record in await records(settings, "articles.raw")]
    assert seen == set(sent)


async def configure(settings, name, **config):
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        full = f"{settings.topic_prefix}.{name}"
        given = {key.replace("_", "."): str(value) for key, value in config.items()}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, full, given)])
    finally:
        await admin.close()


async def test_a_topic_that_takes_less_than_our_table_says_costs_an_article_and_no_stage(settings):
    await configure(settings, "articles.clean", max_message_bytes=60_000)
    good = raw_articles(4)
    sentences = " ".join(f"The council of Lindvik heard speaker number {n} on the harbour plan." for n in range(1500))
    large = RawArticle(id="large", content=f"Council hears of the harbour plan\n\n{sentences}", language="en")
    topic = f"{settings.topic_prefix}.articles.raw"
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for article in [good[0], large, *good[1:]]:
            await producer.send_and_wait(topic, codec.encode(article), partition=0)
    with Workers(settings) as workers:
        workers.start("clean")

        async def cleaned():
            return len(await records(settings, "articles.clean")) >= len(good)

        await until(cleaned, workers, seconds=60)
        assert workers.stop("clean") == [0]
    (letter,) = await records(settings, "dead-letters")
    assert codec.decode(RawArticle, letter.value).id == "large"
    assert dict(letter.headers)["streams_error_exception"] == b"RecordTooLargeError"
