"""Learning how likely two articles are about one event: pairs that streams of true stories would have compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.models.trees import Trees, dump
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS
from streams.stages.cluster.match.nearest import parse_pairs
from training.stories_learning import DEPTH, PARAMETERS, ROUNDS, History

#: What pairs of one story weigh in each corpus, whatever share of its pairs they are: how often news is told twice is
#: the stream's, not the pair's.
TOGETHER = 0.3
#: Pairs that a corpus teaches by at most, drawn at random.
MOST_PAIRS = 60_000
#: What a corpus counts in training, whatever its length.
SET_WEIGHT = 10_000.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs met along a stream: their features, whether they are of one story, and the newer article's story."""

    features: NDArray[np.float32]
    right: NDArray[np.bool_]
    stories: NDArray[np.int64]
    #: What they count together.
    weight: float = SET_WEIGHT

    def weights(self) -> NDArray[np.float64]:
        """A large story counts as the root of its size; pairs of one story together ``TOGETHER``."""
        _, place, counts = np.unique(self.stories, return_inverse=True, return_counts=True)
        weights = 1.0 / np.sqrt(counts[place])
        for kind, share in ((self.right, TOGETHER), (~self.right, 1.0 - TOGETHER)):
            weights[kind] *= share / max(weights[kind].sum(), 1e-9)
        return weights


def pairs_of(part: History) -> Pairs:
    """The pairs that the streams of a history compare."""
    numbers: dict[str, int] = {}
    stories = np.array([numbers.setdefault(story, len(numbers)) for story in part.stories], dtype=np.int64)
    return Pairs(part.pairs, np.repeat(part.right, part.counts), np.repeat(stories, part.counts))


def fit_pairs(parts: Sequence[Pairs], seed: int = 0) -> bytes:
    """A ``pairs.json`` from sets that count alike whatever their length, unless they say otherwise."""
    import lightgbm

    rng = np.random.default_rng(seed)
    features, right, weights = [], [], []
    for part in (part for part in parts if len(part.right)):
        some = rng.permutation(len(part.right))[:MOST_PAIRS]
        held = part.weights()[some]
        features.append(part.features[some])
        right.append(part.right[some])
        weights.append(held * part.weight / held.sum())
    data = lightgbm.Dataset(np.concatenate(features), np.concatenate(right), weight=np.concatenate(weights))
    settings = PARAMETERS | {"monotone_constraints": list(PAIR_CONSTRAINTS.values()), "seed": seed}
    return dump(list(PAIR_CONSTRAINTS), [lightgbm.train(settings, data, ROUNDS).dump_model()], DEPTH)


def pair_trees(parts: Sequence[Pairs], seed: int = 0) -> Trees:
    return parse_pairs(fit_pairs(parts, seed))
