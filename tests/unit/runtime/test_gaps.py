"""What retention took before a stage had read it is said and counted; other gaps in the offsets are none."""

from __future__ import annotations

import logging

import pytest

from streams.metrics import Metrics
from streams.runtime.gaps import Gaps, WentBackError
from streams.runtime.messages import Incoming


class Offsets:
    """A cluster whose topic begins at ``first``; ``asked`` counts the questions."""

    def __init__(self, committed: int | None, first: int) -> None:
        self.group, self.first, self.asked = committed, first, 0

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        assert (group, topic, partition) == ("news.tag", "news.articles.clean", 0)
        self.asked += 1
        return self.group

    async def beginning(self, topic: str, partition: int) -> int:
        del topic, partition
        self.asked += 1
        return self.first


def batch(*offsets: int) -> list[Incoming]:
    return [Incoming(topic="news.articles.clean", partition=0, offset=n, key=b"k", value=b"") for n in offsets]


@pytest.mark.parametrize(
    ("committed", "first", "offsets", "lost"),
    [
        (10, 17, (17, 18), 7),  # passed while the stage was stopped
        (10, 10, (10, 11), 0),
        (10, 0, (4, 5), 0),  # redelivered
        (None, 17, (17,), 0),  # the group is new: it never had a claim on them
        (10, 0, (12, 14), 0),  # markers of transactions
        (10, 20, (10, 11, 20), 8),  # passed while the stage was running
    ],
)
async def test_what_was_deleted_unread_is_named(caplog, committed, first, offsets, lost):
    metrics = Metrics()
    gaps = Gaps("tag", "news.tag", metrics, Offsets(committed, first))
    with caplog.at_level(logging.WARNING):
        await gaps.check(batch(*offsets))
    assert metrics.value("streams_gap_records_total", stage="tag") == lost
    assert (f"{lost} records were deleted before tag had read them" in caplog.text) == (lost > 0)


async def test_the_cluster_is_asked_once_an_assignment(caplog):
    offsets = Offsets(0, 0)
    gaps = Gaps("tag", "news.tag", Metrics(), offsets)
    for n in range(5):
        await gaps.check(batch(2 * n, 2 * n + 1))
    assert offsets.asked == 1
    gaps.forget([0])
    offsets.group, offsets.first = 10, 14
    await gaps.check(batch(14))
    assert "(offsets 10 to 13)" in caplog.text


async def test_offsets_that_begin_anew_end_the_stage():
    """A consumer whose topic was made again under it is set back to the beginning: what it reads is of another life."""
    gaps = Gaps("tag", "news.tag", Metrics(), Offsets(10, 0))
    await gaps.check(batch(4, 5))  # redelivered: before what was committed, not before what came
    with pytest.raises(WentBackError, match="goes on at offset 0 after 5"):
        await gaps.check(batch(0))
    gaps.forget([0])
    await gaps.check(batch(0))
