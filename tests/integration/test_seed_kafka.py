"""Seeding on a real Kafka: what is in the topic is what the files hold, once, under the right keys."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from kafka_topics import config, set_config

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker
from streams.seed import Found, Problem, read_files
from streams.seed.producer import Summary, send
from streams.settings import Settings, load

ROOT = Path(__file__).parents[2]


async def raw_records(settings: Settings) -> list[ConsumerRecord]:
    """Everything in the topic of raw articles, by partition and offset."""
    topic = f"{settings.topic_prefix}.articles.raw"
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
        consumer.assign(partitions)
        records: list[ConsumerRecord] = []
        for partition, end in (await consumer.end_offsets(partitions)).items():
            while await consumer.position(partition) < end:
                for batch in (await consumer.getmany(timeout_ms=1000)).values():
                    records += batch
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


async def test_every_article_arrives_once_with_its_key_and_headers(settings: Settings, tmp_path: Path) -> None:
    rows = [{"content": f"text {i}", "url": f"https://site{i % 5}.example/{i}"} for i in range(3000)]
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join([*lines, lines[0], "broken"]))
    (tmp_path / "page.html").write_bytes(b"<p>Caf\xe9</p>")
    acknowledged: list[str] = []
    problems: list[Problem] = []
    found = read_files([tmp_path], max_bytes=settings.max_article_bytes)
    summary = await send(
        settings, found, on_problem=problems.append, on_sent=lambda item: acknowledged.append(item.where)
    )
    assert (summary.sent, summary.skipped, summary.rejected) == (3001, 1, 1)
    assert [problem.kind for problem in problems] == ["skipped", "rejected"]
    assert len(acknowledged) == 3001

    records = await raw_records(settings)
    articles = [codec.decode(RawArticle, record.value) for record in records]
    assert len({article.id for article in articles}) == len(records) == 3001
    assert {article.content for article in articles if article.url} == {row["content"] for row in rows}
    for record, article in zip(records, articles, strict=True):
        host = article.url.split("/")[2] if article.url else article.id
        assert record.key == (host or "").encode()
        headers = dict(record.headers)
        assert headers["ce_type"] == b"news.RawArticle.v1"
        assert headers["ce_id"].split(b"/")[0] == (article.id or "").encode()
    # One host is in one partition, in the order of the file.
    for host in {record.key for record in records}:
        of_host = [record for record in records if record.key == host]
        assert len({record.partition for record in of_host}) == 1
        numbers = [int((codec.decode(RawArticle, record.value).url or "0").split("/")[-1]) for record in of_host]
        assert numbers == sorted(numbers)


async def test_seeding_twice_sends_the_same_records_again(settings: Settings) -> None:
    texts = sorted((ROOT / "seeds").glob("*.txt"))
    for _ in range(2):
        summary = await send(settings, read_files(texts, max_bytes=settings.max_article_bytes))
        assert summary == Summary(sent=2, bytes=summary.bytes)
    records = [(record.partition, record.key, record.value) for record in await raw_records(settings)]
    assert len(records) == 4
    assert len(set(records)) == 2


async def test_the_largest_article_fits_and_a_20_mb_one_is_refused(settings: Settings) -> None:
    sizes = (settings.max_article_bytes, 20_000_000)
    rows = [Found(RawArticle(content="x" * size), str(size)) for size in sizes]
    assert (await send(settings, rows)).sent == 2
    # At the command line the second would not get so far: the pipeline refuses it.
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "streams", "seed", "-", "--json"],
        input=json.dumps({"content": "x" * sizes[1]}).encode(),
        capture_output=True,
        check=False,
        env=os.environ | {"STREAMS_BROKER": settings.broker, "STREAMS_TOPIC_PREFIX": settings.topic_prefix},
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["reasons"] == {"too large": 1}


async def test_more_than_a_topic_takes_is_a_rejection(settings: Settings) -> None:
    topic = f"{settings.topic_prefix}.articles.raw"
    await set_config(settings, topic, {"max.message.bytes": "10000"})
    while (await config(settings, topic))["max.message.bytes"] != "10000":
        pass
    sizes = [10, 20_000, 30, *range(100, 200), 30_000, 40]
    rows = [Found(RawArticle(content=size * "x", id=str(size)), str(size)) for size in sizes]
    problems: list[Problem] = []
    summary = await send(settings, rows, on_problem=problems.append)
    assert (summary.sent, summary.rejected) == (len(sizes) - 2, 2)
    assert [problem.where for problem in problems] == ["20000", "30000"]
    assert problems[0].reason.endswith("bytes as a record, of which the topic takes 10000")
    arrived = {codec.decode(RawArticle, record.value).id for record in await raw_records(settings)}
    assert arrived == {str(size) for size in sizes if size < 10_000}


@pytest.mark.parametrize("idempotence", [True, False, None])
async def test_with_and_without_idempotence(settings: Settings, idempotence: bool | None) -> None:
    rows = [Found(RawArticle(content=str(i)), str(i)) for i in range(10)]
    assert (await send(settings, rows, idempotence=idempotence)).sent == 10
    assert len(await raw_records(settings)) == 10


async def test_a_broker_that_goes_away_is_told_with_what_had_arrived(
    own_kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.kafka import provision
    from streams.seed import producer

    monkeypatch.setattr(producer, "_REQUEST_SECONDS", 2)
    monkeypatch.setattr(producer, "_MOST_IN_FLIGHT", 10)
    settings = load(broker=f"kafka://{own_kafka.bootstrap}", partitions=1)
    await provision.apply(settings)
    arrived: list[str] = []

    def rows() -> object:
        for number in range(1_000_000):
            if number == 500:
                own_kafka.kill()
            yield Found(RawArticle(content=str(number)), str(number))

    with pytest.raises(BrokerError, match=r"the broker failed after \d+ articles were acknowledged") as failure:
        await send(settings, rows(), on_sent=lambda item: arrived.append(item.where))  # type: ignore[arg-type]
    assert f"after {len(arrived)} articles" in str(failure.value)
    own_kafka.start()
    kept = {codec.decode(RawArticle, record.value).content for record in await raw_records(settings)}
    assert set(arrived) <= kept
