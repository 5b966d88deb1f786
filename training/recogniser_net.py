"""The fast recogniser's network as it learns: the same two layers as ``fast_net.py``, in floating point, with slopes.

Softmax over the labels of each word, Adam (Kingma & Ba, 2015) with the step falling to nothing; a share of the types
loses its spelling for a while, so that what is known of words never met is learned too, and a share of what the layers
give is left out (Srivastava et al., 2014).
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.stages.tag.ner.fast_net import BEYOND, NEAR, Floats, Ints
from streams.stages.tag.ner.fast_words import PLACES

_sparse: Any = importlib.import_module("scipy.sparse")

#: Adam's, and the share of the layers' numbers left out; as usual.
_SLOW, _SQUARES, _TINY = 0.9, 0.99, 1e-8
_LEFT_OUT = 0.1


class Net:
    """Weights, and Adam's memory of their slopes.

    Args:
        features, labels: how many there are.
        vector, first, second: numbers of a type's vector and in the layers.
    """

    def __init__(self, features: int, labels: int, *, vector: int, first: int, second: int, seed: int) -> None:
        random = np.random.default_rng(seed)

        def normal(rows: int, columns: int, scale: float) -> Floats:
            return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

        wide = (2 * BEYOND + 1) * first
        self.weights: dict[str, Floats] = {
            "vectors": normal(features, vector, 0.15),
            "window": normal(vector, (2 * NEAR + 1) * first, vector**-0.5),
            "places": normal(3 * PLACES, first, 0.05),
            "bias": np.zeros(first, dtype=np.float32),
            "layer": normal(wide, second, (1.5 / wide) ** 0.5),
            "layer_bias": np.zeros(second, dtype=np.float32),
            "out": normal(first + second, labels, (first + second) ** -0.5),
            "out_bias": np.zeros(labels, dtype=np.float32),
        }
        self._first = first
        self._means = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._squares = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._steps = 0

    def layers(self, matrix: Any, types: Ints, places: Ints) -> tuple[Floats, Floats, Floats]:
        """The sums of the first layer, what the second sees of it, and the second's sums.

        Args:
            matrix: types by features, sparse.
            types, places: of the words, as in ``NetWeights.score``.
        """
        weights, first, count = self.weights, self._first, len(types)
        unique, inverse = np.unique(types, return_inverse=True)
        projected = (matrix[unique] @ weights["vectors"] @ weights["window"]).reshape(len(unique), -1, first)
        sums = np.tile(weights["bias"], (count, 1))
        for offset, here, there in _offsets(count, NEAR):
            sums[here] += projected[inverse[there], offset + NEAR]
        for offset, here, there in _offsets(count, 1):
            sums[here] += weights["places"][places[there] + (offset + 1) * PLACES]
        near = np.maximum(sums, 0)
        wide = np.zeros((count, (2 * BEYOND + 1) * first), dtype=np.float32)
        for offset, here, there in _offsets(count, BEYOND):
            wide[here, (offset + BEYOND) * first : (offset + BEYOND + 1) * first] = near[there]
        return sums, wide, wide @ weights["layer"] + weights["layer_bias"]

    def score(self, matrix: Any, types: Ints, places: Ints) -> Floats:
        """Words by labels."""
        sums, _, far = self.layers(matrix, types, places)
        given = np.maximum(np.concatenate([sums, far], axis=1), 0)
        return np.asarray(given @ self.weights["out"] + self.weights["out_bias"], dtype=np.float32)

    def learn(self, matrix: Any, words: tuple[Ints, Ints, Ints], step: float, random: np.random.Generator) -> float:
        """One step on some texts; the mean loss of their words, nats.

        Args:
            words: types, places and labels; a label below 0 counts nothing.
            step: Adam's step size.
        """
        types, places, labels = words
        weights, first, count = self.weights, self._first, len(types)
        sums, wide, far = self.layers(matrix, types, places)
        kept = (random.random((count, first + far.shape[1]), dtype=np.float32) >= _LEFT_OUT) / np.float32(1 - _LEFT_OUT)
        given = np.maximum(np.concatenate([sums, far], axis=1), 0) * kept
        scores = given @ weights["out"] + weights["out_bias"]
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        counts = labels >= 0
        right = np.flatnonzero(counts), labels[counts]
        loss = -np.log(likely[right] + 1e-9).mean()
        likely[right] -= 1
        slope = likely * (counts / counts.sum())[:, None].astype(np.float32)
        back = slope @ weights["out"].T * kept
        far_slope = back[:, first:] * (far > 0)
        wide_slope = far_slope @ weights["layer"].T
        near_slope = back[:, :first]
        for offset, here, there in _offsets(count, BEYOND):
            near_slope[there] += wide_slope[here, (offset + BEYOND) * first : (offset + BEYOND + 1) * first]
        near_slope = near_slope * (sums > 0)
        slopes = {
            "out": given.T @ slope, "out_bias": slope.sum(axis=0),
            "layer": wide.T @ far_slope, "layer_bias": far_slope.sum(axis=0),
            "bias": near_slope.sum(axis=0), "places": _placed(near_slope, places),
        }  # fmt: skip
        unique, inverse = np.unique(types, return_inverse=True)
        some = matrix[unique]
        vectors = some @ weights["vectors"]
        of_types = _one_hot(inverse, len(unique))
        projected = np.zeros((len(unique), 2 * NEAR + 1, first), dtype=np.float32)
        for offset, here, there in _offsets(count, NEAR):
            moved = np.zeros_like(near_slope)
            moved[there] = near_slope[here]
            projected[:, offset + NEAR] = of_types @ moved
        flat = projected.reshape(len(unique), -1)
        slopes["window"] = vectors.T @ flat
        by_feature = some.T.tocsr()
        rows = np.flatnonzero(np.diff(by_feature.indptr))
        vector_slopes = by_feature[rows] @ (flat @ weights["window"].T)
        self._steps += 1
        step *= (1 - _SQUARES**self._steps) ** 0.5 / (1 - _SLOW**self._steps)
        for name, value in slopes.items():
            self._move(name, slice(None), value, step)
        self._move("vectors", rows, vector_slopes, step)
        return float(loss)

    def _move(self, name: str, rows: slice | NDArray[np.intp], slope: Floats, step: float) -> None:
        """Adam, for the rows that have a slope."""
        mean = _SLOW * self._means[name][rows] + (1 - _SLOW) * slope
        square = _SQUARES * self._squares[name][rows] + (1 - _SQUARES) * slope * slope
        self._means[name][rows], self._squares[name][rows] = mean, square
        self.weights[name][rows] -= np.float32(step) * mean / (np.sqrt(square) + _TINY)


def _offsets(count: int, reach: int) -> list[tuple[int, slice, slice]]:
    """For each offset up to ``reach`` the words that have one there, and those."""
    return [
        (offset, slice(max(0, -offset), count - max(0, offset)), slice(max(0, offset), count - max(0, -offset)))
        for offset in range(-reach, reach + 1)
    ]


def _one_hot(numbers: Ints, count: int) -> Any:
    """``count`` by words: 1 where a word has the number."""
    ones = np.ones(len(numbers), dtype=np.float32)
    return _sparse.csr_matrix((ones, (numbers, np.arange(len(numbers)))), shape=(count, len(numbers)))


def _placed(slope: Floats, places: Ints) -> Floats:
    count = len(places)
    parts = [_one_hot(places[there], PLACES) @ slope[here] for _, here, there in _offsets(count, 1)]
    return np.concatenate(parts)
