"""A topic that was deleted and made again: its records are new ones, whatever was decided at their offsets before."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from log_in_memory import BODY, article, clean_stage, decided, drive, message, run

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import (
    CleanArticle,
    Decision,
    EventType,
    RawArticle,
    StoryArticle,
    StoryEvent,
    TaggedArticle,
)
from streams.contracts.topology import STORY_EVENTS
from streams.kafka.log_reader import FirstDecisions
from streams.metrics import Metrics
from streams.runtime.incarnation import BASE_ROW
from streams.runtime.messages import Outgoing
from streams.runtime.stages.cluster import ClusterStage
from streams.settings import load


async def test_every_article_of_a_new_topic_is_decided_and_stories_go_on(log, caplog):
    first = [article(f"old-{n}") for n in range(20)]
    await run(log, first)
    second = [article(f"new-{n}") for n in range(30)]
    log.inputs = {n: codec.encode(one) for n, one in enumerate(second)}
    with caplog.at_level(logging.WARNING):
        await run(log, second)
    assert decided(log) == [one.id for one in [*first, *second]]
    assert "is not the topic that was worked on" in caplog.text
    # A reader of the log keeps the two lives apart: none of the new ones passes for an old one told twice.
    keep = FirstDecisions()
    records = [type("R", (), {"headers": out.headers, "value": out.value}) for out in log.on("story-events")]
    assert sum(keep.accept(record) is not None for record in records) == 50
    positions = [headers.source_position(out.headers) for out in log.on("story-events")]
    places = [position.place for position in positions if position]
    assert len(places) == 50
    assert places == sorted(set(places))


async def test_after_a_crash_in_the_new_topic_its_decisions_are_read_back(log):
    await run(log, [article(f"old-{n}") for n in range(5)])
    second = [article(f"new-{n}") for n in range(8)]
    log.inputs = {n: codec.encode(one) for n, one in enumerate(second)}
    await run(log, second[:6])
    stories = {out.key: out.value for out in log.on("stories")}
    await run(log, second[:6])  # redelivered
    assert len(decided(log)) == 11
    assert {out.key: out.value for out in log.on("stories")} == stories
    await run(log, second[6:], start=6)
    assert len(decided(log)) == 13


async def test_a_topic_cut_short_is_a_new_one(log):
    await run(log, [article(f"old-{n}") for n in range(5)])
    log.inputs = {}
    await run(log, [article("new-0")])
    assert decided(log)[-1] == "new-0"


async def test_a_lost_group_makes_nothing_twice(log):
    articles = [article(f"a-{n}") for n in range(6)]
    await run(log, articles)
    log.inputs = {n: codec.encode(one) for n, one in enumerate(articles)}
    await run(log, articles)
    assert decided(log) == [one.id for one in articles]


async def test_a_decision_on_another_article_is_never_applied(log):
    """Told by the record alone, where what stands at the newest position does not give it away."""
    await run(log, [article(f"a-{n}") for n in range(3)])
    await run(log, [article("b-0")])
    (letter,) = log.on("dead-letters")
    assert dict(letter.headers)["streams_error_exception"] == b"OtherArticleError"
    assert decided(log) == ["a-0", "a-1", "a-2"]


async def test_cleaning_counts_revisions_anew_from_where_the_old_topic_ended(log):
    def raws(text: str) -> list[RawArticle]:
        return [RawArticle(id=f"r{n}", content=f"{text} {BODY}") for n in range(5)]

    async def clean(batch: list[RawArticle]) -> list[int]:
        stage = clean_stage(log, Metrics())
        before = len(log.on("articles.clean"))
        await drive(stage, log, [message("articles.raw", n, raw) for n, raw in enumerate(batch)])
        return [codec.decode(CleanArticle, out.value).revision for out in log.on("articles.clean")[before:]]

    assert await clean(raws("First.")) == [0] * 5
    again = raws("Second.")[::-1]
    log.inputs = {n: codec.encode(raw) for n, raw in enumerate(again)}
    assert await clean(again) == [1] * 5
    assert codec.loads((await log.rows("news.state.clean", 0))[BASE_ROW]) == 5
    assert await clean(again) == [1] * 5  # redelivered


async def test_forgotten_stories_leave_the_topic_of_snapshots(log, monkeypatch):
    monkeypatch.setattr("streams.stages.cluster.index.language_index.FORGOTTEN_ARTICLES", 50)
    stage = ClusterStage(load(), Metrics(), log)
    old = TaggedArticle(id="old", text=BODY, language="en", published=datetime(2020, 1, 1, tzinfo=UTC))
    later = [
        TaggedArticle(
            id=f"n{n}",
            text=f"Another vote {n}. {BODY[::-1]}",
            language="en",
            published=datetime(2025, 1, 1, tzinfo=UTC),
        )
        for n in range(100)
    ]
    await drive(stage, log, [message("articles.tagged", n, one) for n, one in enumerate([old, *later])])
    last = {out.key: out.value for out in log.on("stories")}
    assert [key for key, value in last.items() if value is None] == [log.on("stories")[0].key]


def event(
    kind: EventType, story: str, number: int, article_id: str | None = None, other: str | None = None
) -> StoryEvent:
    shown = StoryArticle(id=article_id) if article_id else None
    id_ = f"{number}.{kind}.{story}"
    return StoryEvent(id=id_, type=kind, story_id=story, article_id=article_id, article=shown, other_id=other)


#: Story B is merged into A, and A forgotten with the last of four articles.
FORGETTING = (
    Decision(article_id="a-0", language="en", number=1, events=(event("created", "A", 1, "a-0"),)),
    Decision(article_id="a-1", language="en", number=2, events=(event("created", "B", 2, "a-1"),)),
    Decision(
        article_id="a-2",
        language="en",
        number=3,
        events=(event("merged", "B", 3, other="A"), event("joined", "A", 3, "a-2")),
    ),
    Decision(article_id="a-3", language="en", number=4, events=(event("created", "C", 4, "a-3"),), forgotten=("A",)),
)


@pytest.mark.parametrize("written", range(14))
async def test_a_kill_while_a_story_is_forgotten_leaves_no_snapshot_of_what_it_absorbed(log, written):
    made = []
    for offset, decision in enumerate(FORGETTING):
        where = Position(topic="news.articles.tagged", partition=0, offset=offset)
        about = headers.make(Decision, "x", "cluster", position=where)
        made.append(Outgoing(topic=STORY_EVENTS, key=b"en", value=codec.encode(decision), headers=about, partition=0))
    messages = [message("articles.tagged", n, article(f"a-{n}")) for n in range(4)]
    log.take(made[:3])
    await drive(ClusterStage(load(), Metrics(), log), log, messages[:3])
    assert all(out.value for out in log.on("stories"))
    log.take(made[3:])
    for stop_after in (len(log.published) + written, None):
        await drive(ClusterStage(load(), Metrics(), log), log, messages[3:], stop_after=stop_after)
    last = {out.key.decode(): out.value for out in log.on("stories")}
    assert {id_ for id_, value in last.items() if value is None} == {"A", "B"}
    assert {key for key in await log.rows("news.state.cluster", 0) if key[:2] in ("s/", "a/")} == {"s/C", "a/a-3"}
