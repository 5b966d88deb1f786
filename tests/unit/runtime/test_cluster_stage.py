"""Clustering over messages, without Kafka: the log is the truth, whatever a crash leaves behind."""

from __future__ import annotations

import pytest
from log_in_memory import Log, cluster_stage, drive, message, tagged

from streams.contracts import codec, headers
from streams.contracts.records import Correction, Decision, Rejection, Story, TaggedArticle
from streams.runtime.stages.cluster import ClusterStage
from streams.settings import load
from training.stories_data import synthetic


def decisions(log):
    return [out.value for out in log.on("story-events")]


def stories(log):
    """The compacted topic: the last snapshot of each story."""
    return {out.key: out.value for out in log.on("stories")}


async def test_each_article_gives_one_decision_at_its_inputs_partition_and_position(log):
    batch = [message("articles.tagged", n, tagged(n), partition=3) for n in range(9)]
    await drive(cluster_stage(log), log, batch)
    logged = log.on("story-events")
    positions = [headers.source_position(out.headers) for out in logged]
    assert [position and position.offset for position in positions] == list(range(9))
    assert {out.partition for out in logged} == {3}
    live = [codec.decode(Story, value) for value in stories(log).values()]
    assert sorted(article.id for story in live for article in story.articles) == sorted(tagged(n).id for n in range(9))


async def test_the_same_article_again_changes_nothing_and_is_counted(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", 0, tagged(1))])
    before = len(log.published)
    await drive(stage, log, [message("articles.tagged", 1, tagged(1))])
    assert len(log.published) == before
    assert metrics.value("streams_records_total", stage="cluster", outcome="nothing") == 1


@pytest.mark.parametrize("batch_size", [1, 4])
async def test_a_kill_after_any_published_record_bends_nothing(batch_size):
    """Kill after every possible number of published records, redeliver what was not let go, and compare."""
    articles = [message("articles.tagged", n, tagged(n)) for n in range(8)]
    batches = [articles[at : at + batch_size] for at in range(0, len(articles), batch_size)]
    calm = Log()
    stage = cluster_stage(calm)
    for batch in batches:
        await drive(stage, calm, batch)
    for kill_at in range(1, len(calm.published)):
        log = Log()
        stage = cluster_stage(log)
        for number, batch in enumerate(batches):  # noqa: B007 - used after the loop
            await drive(stage, log, batch, stop_after=kill_at)
            if len(log.published) >= kill_at:
                break
        stage = cluster_stage(log)
        for batch in batches[number:]:
            await drive(stage, log, batch)
        assert decisions(log) == decisions(calm), f"killed after {kill_at} records"
        assert stories(log) == stories(calm), f"killed after {kill_at} records"
        assert await log.rows("news.state.cluster", 0) == await calm.rows("news.state.cluster", 0)


async def test_after_a_rebalance_the_state_comes_from_the_log(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(4)])
    stage.forget([0])
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(4, 8)])
    calm = Log()
    await drive(cluster_stage(calm), calm, [message("articles.tagged", n, tagged(n)) for n in range(8)])
    assert decisions(log) == decisions(calm)
    assert metrics.value("streams_restores_total", stage="cluster") == 2


async def test_an_article_that_breaks_the_clusterer_is_a_dead_letter_and_the_rest_goes_on(log, metrics, monkeypatch):
    from streams.stages.cluster import Clusterer

    decide = Clusterer.decide

    def fragile(self, article):
        if article.id == tagged(2).id:
            raise KeyError("a bug")
        return decide(self, article)

    monkeypatch.setattr(Clusterer, "decide", fragile)
    await drive(cluster_stage(log, metrics), log, [message("articles.tagged", n, tagged(n)) for n in range(5)])
    assert len(log.on("story-events")) == 4
    (letter,) = log.on("dead-letters")
    assert codec.decode(TaggedArticle, letter.value).id == tagged(2).id


async def test_the_grain_that_is_set_decides(metrics):
    """The broader of two stages joins what the narrower one does not, from the same log on."""
    found = {}
    for grain in ("event", "topic"):
        own = Log()
        stage = ClusterStage(load(story_grain=grain), metrics, own)
        await drive(stage, own, [message("articles.tagged", n, row.article) for n, row in enumerate(synthetic(120, 4))])
        found[grain] = len(stories(own))
    assert found["topic"] < found["event"]


def mending(log, *, of="ferry-1"):
    """Corrections of the log's stories: one that can be made, one that cannot, no record, the first again, its undo."""
    story = next(story for story in map(read, stories(log).values()) if of in {one.id for one in story.articles})
    right = Correction(
        id="c-1", action="split", by="Ada", why="another", story_id=story.id, articles=(of,), language="en"
    )
    wrong = Correction(id="c-2", action="merge", by="Ada", story_id=story.id, other_id="nowhere", language="en")
    back = Correction(id="c-3", action="undo", by="Ivo", undoes="c-1", language="en")
    return [right, wrong, b"no record", right, back]


def read(value):
    return codec.decode(Story, value)


async def test_corrections_among_articles_are_logged_once_wherever_the_stage_is_killed():
    """Killed after every possible number of records; what was not let go comes again, corrections first or last."""
    articles = [message("articles.tagged", n, tagged(n)) for n in range(8)]
    calm = Log()
    stage = cluster_stage(calm)
    await drive(stage, calm, articles[:5])
    asked = [message("corrections", n, each) for n, each in enumerate(mending(calm))]
    batches = [articles[:5], [articles[5], *asked[:4]], [asked[4], *articles[6:]]]
    for batch in batches[1:]:
        await drive(stage, calm, batch)
    assert len(calm.on("dead-letters")) == 1
    assert [codec.decode(Rejection, out.value or b"").reason for out in calm.on("rejections")] == ["correction_refused"]
    made = [codec.decode(Decision, value or b"").correction for value in decisions(calm)]
    assert [each.id for each in made if each] == ["c-1", "c-3"]
    for kill_at in range(len(calm.published) // 3, len(calm.published)):
        log = Log()
        stage = cluster_stage(log)
        for number, batch in enumerate(batches):  # noqa: B007 - used after the loop
            await drive(stage, log, batch, stop_after=kill_at)
            if len(log.published) >= kill_at:
                break
        for one in batches[number]:  # what a killed process had not let go
            log.let_go.get(one.topic, {}).pop(one.partition, None)
            known = max(
                (each.offset + 1 for done in batches[:number] for each in done if each.topic == one.topic), default=0
            )
            log.let_go.setdefault(one.topic, {})[one.partition] = known
        stage = cluster_stage(log)
        again = sorted(batches[number], key=lambda one: (one.topic != "news.corrections", one.offset))
        logged = {
            position.offset for position in map(position_of, log.on("story-events")) if "corrections" in position.topic
        }
        if logged or number != 1:
            for batch in [again if number == 1 else batches[number], *batches[number + 1 :]]:
                await drive(stage, log, batch)
            assert decisions(log) == decisions(calm), f"killed after {kill_at} records"
            assert {key: read(value) for key, value in stories(log).items()} == {
                key: read(value) for key, value in stories(calm).items()
            }, f"killed after {kill_at} records"
            assert await log.rows("news.state.cluster", 0) == await calm.rows("news.state.cluster", 0)


def position_of(out):
    return headers.source_position(out.headers)


async def test_a_correction_is_known_by_its_id_also_where_its_topic_was_made_again(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", n, tagged(n)) for n in range(6)])
    first, *_ = mending(log)
    await drive(stage, log, [message("corrections", 5, first)])
    other = Correction(id="d-1", action="rename", by="Ada", story_id=first.story_id, headline="Mine", language="en")
    await drive(cluster_stage(log, metrics), log, [message("corrections", 0, first), message("corrections", 1, other)])
    positions = [
        position_of(out) for out in log.on("story-events") if codec.decode(Decision, out.value or b"").correction
    ]
    assert [position.place for position in positions] == [5, 6]
    assert read(stories(log)[first.story_id.encode()]).headline == "Mine"
