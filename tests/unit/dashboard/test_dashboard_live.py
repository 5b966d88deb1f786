"""What open pages are told: only what they asked for, from where they stand, and never more than they can take."""

from __future__ import annotations

import asyncio
import json

import pytest

from streams.dashboard.follow.broadcast import BACKLOG, Broadcaster, decode_offsets, encode_offsets
from streams.dashboard.store.filters import Filter


@pytest.fixture
def broadcaster(newsroom):
    return Broadcaster(newsroom.index, clock=lambda: newsroom.now)


@pytest.fixture
async def ticking(broadcaster, monkeypatch):
    monkeypatch.setattr("streams.dashboard.follow.broadcast.GATHER", 0.01)
    task = asyncio.create_task(broadcaster.run())
    yield broadcaster
    task.cancel()


def events(chunks):
    """(event, data) of server-sent bytes."""
    found = []
    for block in b"".join(chunks).decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def told(got, count=1):
    """The first ``count`` events, once the stream has said them; then a moment more for what it should not say."""
    for _ in range(500):
        if len(events(got)) >= count:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.03)
    return events(got)


async def take(stream, seconds=0.1):
    """What a stream says, read by a task; it has begun to listen when this returns."""
    got = []

    async def read():
        async for chunk in stream:
            got.append(chunk)  # noqa: PERF401 - what came so far is read while it runs

    task = asyncio.create_task(read())
    await asyncio.sleep(seconds)
    return got, task


async def test_a_change_reaches_every_stream_that_wants_it_and_no_other(newsroom, ticking):
    everything, one = await take(ticking.stories(Filter(), None), 0)
    only_storms, two = await take(ticking.stories(Filter(q="storm"), None), 0)
    await asyncio.sleep(0)
    ticking.changed(newsroom.create("s1", newsroom.article("a1", "Vote in Vale")))
    assert [data["rows"][0]["id"] for event, data in await told(everything) if event == "stories"] == ["s1"]
    assert events(only_storms) == []
    for task in (one, two):
        task.cancel()


async def test_many_changes_of_one_story_are_told_once(newsroom, ticking):
    got, task = await take(ticking.stories(Filter(), None), 0)
    await asyncio.sleep(0)
    ticking.changed(newsroom.create("s1", newsroom.article("a0")))
    for number in range(1, 20):
        ticking.changed(newsroom.join("s1", newsroom.article(f"a{number}")))
    [(_, data)] = await told(got)
    assert data["rows"][0]["counts"][0] == 20
    task.cancel()


async def test_a_page_gets_what_it_missed_between_render_and_stream(newsroom, ticking):
    newsroom.create("s1", newsroom.article("a1"))
    rendered = decode_offsets(encode_offsets(newsroom.index.offsets))
    newsroom.create("s2", newsroom.article("a2"))
    got, task = await take(ticking.stories(Filter(), rendered))
    assert [row["id"] for _, data in await told(got) for row in data["rows"]] == ["s2"]
    task.cancel()


async def test_who_missed_too_much_is_told_to_load_anew(newsroom, ticking):
    for number in range(300):
        newsroom.create(f"s{number}", newsroom.article(f"a{number}"))
    got, task = await take(ticking.stories(Filter(), {}))
    assert [event for event, _ in await told(got)] == ["reset"]
    ticking.changed(newsroom.create("next", newsroom.article("next")))
    assert [event for event, _ in await told(got, 2)] == ["reset", "stories"], "and hears of what comes after"
    task.cancel()


async def test_streams_that_share_a_message_miss_nothing_that_came_after_it_was_made(newsroom, broadcaster):
    def step(stream):
        return asyncio.wait_for(anext(stream), 1)

    one, two = broadcaster.stories(Filter(), None), broadcaster.stories(Filter(), None)
    assert [await step(one), await step(two)] == [b"", b""]
    broadcaster.changed(newsroom.create("s1", newsroom.article("a1")))
    waiting = asyncio.ensure_future(step(one))
    await asyncio.sleep(0)
    broadcaster._open_gate()
    first = await waiting
    broadcaster.changed(newsroom.create("s2", newsroom.article("a2")))
    second = await step(two)
    waiting = asyncio.ensure_future(step(two))
    await asyncio.sleep(0)
    broadcaster._open_gate()
    third = await waiting
    assert second == first, "made once"
    assert b'"s2"' in third
    broadcaster.close()
    await one.aclose()
    await two.aclose()


async def test_a_stream_that_fell_behind_is_told_to_load_anew(newsroom, ticking):
    stream = ticking.stories(Filter(), None)
    got, task = await take(stream, 0)
    await asyncio.sleep(0)
    ids = newsroom.create("s1", newsroom.article("a1"))
    for _ in range(BACKLOG + 10):
        ticking.changed(ids)
    assert [event for event, _ in await told(got)] == ["reset"]
    task.cancel()


async def test_a_merge_takes_the_row_away(newsroom, ticking):
    newsroom.create("old", newsroom.article("a1"))
    newsroom.create("young", newsroom.article("a2"))
    got, task = await take(ticking.stories(Filter(), None), 0)
    await asyncio.sleep(0)
    ticking.changed(newsroom.log(newsroom.event("merged", "young", other_id="old")))
    [(_, data)] = await told(got)
    assert data["gone"] == [{"id": "young", "to": "old"}]
    assert [row["id"] for row in data["rows"]] == ["old"]
    task.cancel()


async def test_a_storys_page_hears_of_its_story_alone(newsroom, ticking):
    newsroom.create("s1", newsroom.article("a1"))
    got, task = await take(ticking.story("s1", None), 0)
    await asyncio.sleep(0)
    ticking.changed(newsroom.create("s2", newsroom.article("a2")))
    await asyncio.sleep(0.05)
    assert events(got) == []
    ticking.changed(newsroom.join("s1", newsroom.article("a3")))
    assert [event for event, _ in await told(got)] == ["changed"]
    task.cancel()


async def test_the_status_comes_first_and_again_when_it_changes(ticking):
    got, task = await take(ticking.guard(ticking.stories(Filter(), None)), 0.02)
    assert ticking.streams == 1
    await told(got)
    ticking.set_status(connected=False)
    assert [data["connected"] for event, data in await told(got, 2) if event == "status"] == [True, False]
    ticking.close()
    await asyncio.wait_for(task, 1)
    assert ticking.streams == 0


async def test_a_silent_stream_gives_signs_of_life(broadcaster, monkeypatch):
    monkeypatch.setattr("streams.dashboard.follow.broadcast.HEARTBEAT", 0.02)
    broadcaster.clock = asyncio.get_running_loop().time
    got, task = await take(broadcaster.guard(broadcaster.stories(Filter(), None)))
    for _ in range(500):
        if b": still here\n\n" in got:
            break
        await asyncio.sleep(0.01)
    assert b": still here\n\n" in got
    task.cancel()


def test_positions_survive_the_way_through_an_event_id():
    assert decode_offsets(encode_offsets({0: 12, 3: 4})) == {0: 12, 3: 4}
    assert decode_offsets("") == {}
    for wrong in ("x", "1", "1.2.3", "1.x", "-", "1.2-" * 2000):
        assert decode_offsets(wrong) is None
