"""The two ways of evaluating trees: the same, to the bit, as asking node by node."""

import numpy as np
import numpy.typing as npt
import pytest

from streams.models.evaluators import Masks, Walk, evaluator

Array = npt.NDArray[np.float32]


def grown(
    random: np.random.Generator, count: int, depth: int, width: int, most: int
) -> tuple[list[npt.NDArray[np.int64]], list[Array], Array]:
    """Trees of at most ``most`` leaves, some of which end above the last level."""
    columns = [random.integers(0, width, (count, 1 << level)) for level in range(depth)]
    thresholds = [np.full((count, 1 << level), np.nan, dtype=np.float32) for level in range(depth)]
    leaves = np.zeros((count, 1 << depth), dtype=np.float32)
    for tree in range(count):
        ends, splits = [(0, 0)], 0
        while ends:
            level, node = ends.pop(int(random.integers(len(ends))))
            if level < depth and splits < most - 1:
                thresholds[level][tree, node] = random.choice([-2, -1, -0.0, 0, 1, 2, np.inf])
                ends += [(level + 1, 2 * node), (level + 1, 2 * node + 1)]
                splits += 1
            else:
                share = 1 << (depth - level)
                leaves[tree, node * share : (node + 1) * share] = random.normal()
    return columns, thresholds, leaves


def asked(columns: list[npt.NDArray[np.int64]], thresholds: list[Array], leaves: Array, rows: Array) -> list[float]:
    found = []
    for row in rows:
        values = []
        for tree in range(len(leaves)):
            node = 0
            for level, limits in zip(columns, thresholds, strict=True):
                node = 2 * node + int(row[level[tree, node]] > limits[tree, node])
            values.append(leaves[tree, node])
        found.append(float(np.array(values, dtype=np.float32).sum()))
    return found


@pytest.mark.parametrize(("depth", "most"), [(1, 2), (3, 8), (4, 9), (4, 16), (6, 12)])
def test_walking_and_masks_are_what_the_nodes_say(depth: int, most: int) -> None:
    random = np.random.default_rng(depth + most)
    trees = grown(random, 30, depth, 5, most)
    # On the thresholds, right beside them, and beyond all.
    rows = random.choice(np.array([-2, -1, -0.0, 0, 1, 2, np.nan, np.inf, -np.inf], dtype=np.float32), (300, 5))
    rows[:100] = np.nextafter(rows[:100], np.float32(9))
    expected = asked(*trees, rows)
    assert Walk(*trees).sums(rows).tolist() == expected
    assert Masks(*trees).sums(rows).tolist() == expected


def test_no_rows_are_no_sums() -> None:
    trees = grown(np.random.default_rng(0), 3, 2, 2, 4)
    for kind in (Walk, Masks):
        assert kind(*trees).sums(np.zeros((0, 2), dtype=np.float32)).tolist() == []


def test_masks_serve_small_trees_over_few_columns() -> None:
    random = np.random.default_rng(1)
    assert isinstance(evaluator(*grown(random, 5, 4, 8, 8)), Masks)
    assert isinstance(evaluator(*grown(random, 50, 6, 8, 40)), Walk)
    assert isinstance(evaluator(*grown(random, 50, 4, 200, 16)), Walk)


def test_trees_that_ask_nothing_are_their_leaves() -> None:
    trees = grown(np.random.default_rng(2), 2, 2, 3, 1)
    rows = np.zeros((2, 3), dtype=np.float32)
    assert evaluator(*trees).sums(rows).tolist() == asked(*trees, rows)
