"""Clustering over messages, without Kafka: the log is the truth, whatever a crash leaves behind."""

from __future__ import annotations

import pytest
from log_in_memory import Log, cluster_stage, drive, message, tagged

from streams.contracts import codec, headers
from streams.contracts.records import Story, TaggedArticle
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
