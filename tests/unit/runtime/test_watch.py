"""A verdict on a stage from what the cluster says: starting, recovering, ready or stalled."""

from __future__ import annotations

import pytest

from streams.kafka.topic_id import Shape
from streams.runtime.faust.watchdog import OneTopic, ProgressSample, Readiness


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def watched(looks, *, after=6.0):
    """A verdict after looks ``(seconds, committed, end)``; ``end`` None is a broker that did not answer."""
    clock = Clock()
    verdict = Readiness(stalled_after=after, clock=clock)
    for seconds, committed, end, *flags in looks:
        clock.now = 100.0 + seconds
        assigned, restoring = flags or (True, False)
        silent = end is None
        look = ProgressSample(
            at=clock.now, committed=None if silent else {0: committed}, ends=None if silent else {0: end}
        )
        verdict.note(look, assigned=assigned, restoring=restoring)
    return verdict, clock


def test_not_yet_in_the_group_is_starting_however_long_it_takes():
    verdict, _ = watched([(0, 0, 50, False, False), (30, 0, 50, False, False)])
    assert verdict.state == "starting"


def test_commits_or_no_lag_are_ready():
    assert watched([(0, 0, 50), (5, 10, 50), (10, 20, 50)])[0].state == "ready"
    assert watched([(0, 50, 50), (60, 50, 50)])[0].state == "ready"


def test_restoring_is_recovering_and_not_a_stall():
    verdict, _ = watched([(0, 0, 50), (10, 0, 50, True, True), (15, 0, 50, True, True)])
    assert verdict.state == "recovering"


def test_lag_without_commits_is_a_stall_after_its_time():
    looks = [(0, 10, 50), (2, 10, 50), (4, 10, 50)]
    assert watched(looks)[0].state == "ready"
    verdict, _ = watched([*looks, (6.5, 10, 60)])
    assert verdict.state == "stalled"
    assert verdict.lag == 50


def test_a_silent_broker_is_a_stall_even_without_lag():
    verdict, _ = watched([(0, 50, 50), (2, 0, None), (6.5, 0, None)])
    assert verdict.state == "stalled"


def test_time_passes_although_nobody_looks():
    verdict, clock = watched([(0, 50, 50)])
    clock.now += 7
    assert verdict.state == "stalled"


def test_a_commit_ends_the_stall():
    verdict, _ = watched([(0, 10, 50), (20, 10, 50), (21, 11, 50)])
    assert verdict.state == "ready"


def test_items_that_the_pool_finishes_are_progress_but_not_while_the_broker_is_silent():
    verdict, clock = watched([(0, 10, 50)])
    for seconds in range(2, 20, 2):
        clock.now = 100.0 + seconds
        verdict.note(ProgressSample(at=clock.now, committed={0: 10}, ends={0: 50}), assigned=True, restoring=False,
                     worked_at=clock.now - 1)  # fmt: skip
    assert verdict.state == "ready"
    clock.now += 7
    verdict.note(
        ProgressSample(at=clock.now, committed=None, ends=None), assigned=True, restoring=False, worked_at=clock.now
    )
    assert verdict.state == "stalled"


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["a", "a", "a"], [None, None, None]),
        ([None, "a", "a"], [None, None, None]),  # not there yet
        (["a", None, None], [None, None, "was deleted while"]),
        (["a", None, "a", None, "a"], [None] * 5),  # a broker that has just started
        (["a", None, "b"], [None, None, "was deleted and made again while"]),
        (["a", "untold", "a", "b"], [None, None, None, "was deleted and made again while"]),
        (["untold", "a", "b"], [None, None, "was deleted and made again while"]),
        (["a", "b"], [None, "was deleted and made again while"]),
        (["untold", None, None], [None, None, "was deleted while"]),
    ],
)
def test_a_topic_that_is_another_ends_the_stage(ids, said):
    one = OneTopic("news.articles.raw")
    found = [one.note(Shape(id_, 2) if id_ else None) for id_ in ids]
    assert [each and part in each for each, part in zip(found, said, strict=True)] == [part and True for part in said]


def test_partitions_that_are_added_end_the_stage():
    one = OneTopic("news.articles.raw")
    assert [one.note(Shape("a", count)) for count in (0, 2, 2, 0, 2)] == [None] * 5
    assert "partitions were added" in (one.note(Shape("a", 3)) or "")
