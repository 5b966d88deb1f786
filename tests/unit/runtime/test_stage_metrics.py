"""What a stage tells of itself while it works: how long, how much, how sure; and a story's events once, however often
its articles come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agents import Caught, app_of, put, tagging
from log_in_memory import BODY, Log, clean_stage, cluster_stage, drive, message, tagged

from streams.contracts.records import CleanArticle, Decision, Evidence, Linking, RawArticle, StoryEvent, TaggedArticle
from streams.metrics import LINK_CHANGES, METRICS, Metrics
from streams.runtime.faust.batches import measure
from streams.runtime.pool import Pool
from streams.runtime.stage_reader import StageReader
from streams.settings import load


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_every_metric_has_a_unit_or_says_what_it_counts():
    units = ("_seconds", "_bytes", "_records", "_ratio", "_info")
    things = ("_state", "_entries", "_partitions", "_workers", "_open", "_margin")
    for metric in METRICS:
        ends = ("_total",) if metric.kind == "counter" else units + things
        assert metric.name.endswith(ends), metric.name
        assert bool(metric.buckets) == (metric.kind == "histogram"), metric.name
        assert list(metric.buckets) == sorted(set(metric.buckets)), metric.name


def test_latency_runs_from_the_records_own_time():
    metrics = Metrics()
    old = message("articles.clean", 1, b"12345")
    recent = datetime.now(UTC) - timedelta(seconds=20)
    batch = [old, message("articles.clean", 2, b"123"), message("articles.clean", 3, None)]
    batch = [*(m for m in batch), type(old)(topic="t", partition=0, offset=4, key=None, value=b"", at=recent)]
    measure(metrics, "tag", batch, 0.3)
    assert sample(metrics, "streams_record_latency_seconds_count", stage="tag") == 4
    assert sample(metrics, "streams_record_latency_seconds_bucket", stage="tag", le="10.0") == 0
    assert sample(metrics, "streams_record_latency_seconds_bucket", stage="tag", le="30.0") == 1
    assert 19 < metrics.value("streams_input_age_seconds", stage="tag") < 30
    assert metrics.value("streams_input_bytes_total", stage="tag") == 8
    # A record without a time of its own has no latency, and is no zero either.
    measure(metrics, "tag", [type(old)(topic="t", partition=0, offset=5, key=None, value=b"")], 0.1)
    assert sample(metrics, "streams_record_latency_seconds_count", stage="tag") == 4


async def test_stories_are_counted_as_they_are_decided_and_not_again(log, metrics):
    batch = [message("articles.tagged", n, tagged(n)) for n in range(3)]
    await drive(cluster_stage(log, metrics), log, batch)
    created = metrics.value("streams_story_events_total", stage="cluster", type="created")
    joined = metrics.value("streams_story_events_total", stage="cluster", type="joined")
    assert created >= 1
    assert created + joined == 3
    assert metrics.value("streams_stories_open", stage="cluster") == created
    assert metrics.value("streams_state_entries", stage="cluster", kind="articles") == 3
    margins = sum(
        sample(metrics, "streams_decision_margin_count", stage="cluster", type=each) for each in ("created", "joined")
    )
    assert margins == joined + sum(event_has_evidence(log))

    again = Metrics()
    await drive(cluster_stage(log, again), log, batch)
    assert again.value("streams_records_total", stage="cluster", outcome="redelivered") == 3
    assert again.value("streams_story_events_total", stage="cluster", type="created") == 0
    assert again.value("streams_stories_open", stage="cluster") == created
    assert sample(again, "streams_restore_seconds_count", stage="cluster") == 1


def event_has_evidence(log: Log) -> list[bool]:
    from streams.contracts import codec
    from streams.contracts.records import Decision

    decisions = [codec.decode(Decision, out.value or b"") for out in log.on("story-events")]
    return [event.evidence is not None for each in decisions for event in each.events if event.type == "created"]


def test_links_are_counted_where_they_are_new_or_gone(log, metrics):
    stage = cluster_stage(log, metrics)
    why = Evidence(score=0.8, threshold=0.6)
    new = Linking(story_id="a", other_id="b", kind="follows", evidence=why)
    handed_on, gone = Linking(story_id="c", other_id="b"), Linking(story_id="a", other_id="b", gone=True)
    event = StoryEvent(id="1", type="created", story_id="a", linked=(new, handed_on, gone))
    stage._tell_decision(Decision(article_id="x", events=(event,)))
    told = {each: metrics.value("streams_story_links_total", stage="cluster", change=each) for each in LINK_CHANGES}
    assert told == {"follows": 1, "followed": 0, "related": 0, "gone": 1}


async def test_a_retracted_story_is_no_longer_open_and_a_lost_partition_leaves_no_size_behind(log, metrics):
    stage = cluster_stage(log, metrics)
    await drive(stage, log, [message("articles.tagged", 0, tagged(0))])
    assert metrics.value("streams_stories_open", stage="cluster") == 1
    gone = TaggedArticle(id=tagged(0).id, text="", retracted=True, revision=1)
    await drive(stage, log, [message("articles.tagged", 1, gone)])
    assert metrics.value("streams_stories_open", stage="cluster") == 0
    assert metrics.value("streams_state_entries", stage="cluster", kind="stories") == 1
    stage.forget([0])
    assert metrics.value("streams_state_entries", stage="cluster", kind="stories") == 0


async def test_cleaning_counts_languages_and_what_it_remembers(log, metrics):
    batch = [message("articles.raw", n, RawArticle(id=f"id-{n}", content=BODY)) for n in range(2)]
    batch.append(message("articles.raw", 2, RawArticle(id="id-0", retracted=True)))
    await drive(clean_stage(log, metrics), log, batch)
    assert metrics.value("streams_articles_total", stage="clean", language="en") == 2
    assert metrics.value("streams_articles_total", stage="clean", language="und") == 0
    assert metrics.value("streams_state_entries", stage="clean", kind="articles") == 2


async def test_bytes_are_counted_where_they_go(tmp_path):
    producer = Caught()
    app = app_of("tag", tmp_path, producer)
    app.stage.pool = tagging(no_record)
    await put(app, "tag", b"no record")
    assert app.metrics.value("streams_input_bytes_total", stage="tag") == 9
    written = app.metrics.value("streams_output_bytes_total", stage="tag", topic="dead-letters")
    assert written > 9
    assert sample(app.metrics, "streams_pool_workers", stage="tag") == load().pool_size


def no_record(article: CleanArticle) -> TaggedArticle:
    raise AssertionError(article)


def work():
    import time

    def nap(items):
        time.sleep(0.05 * len(items))
        return items

    return nap


async def test_a_pool_tells_how_long_it_worked():
    spent: list[float] = []
    pool: Pool[int, int] = Pool(work, on_worked=spent.append)
    await pool.warm()
    try:
        assert await pool.run([1, 2, 3]) == [1, 2, 3]
    finally:
        await pool.close()
    assert 0.15 <= sum(spent) < 5


def test_counters_begin_at_zero(tmp_path):
    exposed = app_of("tag", tmp_path, Caught()).metrics.expose().decode()
    assert 'streams_records_total{outcome="dead_letter",stage="tag"} 0.0' in exposed
    assert 'streams_gap_records_total{stage="tag"} 0.0' in exposed


async def test_what_is_read_back_is_counted(monkeypatch):
    async def two(_self, _topic, _partition, start=0):
        for offset in range(start, 2):
            yield offset

    monkeypatch.setattr("streams.kafka.log_reader.LogReader.records", two)
    metrics = Metrics()
    reader = StageReader(load(), lambda: metrics.count("streams_restored_records_total", stage="cluster"))
    assert [each async for each in reader.records("t", 0)] == [0, 1]
    assert metrics.value("streams_restored_records_total", stage="cluster") == 2
