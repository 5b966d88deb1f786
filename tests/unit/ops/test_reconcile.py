"""Inputs are told from those that stood at their positions before the topic was deleted and made again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.limits import MOST, bounded_id
from streams.contracts.records import CleanArticle, Decision, RawArticle, Rejection, TaggedArticle
from streams.ops import reconcile as module
from streams.ops.reconcile import reconcile
from streams.runtime.messages import Incoming, Outgoing, dead_letter, reduced
from streams.settings import load
from streams.stages.clean import article_id


@dataclass
class Record:
    offset: int
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    partition: int = 0


@pytest.fixture
def topics(monkeypatch):
    """What each topic holds, and what each stage has committed (``committed``)."""
    held: dict[str, list[Record]] = {}
    committed: dict[str, int] = {}

    class Reader:
        def __init__(self, settings):
            del settings

        async def partitions(self, topic):
            del topic
            return [0]

        async def records(self, topic, partition):
            del partition
            for record in held.get(topic.removeprefix("news."), []):
                yield record

    async def commits(settings, stage, source):
        del settings, source
        return {0: committed.get(stage, 0)}

    monkeypatch.setattr(module, "LogReader", Reader)
    monkeypatch.setattr(module, "_committed", commits)
    return held, committed


def output(kind, value, topic, offset, base=0):
    position = Position(topic=f"news.{topic}", partition=0, offset=offset, base=base)
    return Record(0, codec.encode(value), headers.make(kind, "id", "test", position=position))


def inputs(articles):
    return [Record(n, codec.encode(one)) for n, one in enumerate(articles)]


async def test_decisions_of_an_earlier_life_are_no_outcome_of_the_new_articles(topics):
    held, committed = topics
    held["articles.tagged"] = inputs([TaggedArticle(id=f"new-{n}", text="x") for n in range(30)])
    held["story-events"] = [
        output(Decision, Decision(article_id=f"old-{n}", number=n), "articles.tagged", n) for n in range(20)
    ]
    committed["cluster"] = 30
    cluster = {each.stage: each for each in await reconcile(load())}["cluster"]
    assert cluster.published == 0
    assert cluster.missing == [f"new-{n}" for n in range(30)]
    assert not cluster.balanced
    held["story-events"] += [
        output(Decision, Decision(article_id=f"new-{n}", number=n), "articles.tagged", n, 20) for n in range(30)
    ]
    cluster = {each.stage: each for each in await reconcile(load())}["cluster"]
    assert (cluster.published, cluster.repeated, cluster.balanced) == (30, 0, True)


async def test_outcomes_of_every_kind_are_of_one_article(topics):
    held, committed = topics
    long = "i" * (MOST["id"] + 1)
    raws = [RawArticle(content="a"), RawArticle(id="r", content=""), RawArticle(id=long, content="c")]
    held["articles.raw"] = [*inputs(raws), Record(3, b"\xff"), Record(4, None)]
    committed["clean"] = 5
    held["articles.clean"] = [
        output(CleanArticle, CleanArticle(id=id_, text="a"), "articles.raw", offset)
        for offset, id_ in ((0, article_id(raws[0])), (2, bounded_id(long)))
    ]
    held["rejections"] = [
        output(Rejection, Rejection(id="r", stage="clean", reason="empty", detail=""), "articles.raw", 1)
    ]
    held["dead-letters"] = [letter(3, b"\xff"), letter(4, None)]
    clean, *_ = await reconcile(load())
    assert (clean.published, clean.rejected, clean.dead_letters, clean.balanced) == (2, 1, 2, True)

    # The same positions in a topic that was made again: other articles, other bytes.
    held["articles.raw"] = [*inputs([RawArticle(id=f"n{n}", content="n") for n in range(3)]), Record(3, b"\xfe")]
    clean, *_ = await reconcile(load())
    assert clean.missing == ["n0", "n1", "n2", "news.articles.raw:0:3"]


def letter(offset: int, value: bytes | None) -> Record:
    message = Incoming(topic="news.articles.raw", partition=0, offset=offset, key=b"k", value=value)
    made: Outgoing = dead_letter("clean", message, "DecodeError", "no record")
    return Record(offset, made.value, made.headers)


async def test_a_reduced_dead_letter_is_known_by_its_digest(topics):
    held, committed = topics
    value = b"\xff" * 50_000
    message = Incoming(topic="news.articles.raw", partition=0, offset=0, key=b"k", value=value)
    made = reduced(dead_letter("clean", message, "DecodeError", "no record"))
    held["articles.raw"], committed["clean"] = [Record(0, value)], 1
    held["dead-letters"] = [Record(0, made.value, made.headers)]
    clean, *_ = await reconcile(load())
    assert (clean.dead_letters, clean.balanced) == (1, True)
