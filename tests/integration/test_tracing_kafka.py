"""One article through all stages on a real Kafka: one trace, from who sent it to its story."""

from __future__ import annotations

import json
from pathlib import Path

from aiokafka import AIOKafkaProducer
from newsroom import Workers, raw_articles, records, until_decided

from streams.contracts import codec, headers
from streams.settings import Settings

TRACE, PRODUCER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STAGES = ("clean", "tag", "cluster")


async def test_one_trace_leads_from_the_producer_to_the_story(settings: Settings, tmp_path: Path) -> None:
    (article,) = raw_articles(1)
    assert article.id
    out = tmp_path / "spans"
    with Workers(settings, env={"STREAMS_TRACES": f"file:{out}", "STREAMS_LOG_FORMAT": "json"}) as workers:
        workers.start(*STAGES)
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            came = [(headers.TRACEPARENT, f"00-{TRACE}-{PRODUCER}-01".encode())]
            topic = f"{settings.topic_prefix}.articles.raw"
            await producer.send_and_wait(topic, codec.encode(article), headers=came)
        await until_decided(settings, [article.id], workers)
        # The batch in hand is finished: its spans are written, after what it wrote could be read.
        assert workers.stop(*STAGES) == [0, 0, 0]
        told = [json.loads(line) for line in workers.said().splitlines()]
        assert {(each["part"], each["event"]) for each in told} >= {
            (stage, "ready to take records") for stage in STAGES
        }
    spans = [json.loads(line) for line in out.read_text().splitlines()]
    ours = {each["resource"]["attributes"]["service.name"]: each for each in spans
            if each["context"]["trace_id"] == f"0x{TRACE}"}  # fmt: skip
    assert set(ours) == {f"news-streams-{stage}" for stage in STAGES}
    parent = f"0x{PRODUCER}"
    for stage in STAGES:
        span = ours[f"news-streams-{stage}"]
        assert span["parent_id"] == parent, stage
        assert span["start_time"] <= span["end_time"]
        parent = span["context"]["span_id"]
    (story,) = await records(settings, "stories")
    written = dict(story.headers)[headers.TRACEPARENT].decode()
    assert written == f"00-{TRACE}-{parent.removeprefix('0x')}-01"
    assert not any(line in out.read_text() for line in (article.content or "").splitlines() if line)
