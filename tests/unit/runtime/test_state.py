"""Rows of another version are built anew from the log, never mixed; those of a newer one are left alone."""

from __future__ import annotations

import pytest
from log_in_memory import Log, article, decided, drive, message, run

from streams.contracts import codec
from streams.contracts.topology import STATE_CLUSTER
from streams.metrics import Metrics
from streams.runtime import state
from streams.runtime.messages import Outgoing
from streams.runtime.stages.cluster import ClusterStage
from streams.settings import load


async def rows_of(log: Log) -> dict[str, bytes]:
    return await log.rows("news.state.cluster", 0)


def put(log: Log, key: str, value: bytes) -> None:
    log.take([Outgoing(topic=STATE_CLUSTER, key=key.encode(), value=value, partition=0)])


ARTICLES = [article(f"a-{n}", ("harbour ferry", "vote recount", "storm roof")[n % 3]) for n in range(12)]


async def ran(log: Log, upto: int = 12) -> dict[str, bytes]:
    await run(log, ARTICLES[:upto])
    log.inputs = {n: codec.encode(one) for n, one in enumerate(ARTICLES)}
    return await rows_of(log)


async def test_rows_are_stamped(log):
    assert (await ran(log))[state.STAMP_ROW] == state.stamp()


async def test_rows_without_a_stamp_are_of_the_first_version(log):
    await ran(log, 6)
    log.take([Outgoing(topic=STATE_CLUSTER, key=state.STAMP_ROW.encode(), value=None, partition=0)])
    before = await rows_of(log)
    await run(log, ARTICLES[6:8], start=6)
    after = await rows_of(log)
    assert after[state.STAMP_ROW] == state.stamp()
    assert before.keys() < after.keys()


@pytest.mark.parametrize(
    "stamp",
    [
        codec.encode({"version": 0, "fingerprint": state.fingerprint()}),
        codec.encode({"version": 1, "fingerprint": "of other features"}),
        b"nonsense",
        b"[]",
    ],
)
async def test_other_rows_are_built_anew_and_stories_go_on(log, stamp):
    before = await ran(log, 9)
    put(log, state.STAMP_ROW, stamp)
    put(log, "s/of-the-old-form", b'{"who":"knows"}')
    await run(log, ARTICLES[9:], start=9)
    after = await rows_of(log)
    assert "s/of-the-old-form" not in after
    assert after[state.STAMP_ROW] == state.stamp()
    untouched = {key for key in before if key.startswith("a/")}
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}
    assert decided(log) == [one.id for one in ARTICLES]

    whole = Log()
    await run(whole, ARTICLES)
    assert after == await rows_of(whole)


async def test_a_row_that_cannot_be_read_is_no_death_loop(log):
    before = await ran(log, 9)
    put(log, "a/a-3", b"\xff")
    await run(log, ARTICLES[9:10], start=9)
    assert (await rows_of(log))["a/a-3"] == before["a/a-3"]


async def test_articles_that_the_topic_no_longer_holds_stay_in_their_stories(log):
    before = await ran(log, 9)
    put(log, state.STAMP_ROW, codec.encode({"version": 0, "fingerprint": ""}))
    log.inputs = {n: codec.encode(ARTICLES[n]) for n in range(5, 12)}
    await run(log, ARTICLES[9:10], start=9)
    after = await rows_of(log)
    stories = [key for key in before if key.startswith("s/")]
    members = {key: codec.loads(after[key])["story"] for key in before if key.startswith("a/")}
    assert members == {key: codec.loads(before[key])["story"] for key in members}
    assert all(codec.loads(after[key])["profile"] for key in stories)


async def test_newer_rows_are_left_alone(log):
    await ran(log, 3)
    put(log, state.STAMP_ROW, codec.encode({"version": state.STATE_VERSION + 1, "fingerprint": "x"}))
    count = len(log.published)
    with pytest.raises(state.NewerStateError, match="start the newer release"):
        await run(log, ARTICLES[3:5], start=3)
    assert len(log.published) == count


@pytest.mark.parametrize("unreadable", [False, True])
@pytest.mark.parametrize("written", [0, 1, 2, 5, 11, 14])
async def test_a_kill_while_rows_are_written_anew_leaves_no_part_as_the_whole(log, written, unreadable):
    await ran(log, 9)
    if unreadable:
        put(log, "a/a-3", b"\xff")
    else:
        log.published = [out for out in log.published if out.topic is not STATE_CLUSTER]
    stage = ClusterStage(load(), Metrics(), log)
    killed_at = len(log.published) + 1 + written  # after the decision and some of the rows
    await drive(stage, log, [message("articles.tagged", 9, ARTICLES[9])], stop_after=killed_at)
    assert len(log.published) == killed_at
    await run(log, ARTICLES[9:], start=9)
    assert decided(log) == [one.id for one in ARTICLES]

    whole = Log()
    await run(whole, ARTICLES)
    assert await rows_of(log) == await rows_of(whole)
