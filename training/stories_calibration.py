"""Whether a decision's probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.stages.cluster.match.join_model import JoinWeights
from training.stories_learning import History, weights_of

BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """By tenths of the probability: how many decisions, what was said on the average, and how often it was right."""

    share: tuple[float, ...]
    said: tuple[float, ...]
    right: tuple[float, ...]

    @property
    def error(self) -> float:
        """The expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean gap, by how many it is of."""
        return sum(
            share * abs(said - right) for share, said, right in zip(self.share, self.said, self.right, strict=True)
        )


def reliability(chances: Sequence[float], right: Sequence[bool], weights: Sequence[float]) -> Reliability:
    """The reliability of probabilities (0 to 1), each with the weight of its row.

    >>> one = reliability([0.9, 0.9, 0.1, 0.1], [True, False, False, False], [1, 1, 1, 1])
    >>> round(one.error, 2)
    0.25
    """
    said, true, held = np.asarray(chances, float), np.asarray(right, float), np.asarray(weights, float)
    place = np.minimum((said * BINS).astype(int), BINS - 1)

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(place, values, minlength=BINS).astype(np.float64)

    whole = total(held)
    safe = np.maximum(whole, 1e-12)
    return Reliability(
        tuple((whole / held.sum()).tolist()),
        tuple((total(held * said) / safe).tolist()),
        tuple((total(held * true) / safe).tolist()),
    )


def of_history(model: JoinWeights, scaled: NDArray[np.float64], part: History) -> Reliability:
    """The reliability of a decision on the contenders of a corpus, stories counting by the root of their rows."""
    log_odds = scaled @ np.array(model.weights) + model.bias
    chances = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0)))
    return reliability(chances.tolist(), part.right.tolist(), weights_of(part).tolist())
