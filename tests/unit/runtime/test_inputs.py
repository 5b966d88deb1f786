"""Partitions that were added, another topic of the same name, cleaning's rows lost: each recognised and answered."""

from __future__ import annotations

import logging

import pytest
from log_in_memory import BODY, Log, article, clean_stage, decided, drive, message

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle
from streams.contracts.topology import STATE_CLEAN, STATE_CLUSTER
from streams.metrics import Metrics
from streams.runtime import inputs
from streams.runtime.inputs import INPUT_ROW, Input, PartitionsError
from streams.runtime.messages import Outgoing
from streams.runtime.stages.cluster import ClusterStage
from streams.settings import load

ARTICLES = [article(f"a-{n}") for n in range(6)]


async def cluster(log: Log, articles, start: int = 0, *, stop_after: int | None = None) -> None:
    stage = ClusterStage(load(), Metrics(), log)
    batch = [message("articles.tagged", start + n, one) for n, one in enumerate(articles)]
    await drive(stage, log, batch, stop_after=stop_after)


def raws(text: str, count: int = 5) -> list[RawArticle]:
    return [RawArticle(id=f"r{n}", content=f"{text} {n}. {BODY}", source="Outlet") for n in range(count)]


async def clean(log: Log, batch: list[RawArticle], start: int = 0, **how) -> list[int]:
    """The revisions that were published."""
    metrics = how.pop("metrics", Metrics())
    stage, before = clean_stage(log, metrics), len(log.on("articles.clean"))
    await drive(stage, log, [message("articles.raw", start + n, raw) for n, raw in enumerate(batch)], **how)
    return [codec.decode(CleanArticle, out.value or b"").revision for out in log.on("articles.clean")[before:]]


def rows_but_of_input(log: Log, topic: str) -> list[tuple[bytes, bytes]]:
    last = {out.key: out.value for out in log.on(topic) if out.key != INPUT_ROW.encode()}
    return sorted((key, value) for key, value in last.items() if key is not None and value is not None)


def lose(log: Log, topic: str) -> None:
    log.published = [out for out in log.published if out.topic.name != topic]


@pytest.mark.parametrize("grown", [True, False])
async def test_a_stage_with_state_does_not_go_on_where_keys_have_moved(log, grown):
    log.shape = Input(partitions=2, id="a")
    await cluster(log, ARTICLES[:3])
    await clean(log, raws("First."))
    if grown:
        log.shape = Input(partitions=3, id="a")
    count = len(log.published)
    for run in (cluster(log, ARTICLES[3:], 3), clean(log, raws("Second."), 5)):
        if grown:
            with pytest.raises(PartitionsError, match=r"has 3 partitions, but what this stage knows was made of 2"):
                await run
        else:
            await run
    assert (len(log.published) == count) is grown


async def test_a_partition_that_was_added_is_told_by_the_others(log):
    """It has no rows itself that could say."""
    log.shape = Input(partitions=1, id="a")
    await cluster(log, ARTICLES[:3])
    log.shape = Input(partitions=2, id="a")
    stage = ClusterStage(load(), Metrics(), log)
    with pytest.raises(PartitionsError):
        await drive(stage, log, [message("articles.tagged", 0, ARTICLES[3], partition=1)])


async def test_the_start_tells_before_the_first_record(log, caplog):
    metrics = Metrics()

    async def start(stage):
        await inputs.check_at_start(log, stage, "news", metrics)

    log.shape = Input(partitions=2, id="a")
    await start("cluster")
    await cluster(log, ARTICLES[:3])
    await start("cluster")
    assert not caplog.records
    log.shape = Input(partitions=3, id="a")
    with pytest.raises(PartitionsError, match="when-topics-change"):
        await start("cluster")
    # Tagging knows nothing of keys.
    log.counts = {"news.articles.tagged": 2}
    with caplog.at_level(logging.WARNING):
        await start("tag")
    assert "news.articles.clean has 3, but articles.tagged 2" in caplog.text
    assert metrics.value("streams_topic_partitions", stage="tag", topic="articles.tagged") == 2
    assert metrics.value("streams_topic_partitions", stage="tag", topic="articles.clean") == 3
    # Nothing is known yet, but there would be nowhere to write.
    lose(log, "state.cluster")
    log.counts = {"news.story-events": 2}
    with pytest.raises(PartitionsError, match="story-events, which is written as it is read, only 2"):
        await start("cluster")


async def test_the_same_articles_in_a_topic_made_again_are_told_by_its_id(log, caplog):
    """Told by its articles it would be the old one."""
    log.shape = Input(partitions=1, id="old")
    await cluster(log, ARTICLES)
    log.shape = Input(partitions=1, id="new")
    other = article("b-0", "parliament budget vote")
    with caplog.at_level(logging.WARNING):
        await cluster(log, [*ARTICLES[:3], other, *ARTICLES[3:]])
    assert "Kafka has another id for it" in caplog.text
    assert decided(log) == [*(one.id for one in ARTICLES), "b-0"]
    assert not log.on("dead-letters")
    # From then on that is the topic which was worked on.
    caplog.clear()
    await cluster(log, [article("c-0")], 7)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert decided(log)[-1] == "c-0"


@pytest.mark.parametrize("written", range(6))
async def test_a_kill_in_the_first_batch_of_a_new_topic_decides_nothing_twice(log, written):
    log.shape = Input(partitions=1, id="old")
    await cluster(log, ARTICLES[:2])
    log.shape = Input(partitions=1, id="new")
    again = [*ARTICLES[:2], *(article(f"b-{n}", "storm roof school") for n in range(3))]
    await cluster(log, again, stop_after=len(log.published) + written)
    await cluster(log, again)
    assert decided(log) == ["a-0", "a-1", "b-0", "b-1", "b-2"]


async def test_cleaning_counts_from_the_id_of_its_topic_too(log):
    log.shape = Input(partitions=1, id="old")
    assert await clean(log, raws("First.")) == [0] * 5
    log.shape = Input(partitions=1, id="new")
    assert await clean(log, raws("First.")) == [0] * 5  # unchanged
    assert await clean(log, raws("Second."), 5) == [1] * 5
    (row,) = {out.value for out in log.on("state.clean") if out.key == INPUT_ROW.encode()} - {
        inputs.row_out(STATE_CLEAN, 0, Input(partitions=1, id="old")).value
    }
    assert inputs.read(row) == Input(partitions=1, id="new", base=5)


async def test_rows_of_cleaning_that_are_lost_are_built_anew_from_the_logs(log, caplog):
    for number, text in enumerate(("First.", "Second.", "Second.", "Third.")):
        await clean(log, raws(text), number * 5)
    before = rows_but_of_input(log, "state.clean")
    lose(log, "state.clean")
    metrics = Metrics()
    with caplog.at_level(logging.WARNING):
        assert await clean(log, raws("Fourth."), 20, metrics=metrics) == [3] * 5
    assert "news.state.clean, partition 0, was lost: built anew from the logs" in caplog.text
    assert metrics.value("streams_state_rebuilds_total", stage="clean") == 1
    # The rows are those that were lost, and those of the last batch.
    after = dict(rows_but_of_input(log, "state.clean"))
    assert {key for key, _ in before} < after.keys()
    assert all(after[key] == value for key, value in before if key.startswith(b"host:"))
    revisions = [codec.loads(value) for key, value in after.items() if key.startswith(b"rev:")]
    assert [[place % 5 == n for n, (place, _) in enumerate(changes)] for _, changes in revisions]
    assert all([place // 5 for place, _ in changes] == [0, 1, 3, 4] and not counted for counted, changes in revisions)


async def test_a_first_start_is_no_loss_nor_is_a_partition_that_begins_later(log, caplog):
    log.shape = Input(partitions=3, id="a")
    metrics = Metrics()
    with caplog.at_level(logging.WARNING):
        await clean(log, raws("First."), metrics=metrics)
        for partition in (1, 2):
            stage = clean_stage(log, metrics)
            await drive(stage, log, [message("articles.raw", 0, RawArticle(id="x", content=BODY), partition=partition)])
    assert not caplog.records
    assert metrics.value("streams_state_rebuilds_total", stage="clean") == 0
    assert not [out for out in log.on("state.clean") if out.partition == 1 and b"rev:r" in out.key]


@pytest.mark.parametrize("written", [*range(8), 12, 20])
async def test_a_kill_while_cleanings_rows_are_built_anew_leaves_no_part_as_the_whole(log, written):
    await clean(log, raws("First."))
    await clean(log, raws("Second."), 5)
    lose(log, "state.clean")
    # After the five articles come the rows.
    await clean(log, raws("Third."), 10, stop_after=len(log.published) + 5 + written)
    again = await clean(log, raws("Third."), 10)
    assert again == [2] * 5
    assert await clean(log, raws("Fourth."), 15) == [3] * 5


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_revisions_follow_articles_to_another_partition_once_the_rows_are_let_go(log, order):
    """What operate.md tells to do where partitions were added: delete the state topic. Every article goes on where it
    left off, wherever it comes from now, and whichever partition begins."""
    log.shape = Input(partitions=2, id="a")
    for partition in (0, 1):
        for number, text in enumerate(("First.", "Second.")):
            batch = [RawArticle(id=f"p{partition}-r{n}", content=f"{text} {n}. {BODY}") for n in range(3)]
            messages = [
                message("articles.raw", 3 * number + n, raw, partition=partition) for n, raw in enumerate(batch)
            ]
            await drive(clean_stage(log, Metrics()), log, messages)
    lose(log, "state.clean")
    log.shape, log.sent = Input(partitions=3, id="a"), {}
    for n, to in enumerate(order):
        moved = [RawArticle(id=f"p{partition}-r{n}", content=f"Third. {n}. {BODY}") for partition in (0, 1)]
        start, before = (0 if to == 2 else 6), len(log.on("articles.clean"))
        messages = [message("articles.raw", start + at, raw, partition=to) for at, raw in enumerate(moved)]
        await drive(clean_stage(log, Metrics()), log, messages)
        made = [codec.decode(CleanArticle, out.value) for out in log.on("articles.clean")[before:]]
        assert [one.revision for one in made] == [2, 2]


async def test_what_the_row_says_may_be_nonsense(log):
    await cluster(log, ARTICLES[:2])
    for value in (b"", b"[]", b"\xff", b'{"partitions":"x","id":null,"base":0}'):
        log.take([Outgoing(topic=STATE_CLUSTER, key=INPUT_ROW.encode(), value=value, partition=0)])
        await cluster(log, ARTICLES[2:3], 2)
    assert decided(log) == ["a-0", "a-1", "a-2"]
