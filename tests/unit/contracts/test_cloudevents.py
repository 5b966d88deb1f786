"""What the stages publish is CloudEvents in binary mode, as the SDK of their authors reads and writes them."""

from __future__ import annotations

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from log_in_memory import BODY, Log, article, clean_stage, cluster_stage, drive, message

from streams.contracts import codec
from streams.contracts.records import SCHEMA_VERSION, RawArticle
from streams.metrics import Metrics
from streams.runtime.messages import Outgoing

LONG = "ü" * 5000


@pytest.fixture
async def published() -> list[Outgoing]:
    """A clean article, a rejection, a dead letter, decisions and stories; one id is longer than a header may be."""
    log = Log()
    raws = [RawArticle(id=LONG, content=BODY), RawArticle(id="short", content="Too short."), b"\xff"]
    await drive(clean_stage(log, Metrics()), log, [message("articles.raw", n, each) for n, each in enumerate(raws)])
    tagged = [article("a-1"), article("a-2")]
    await drive(cluster_stage(log), log, [message("articles.tagged", n, each) for n, each in enumerate(tagged)])
    return log.published


async def test_every_record_is_an_event_to_the_sdk_and_the_same_when_it_is_written(published: list[Outgoing]) -> None:
    kinds = set()
    for out in published:
        headers = dict(out.headers)
        if out.topic.name.startswith("state.") or out.topic.name == "dead-letters":
            # Rows are nobody else's; a dead letter has the headers that its original came with.
            assert "ce_id" not in headers
            continue
        assert out.value is not None
        event = from_binary(KafkaMessage(headers=headers, key=out.key, value=out.value), JSONFormat())
        assert event.get_specversion() == "1.0"
        assert event.get_source() in ("/news-streams/clean", "/news-streams/cluster")
        assert event.get_data() == codec.loads(out.value)
        time = event.get_time()
        assert time is not None
        assert time.isoformat() == "2025-09-19T12:00:00+00:00"
        kinds.add(event.get_type())
        again = to_binary(event, JSONFormat())
        ours = {name: value for name, value in headers.items() if name.startswith("ce_") or name == "content-type"}
        # The SDK has the key as an attribute as well, and writes another form of the same instant.
        theirs = {name: value for name, value in again.headers.items() if name != "ce_partitionkey"}
        assert theirs == ours | {"ce_time": ours["ce_time"].replace(b"+00:00", b"Z")}
        assert len(headers["ce_id"]) <= 1024
    assert kinds == {f"news.{name}.v{SCHEMA_VERSION}" for name in ("CleanArticle", "Rejection", "Decision", "Story")}
