"""The Faust agents themselves, in Faust's own test context: everything outbound is caught, nothing is connected."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import agents
import pytest
from agents import Caught, Inline, app_of, put, tagging

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.runtime.faust.app import HeldEvent, create_app
from streams.runtime.inputs import Input
from streams.runtime.process import BROKER_AWAY
from streams.settings import load


async def shape(*_):
    return Input(partitions=1, id=None)


async def no_partitions(*_):
    return []


async def no_records(*_):
    nothing: tuple[object, ...] = ()
    for each in nothing:
        yield each


async def test_the_tag_agent_publishes_downstream(tmp_path):
    producer = Caught()
    app = app_of("tag", tmp_path, producer)
    app.stage.pool = tagging(lambda clean: TaggedArticle(id=clean.id, text=clean.text, language="en"))
    await put(app, "tag", codec.encode(CleanArticle(id="a", text="b")))
    ((topic, key, value),) = producer.sent
    assert (topic, key) == ("news.articles.tagged", b"en")
    assert codec.decode(TaggedArticle, value).id == "a"


async def test_the_clean_agent_dead_letters_and_goes_on(tmp_path):
    producer = Caught()
    app = app_of("clean", tmp_path, producer)

    async def no_rows(*_):
        return {}

    app.stage._reader.rows = no_rows
    app.stage._reader.input, app.stage._reader.partitions, app.stage._reader.caused_by = (
        shape,
        no_partitions,
        no_records,
    )
    app.stage.pool = Inline(lambda job: CleanArticle(id=job[0].id, text=job[0].content))
    await put(app, "clean", b"\x00\xff", codec.encode(RawArticle(content="x", id="good")))
    topics = [topic for topic, _, _ in producer.sent if not topic.endswith("state.clean")]
    assert topics == ["news.dead-letters", "news.articles.clean"]
    assert producer.sent[0][2] == b"\x00\xff"


async def test_the_cluster_agent_logs_the_decision_before_what_derives_from_it(tmp_path):
    producer = Caught()
    app = app_of("cluster", tmp_path, producer)

    async def nothing(*_):
        return {}

    async def none(*_):
        return None

    app.stage._reader.rows = app.stage._reader.tail = nothing
    app.stage._reader.newest_decision = none
    app.stage._reader.input, app.stage._reader.partitions = shape, no_partitions
    await put(app, "cluster", codec.encode(TaggedArticle(id="a", title="Ferry aground", text="A ferry ran aground.")))
    topics = [topic.removeprefix("news.") for topic, _, _ in producer.sent]
    # First, which life of the input the decision is of.
    assert topics[:2] == ["state.cluster", "story-events"]
    assert codec.loads(producer.sent[0][2]) == {"partitions": 1, "id": None, "base": 0, "rebuilt": False}
    assert set(topics[2:]) == {"state.cluster", "stories"}


async def test_faust_cannot_acknowledge_what_was_not_let_go(tmp_path):
    app = app_of("tag", tmp_path, Caught())
    app.stage.pool = tagging(lambda clean: TaggedArticle(id=clean.id, text=clean.text))
    (event,) = await put(app, "tag", codec.encode(CleanArticle(id="a", text="b")))
    assert isinstance(event, HeldEvent)
    assert event.ack() is False


@pytest.mark.parametrize(
    ("refusal", "said", "ends_with"),
    [
        ('OSError("the broker is gone")', "OSError: the broker is gone", 1),
        # A full disk is the broker's trouble: the supervisor waits for it, however long.
        ("KafkaStorageError()", "KafkaStorageError", BROKER_AWAY),
        ("NotEnoughReplicasError()", "NotEnoughReplicasError", BROKER_AWAY),
    ],
)
def test_a_failed_acknowledgement_ends_the_process_instead_of_losing_the_record(tmp_path, refusal, said, ends_with):
    """In a process of its own, since ending it is the point."""
    code = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(agents.__file__).parent)!r})
from pathlib import Path
from aiokafka.errors import KafkaStorageError, NotEnoughReplicasError
from agents import Caught, app_of, put, tagging
from streams.contracts import codec
from streams.contracts.records import CleanArticle, TaggedArticle

async def main():
    app = app_of("tag", Path({str(tmp_path)!r}), Caught(refuse={refusal}))
    app.stage.pool = tagging(lambda clean: TaggedArticle(id=clean.id, text=clean.text))
    await put(app, "tag", codec.encode(CleanArticle(id="a", text="b")))
    print("still here")

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == ends_with
    assert f"tag stops: {said}" in done.stderr
    assert "still here" not in done.stdout


@pytest.mark.parametrize("stage", ["clean", "tag", "cluster"])
def test_each_stage_is_its_own_app_and_group(stage, tmp_path):
    app = create_app(load(data_dir=tmp_path, topic_prefix="p"), stage)
    assert app.conf.id == f"p.{stage}"
    assert list(app.agents) == [stage]
    assert app.conf.topic_allow_declare is False
