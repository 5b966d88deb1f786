"""Counting what a story's members have: exact for a few, close for many, and right through every coming and going."""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from streams.stages.cluster.lifecycle.distinct import KEPT, counted, estimate, may_hold, merged

values = st.integers(0, 40).map(lambda number: f"by:outlet-{number}")


@given(st.lists(st.tuples(values, st.booleans())))
def test_it_is_a_count_of_what_is_left(steps: list[tuple[str, bool]]) -> None:
    packed, left = "", Counter[str]()
    for value, comes in steps:
        if comes:
            packed, left[value] = counted(packed, plus=[value]), left[value] + 1
        else:
            packed, left[value] = counted(packed, minus=[value]), max(0, left[value] - 1)
        assert estimate(packed) == sum(count > 0 for count in left.values())
    assert all(may_hold(packed, value) == (left[value] > 0) for value, _ in steps)
    # The bytes follow from what is there, not from how it came about.
    assert packed == counted("", plus=left.elements())


@given(st.lists(values), st.lists(values), st.lists(values))
def test_merging_adds_up_whatever_the_order(one: list[str], two: list[str], three: list[str]) -> None:
    a, b, c = (counted("", plus=some) for some in (one, two, three))
    assert merged(a, b) == merged(b, a) == counted("", plus=[*one, *two])
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert counted(merged(a, b), minus=two) == a


def test_it_is_exact_to_its_size_and_close_beyond() -> None:
    names = [f"by:outlet-{number}" for number in range(20_000)]
    for count in (1, 24, KEPT - 1, KEPT):
        assert estimate(counted("", plus=names[:count])) == count
    errors = []
    for start, count in product(range(0, 20_000, 1000), (KEPT + 1, 1000)):
        packed = counted("", plus=names[start : start + count])
        assert len(packed) < 2800
        errors.append(estimate(packed) / count - 1)
    # The standard error is 1 / √255: single draws stay within four of it, the mean of independent ones near nothing.
    assert max(map(abs, errors)) < 4 / (KEPT - 1) ** 0.5
    assert abs(sum(errors[1::2])) / 20 < 0.03
    assert abs(estimate(counted("", plus=names)) / 20_000 - 1) < 4 / (KEPT - 1) ** 0.5


def test_of_many_what_leaves_is_no_longer_counted() -> None:
    names = [f"by:outlet-{number}" for number in range(4000)]
    packed = counted("", plus=names)
    for name in names[1000:]:
        packed = counted(packed, minus=[name])
    assert abs(estimate(packed) - 1000) < 4 * 1000 / (KEPT / 4) ** 0.5
    assert estimate(counted(packed, minus=names[:1000])) == 0
    assert merged(packed, counted("", plus=names[:1000])) == counted(packed, plus=names[:1000])


def test_many_members_of_one_outlet_are_one_outlet() -> None:
    packed = counted("", plus=["Post"] * 10_000)
    assert estimate(packed) == 1
    assert counted(packed, minus=["Post"] * 9999) == counted("", plus=["Post"])
