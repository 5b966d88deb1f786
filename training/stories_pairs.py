"""Learning how likely two articles are about one event: pairs that streams of true stories would have compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.models.trees import Trees, dump
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS
from streams.stages.cluster.match.nearest import parse_pairs
from training import stories_learning
from training.stories_data import Labelled, by_time, foreign, shuffled, synthetic, undated, untitled
from training.stories_learning import INVENTED, along

#: As the decision on small stories is boosted (leave-one-corpus-out means: stumps lose .01), down to this depth.
DEPTH = 4
PARAMETERS = stories_learning.PARAMETERS | {"max_depth": DEPTH, "min_child_samples": 50}
#: What pairs of one story weigh in each corpus, whatever share of its pairs they are: how often news is told twice is
#: the stream's, not the pair's.
TOGETHER = 0.3
#: Articles of a set that a stream has at most, and pairs that a corpus teaches by at most, drawn at random.
MOST_ARTICLES, MOST_PAIRS = 2_000, 60_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs met along a stream: their features, whether they are of one story, and the newer article's story."""

    features: NDArray[np.float32]
    right: NDArray[np.bool_]
    stories: NDArray[np.int64]

    def weights(self) -> NDArray[np.float64]:
        """A large story counts as the root of its size; pairs of one story together ``TOGETHER``."""
        _, place, counts = np.unique(self.stories, return_inverse=True, return_counts=True)
        weights = 1.0 / np.sqrt(counts[place])
        for kind, share in ((self.right, TOGETHER), (~self.right, 1.0 - TOGETHER)):
            weights[kind] *= share / max(weights[kind].sum(), 1e-9)
        return weights


def pairs_along(rows: Iterable[Labelled]) -> Pairs:
    """The pairs that a stream compares in which every article before was put where it belongs."""
    features = [np.zeros((0, len(PAIR_CONSTRAINTS)), dtype=np.float32)]
    right: list[bool] = []
    stories: list[int] = []
    numbers: dict[str, int] = {}
    for clusterer, row, home in along(rows):
        number = numbers.setdefault(row.story, len(numbers))
        for story_id, table in clusterer.pairs(row.article):
            features.append(table.values)
            right += [story_id == home] * len(table)
            stories += [number] * len(table)
    return Pairs(np.concatenate(features), np.array(right, dtype=bool), np.array(stories, dtype=np.int64))


def pairs_of(rows: Sequence[Labelled]) -> Pairs:
    """One set's pairs, as differently as its articles might have come.

    With and without dates and titles, and as in a language of which no word is known.
    """
    streams = [
        shuffled(rows, 1),
        by_time(shuffled(rows, 2)),
        undated(shuffled(rows, 3)),
        foreign(shuffled(rows, 4)),
        untitled(shuffled(rows, 5)),
    ]
    return _together([pairs_along(stream[:MOST_ARTICLES]) for stream in streams])


def invented_pairs() -> Pairs:
    """The pairs of made-up news: look-alike events by the hundred, of which the development data has too few."""
    return _together([pairs_along(shuffled(synthetic(INVENTED, 21), 1)), pairs_along(undated(synthetic(INVENTED, 23)))])


def _together(parts: Sequence[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.stories for part in parts]),
    )


def fit_pairs(parts: Sequence[Pairs], seed: int = 0) -> bytes:
    """A ``pairs.json`` from sets that count alike whatever their length."""
    import lightgbm

    rng = np.random.default_rng(seed)
    features, right, weights = [], [], []
    for part in (part for part in parts if len(part.right)):
        some = rng.permutation(len(part.right))[:MOST_PAIRS]
        held = part.weights()[some]
        features.append(part.features[some])
        right.append(part.right[some])
        weights.append(held * 10_000 / held.sum())
    data = lightgbm.Dataset(np.concatenate(features), np.concatenate(right), weight=np.concatenate(weights))
    settings = PARAMETERS | {"monotone_constraints": list(PAIR_CONSTRAINTS.values()), "seed": seed}
    return dump(list(PAIR_CONSTRAINTS), [lightgbm.train(settings, data, stories_learning.ROUNDS).dump_model()], DEPTH)


def pair_trees(parts: Sequence[Pairs], seed: int = 0) -> Trees:
    return parse_pairs(fit_pairs(parts, seed))
