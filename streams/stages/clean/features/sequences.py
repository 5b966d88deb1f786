"""What lines know of the lines around them: sums, neighbours, distances over a column of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.models.table import Vector


def beside(columns: Vector, offsets: Sequence[int], fill: float = -1.0) -> Vector:
    """For each offset the columns (rows, columns) with each row's being those of the row so far below it (``fill``
    beyond the ends), beside one another."""
    reach = max(map(abs, offsets))
    padded = np.full((len(columns) + 2 * reach, columns.shape[1]), fill)
    padded[reach : reach + len(columns)] = columns
    return np.concatenate([padded[reach + offset :][: len(columns)] for offset in offsets], axis=1)


def sums(column: Vector) -> Vector:
    """The sums over the rows before each, and, last, over all."""
    total = np.zeros(len(column) + 1)
    np.cumsum(column, out=total[1:])
    return total


def within(total: Vector, reach: int) -> Vector:
    """The sum over the ``reach`` rows before and after each row, itself included; ``total`` is what ``sums`` gives."""
    count = len(total) - 1
    if count <= reach:
        return np.full(count, total[-1])
    result = np.full(count, total[-1])
    result[: count - reach] = total[reach + 1 :]
    result[reach:] -= total[: count - reach]
    return result


def around(column: Vector, reach: int) -> Vector:
    """The sum over the ``reach`` rows before and after each row, itself included."""
    return within(sums(column), reach)


def before(column: Vector) -> Vector:
    """The sum over the rows before each row."""
    return np.cumsum(column) - column


def since(flags: Vector, limit: float = 50.0) -> Vector:
    """Rows since the last flagged row before each (0: the row itself), at most ``limit``."""
    at = np.arange(len(flags), dtype=np.float64)
    last = np.maximum.accumulate(np.where(flags > 0, at, -limit))
    return np.minimum(at - last, limit)


def core_of(words: Vector, prose: Vector) -> tuple[int, int]:
    """First and last line of the densest stretch of running text (Kadane's maximum sum).

    Lines of prose count their words, each other line costs four: a heading and a caption between two paragraphs do
    not part an article, thirty links do. (Best of 2, 4, 8 on the development dumps.)
    """
    best, current, start, span = 0.0, 0.0, 0, (0, len(words) - 1)
    for index, gain in enumerate(np.where(prose > 0, np.minimum(words, 120), -4.0).tolist()):
        if current <= 0:
            current, start = 0.0, index
        current += gain
        if current > best:
            best, span = current, (start, index)
    return span
