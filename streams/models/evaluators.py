"""Two ways to find the leaves that rows reach in boosted trees, both exact; ``evaluator`` takes the faster.

Both know a tree as a heap: per level its nodes' columns and thresholds, and the values of its last level's leaves. A
node that is a leaf further up has a threshold that is no number, and all leaves below it have its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from streams.models.table import Matrix, Vector

_Numbers = npt.NDArray[np.int64]

#: Rows times trees that are walked at a time, so that their arrays stay in the processor's cache; and bytes of masks.
_AT_ONCE, _BYTES_AT_ONCE = 1 << 15, 1 << 19
#: Bits of a mask at most: there is a table of all masks. And bytes of masks that a row reads of a tree, at most: near
#: there walking is as fast (20 and 400 rows, 150 trees of four levels; of deeper and more, masks gain still).
_MOST_LEAVES, _MOST_BYTES = 16, 48


class Evaluator(Protocol):
    """Trees, ready to be asked."""

    def sums(self, rows: Matrix) -> Vector:
        """For each row the sum of the leaves that it reaches."""
        ...


class Walk:
    """Every row walks every tree, level by level: time grows with the depth, whatever the number of columns."""

    def __init__(self, columns: Sequence[_Numbers], thresholds: Sequence[Matrix], leaves: Matrix) -> None:
        """``columns`` and ``thresholds``: an array (trees, nodes) a level; ``leaves``: (trees, leaves)."""
        self.columns = [level.ravel() for level in columns]
        self.thresholds = [level.ravel() for level in thresholds]
        self.leaves, self.count = leaves.ravel(), len(leaves)

    def sums(self, rows: Matrix) -> Vector:
        total = np.empty(len(rows))
        trees = np.arange(self.count) * 2
        size = max(_AT_ONCE // max(self.count, 1), 1)
        for start in range(0, len(rows), size):
            part = np.ascontiguousarray(rows[start : start + size])
            flat = part.ravel()
            row_start = (np.arange(len(part)) * part.shape[1])[:, None]
            # Every row asks the roots alike; further down each goes its own way. A level's nodes are numbered through
            # all trees, so that the children of ``i`` are ``2i`` and ``2i+1``.
            node = trees + (part.take(self.columns[0], axis=1) > self.thresholds[0])
            for columns, thresholds in zip(self.columns[1:], self.thresholds[1:], strict=True):
                places = columns.take(node, mode="clip")
                places += row_start
                right = flat.take(places, mode="clip") > thresholds.take(node, mode="clip")
                node += node
                node += right
            total[start : start + size] = self.leaves.take(node, mode="clip").sum(axis=1)
        return total


class Masks:
    """Trees of few leaves over few columns: each value of a column rules out leaves, and the first left is reached.

    (QuickScorer's idea, Lucchese et al. 2015.) Time grows with the number of columns, whatever the depth.
    """

    def __init__(self, columns: Sequence[_Numbers], thresholds: Sequence[Matrix], leaves: Matrix) -> None:
        """As for ``Walk``; of at most ``_MOST_LEAVES`` leaves a tree."""
        numbers, width = _number_leaves(thresholds)
        self.count = len(leaves)
        #: Per tree, the values of its leaves from the left.
        values = np.zeros((self.count, width), dtype=np.float32)
        np.put_along_axis(values, numbers, leaves, axis=1)
        self.leaves, self.starts = values.ravel(), np.arange(self.count) * width
        self.used = _used_columns(columns, thresholds)
        kind = np.uint8 if width <= 8 else np.uint16
        keys: list[_Numbers] = []
        tables: list[npt.NDArray[Any]] = []
        for place, column in enumerate(self.used.tolist()):
            nodes = [(level == column) & ~np.isnan(limits) for level, limits in zip(columns, thresholds, strict=True)]
            edges = np.unique(np.concatenate([limits[at] for limits, at in zip(thresholds, nodes, strict=True)]))
            # One row for the values up to the first threshold, and one for those beyond each.
            table = np.full((len(edges) + 1, self.count), (1 << width) - 1, dtype=kind)
            for level, (limits, at) in enumerate(zip(thresholds, nodes, strict=True)):
                for tree, node in np.argwhere(at).tolist():
                    half = numbers.shape[1] >> (level + 1)
                    gone = numbers[tree, 2 * node * half : (2 * node + 1) * half]
                    beyond = int(np.searchsorted(edges, limits[tree, node])) + 1
                    table[beyond:, tree] &= kind(((1 << width) - 1) ^ ((2 << int(gone[-1])) - (1 << int(gone[0]))))
            keys.append(_keys(edges, place))
            tables.append(table)
        self.keys, self.table = np.concatenate(keys), np.concatenate(tables)

    def sums(self, rows: Matrix) -> Vector:
        total = np.empty(len(rows))
        places = np.arange(len(self.used))
        size = max(_BYTES_AT_ONCE // (len(self.used) * self.count * self.table.itemsize), 1)
        # What is found among the keys of a column stands as many rows further down the table as there are columns
        # before, each of which has one row more than thresholds.
        at = np.searchsorted(self.keys, _keys(rows.take(self.used, axis=1), places)) + places
        for start in range(0, len(rows), size):
            masks = self.table.take(at[start : start + size], axis=0, mode="clip")
            left: npt.NDArray[Any] = np.bitwise_and.reduce(masks, axis=1)
            leaf = _first_bits().take(left, mode="clip")
            leaf += self.starts
            total[start : start + size] = self.leaves.take(leaf, mode="clip").sum(axis=1)
        return total


def _number_leaves(thresholds: Sequence[Matrix]) -> tuple[_Numbers, int]:
    """The number of each last-level leaf's leaf from the left, (trees, leaves); and the most leaves of a tree."""
    depth, count = len(thresholds), len(thresholds[0])
    begins = np.zeros((count, 1 << depth), dtype=np.int64)
    for level, limits in enumerate(thresholds):
        step = 1 << (depth - level)
        begins[:, step // 2 :: step] = ~np.isnan(limits)
    numbers = np.cumsum(begins, axis=1)
    return numbers, int(numbers.max(initial=0)) + 1


def _used_columns(columns: Sequence[_Numbers], thresholds: Sequence[Matrix]) -> _Numbers:
    """The columns that any node asks for, ascending."""
    asked = [level[~np.isnan(limits)] for level, limits in zip(columns, thresholds, strict=True)]
    return np.unique(np.concatenate(asked))


def _keys(values: Matrix, column: Any) -> _Numbers:
    """Whole numbers in the order of the columns and, within one, of the values, so that one search serves all columns.

    What is no number comes first: it is not above any threshold.
    """
    # Zero has two signs in floating point, and is one number.
    bits = (np.fmax(values, np.float32(-np.inf)) + np.float32(0)).view(np.int32)
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64) + (np.asarray(column, dtype=np.int64) << 33)


@lru_cache(maxsize=1)
def _first_bits() -> _Numbers:
    """The place of the lowest bit of each number below two to the ``_MOST_LEAVES``."""
    bits = np.zeros(1 << _MOST_LEAVES, dtype=np.int64)
    for place in reversed(range(_MOST_LEAVES)):
        bits[1 << place :: 2 << place] = place
    return bits


def evaluator(columns: Sequence[_Numbers], thresholds: Sequence[Matrix], leaves: Matrix) -> Evaluator:
    """The faster way for these trees: per level columns and thresholds, (trees, nodes), and leaves, (trees, leaves)."""
    if len(leaves):
        width = _number_leaves(thresholds)[1]
        used = len(_used_columns(columns, thresholds))
        if used and width <= _MOST_LEAVES and used * (1 if width <= 8 else 2) <= _MOST_BYTES:
            return Masks(columns, thresholds, leaves)
    return Walk(columns, thresholds, leaves)
