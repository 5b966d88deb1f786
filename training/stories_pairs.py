"""Learning how likely two articles are about one event: pairs that streams of true stories would have compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table, Vector
from streams.models.trees import Trees, dump
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS
from streams.stages.cluster.match.nearest import parse_pairs
from training.stories_data import Labelled, by_time, foreign, shuffled, synthetic, undated, untitled

#: Boosting: small trees, slow and few, monotone. Leave-one-corpus-out means: stumps lose .01.
DEPTH = 4
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "max_depth": DEPTH,
    "min_child_samples": 50,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS = 150
#: What pairs of one story weigh in each corpus, whatever share of its pairs they are: how often news is told twice is
#: the stream's, not the pair's.
TOGETHER = 0.3
#: Articles of a set that a stream has at most, and pairs that a corpus teaches by at most, drawn at random.
MOST_ARTICLES, MOST_PAIRS = 2_000, 60_000
#: Made-up articles of each stream.
INVENTED = 600


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


class _Never:
    """Joins nothing."""

    def probability(self, values: Sequence[float]) -> float:
        return 0.0

    def predict(self, table: Table) -> Vector:
        return np.zeros(len(table))


def pairs_along(rows: Iterable[Labelled]) -> Pairs:
    """The pairs that a stream compares in which every article before was put where it belongs."""
    never = _Never()
    clusterer = Clusterer(never, never)
    home: dict[str, str] = {}
    features: list[NDArray[np.float32]] = []
    right: list[bool] = []
    stories: list[int] = []
    numbers: dict[str, int] = {}
    for position, row in enumerate(rows):
        number = numbers.setdefault(row.story, len(numbers))
        for story_id, table in clusterer.pairs(row.article):
            features.append(table.values)
            right += [story_id == home.get(row.story)] * len(table)
            stories += [number] * len(table)
        decision = clusterer.decide(row.article)
        if decision is None:
            continue
        placed = next(event for event in decision.events if event.type == "created")
        if row.story in home:
            placed = replace(placed, type="joined", story_id=home[row.story])
        else:
            home[row.story] = placed.story_id
        kept = tuple(event for event in decision.events if event.type == "closed")
        clusterer.apply(row.article, replace(decision, events=(*kept, placed)), position)
    width = len(PAIR_CONSTRAINTS)
    values = np.concatenate(features) if features else np.zeros((0, width), dtype=np.float32)
    return Pairs(values, np.array(right, dtype=bool), np.array(stories, dtype=np.int64))


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
    return dump(list(PAIR_CONSTRAINTS), [lightgbm.train(settings, data, ROUNDS).dump_model()], DEPTH)


def pair_trees(parts: Sequence[Pairs], seed: int = 0) -> Trees:
    return parse_pairs(fit_pairs(parts, seed))
