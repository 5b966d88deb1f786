"""Learning the join decision: what it would have seen had every article before gone where it belongs; its weights."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table, Vector
from streams.models.trees import dump
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.join_features import (
    MEASURES,
    MONOTONE_CONSTRAINTS,
    TREE_CONSTRAINTS,
    for_regression,
    for_trees,
)
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS, nearness
from streams.stages.cluster.match.join_model import Blend, JoinWeights, parse_trees
from streams.stages.cluster.match.nearest import PairModel
from training.stories_data import Labelled, by_time, foreign, shuffled, synthetic, thinned, undated, untagged, untitled

#: Levels of the trees, over measures and over pairs: leave-one-corpus-out means, where stumps lose .01.
DEPTH = 4
#: Boosting: small trees, slow and few, monotone; found on leave-one-corpus-out means, where more never helped.
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
#: Made-up articles of each stream: as many as a development set has.
INVENTED = 600
#: Articles of a set that a stream has at most.
MOST_ARTICLES = 2_000
#: Squared weights are held down by so much, in rows of a corpus that counts as 10,000.
PENALTY = 10.0
#: Added to the log-odds that likelihood alone would give, as a right join is worth more than a wrong one costs:
#: leave-one-corpus-out B-cubed F1 is alike from 0 to .5 on the average, and evener over the sets in the middle.
LEAN = 0.1
_NEAREST, _HOURS = MEASURES.index("nearest_two"), MEASURES.index("hours")


@dataclass(frozen=True, slots=True)
class History:
    """Contenders met along a stream: their measures, whether each was right, and the article's true story.

    What nearest members say is left out of the measures: ``judged`` adds it, by trees that never saw the set.
    """

    measures: NDArray[np.float64]
    right: NDArray[np.bool_]
    stories: list[str]
    #: The features of the article's pairs with each contender's members, and how many they are.
    pairs: NDArray[np.float32]
    counts: NDArray[np.int64]

    def judged(self, model: PairModel) -> NDArray[np.float64]:
        """The measures with what a model of pairs says of the nearest members."""
        chances = model.predict(Table(tuple(PAIR_CONSTRAINTS), self.pairs)).tolist()
        measures = self.measures.copy()
        start = 0
        for row, count in enumerate(self.counts.tolist()):
            measures[row, _NEAREST] = nearness(chances[start : start + count]).two
            start += count
        return measures


class Never:
    """Joins nothing and merges nothing, whatever it is asked."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [0.0] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.zeros(len(table))


def along(
    rows: Iterable[Labelled], broken: int | None = None
) -> Iterator[tuple[Clusterer, Labelled, Mapping[str, str]]]:
    """A stream, each article before it comes: the clusterer in which every article before stands where it belongs, the
    article, and the story that each one there tells.

    Args:
        broken: a seed; then an article that could join a story begins a fragment of it one time in eight, or goes to
            any of its fragments: what the decision sees after it has erred.
    """
    rng = random.Random(broken)
    clusterer = Clusterer(Never(), Never())
    homes: dict[str, list[str]] = {}
    tells: dict[str, str] = {}
    for position, row in enumerate(rows):
        yield clusterer, row, tells
        decision = clusterer.decide(row.article)
        if decision is None:
            continue
        *others, placed = decision.events
        known = homes.setdefault(row.story, [])
        if known and (broken is None or rng.random() > 1 / 8):
            home = rng.choice(known) if broken is not None else known[0]
            placed = replace(placed, type="joined", story_id=home, linked=())
        else:
            known.append(placed.story_id)
            tells[placed.story_id] = row.story
        clusterer.apply(row.article, replace(decision, events=(*others, placed)), position)


def history(rows: Iterable[Labelled], broken: int | None = None) -> History:
    """The contenders of each article of a stream in which every article before it was put where it belongs."""
    measures: list[tuple[float, ...]] = []
    right: list[bool] = []
    stories: list[str] = []
    pairs = [np.zeros((0, len(PAIR_CONSTRAINTS)), dtype=np.float32)]
    counts: list[int] = []
    for clusterer, row, tells in along(rows, broken):
        scored = clusterer.contenders(row.article)
        for (story_id, table), values in zip(clusterer.pairs(row.article), scored.values, strict=True):
            measures.append(values)
            right.append(tells[story_id] == row.story)
            stories.append(row.story)
            pairs.append(table.values)
            counts.append(len(table))
    return History(
        np.array(measures, dtype=float).reshape(-1, len(MEASURES)),
        np.array(right, dtype=bool),
        stories,
        np.concatenate(pairs),
        np.array(counts, dtype=np.int64),
    )


def histories(rows: Sequence[Labelled]) -> History:
    """One set's histories together, as differently as its articles might have come.

    Several orders, with and without dates, entities and titles; thinned out, so that how many articles a story has
    tells nothing; in fragments; and as in a language of which no word is known.
    """
    streams = [
        shuffled(rows, 1),
        by_time(shuffled(rows, 2)[:MOST_ARTICLES]),
        undated(shuffled(rows, 3)),
        shuffled(thinned(rows, 0.5, 6), 6),
        foreign(shuffled(rows, 8)),
        untitled(shuffled(rows, 9)),
    ]
    parts = [history(stream[:MOST_ARTICLES]) for stream in streams]
    parts += [history(untagged(shuffled(rows, seed))[:MOST_ARTICLES], seed) for seed in (10, 11)]
    return together(parts)


def invented() -> History:
    """The history of made-up news: look-alike events by the hundred, of which the development data has too few."""
    return together(
        [
            history(shuffled(synthetic(INVENTED, 21), 1)),
            history(synthetic(INVENTED, 22), 22),
            history(undated(synthetic(INVENTED, 23))),
        ]
    )


def together(parts: Sequence[History]) -> History:
    return History(
        np.concatenate([part.measures for part in parts]),
        np.concatenate([part.right for part in parts]),
        [story for part in parts for story in part.stories],
        np.concatenate([part.pairs for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def weights_of(part: History) -> NDArray[np.float64]:
    """What each row of a corpus counts: a corpus 10,000, a story in it the root of its rows.

    Rows with and without dates count alike where there are both: what is seldom undated would otherwise be decided by
    the two corpora that always are.
    """
    _, place, counts = np.unique(np.array(part.stories), return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[place])
    no_date = np.isnan(part.measures[:, _HOURS])
    for kind in (no_date, ~no_date):
        weights[kind] /= max(weights[kind].sum(), 1e-9)
    return np.asarray(weights * 10_000 / weights.sum())


def fit_trees(judged: Sequence[tuple[NDArray[np.float64], History]], seed: int = 0) -> bytes:
    """A ``join_trees.json`` from what ``fit`` takes: boosted, monotone."""
    import lightgbm

    rows = np.array([for_trees(row) for measures, _ in judged for row in measures.tolist()], dtype=np.float32)
    right = np.concatenate([part.right for _, part in judged])
    weights = np.concatenate([weights_of(part) for _, part in judged])
    settings = PARAMETERS | {"monotone_constraints": list(TREE_CONSTRAINTS.values()), "seed": seed}
    model = lightgbm.train(settings, lightgbm.Dataset(rows, right, weight=weights), ROUNDS).dump_model()
    return dump(list(TREE_CONSTRAINTS), [model], DEPTH)


def blend(judged: Sequence[tuple[NDArray[np.float64], History]]) -> Blend:
    """The decision that corpora teach."""
    return Blend(fit(judged), parse_trees(fit_trees(judged)))


def fit(judged: Sequence[tuple[NDArray[np.float64], History]]) -> JoinWeights:
    """Weights from corpora that count alike whatever their length: logistic regression, monotone by bounds.

    Args:
        judged: of each corpus, its measures (``History.judged``) and the history they are of.
    """
    from scipy.optimize import minimize

    rows = np.array([for_regression(row) for measures, _ in judged for row in measures.tolist()])
    right = np.concatenate([part.right for _, part in judged]).astype(float)
    counts = np.concatenate([weights_of(part) for _, part in judged])
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    rows = (rows - middle) / spread

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_odds = rows @ values[:-1] + values[-1]
        wrong = np.logaddexp(0.0, log_odds) - right * log_odds
        slope = counts * (1.0 / (1.0 + np.exp(-log_odds)) - right)
        held = PENALTY * values[:-1]
        return float(counts @ wrong + 0.5 * held @ values[:-1]), np.append(rows.T @ slope + held, slope.sum())

    bounds = [
        (0, None) if sign > 0 else (None, 0) if sign < 0 else (None, None) for sign in MONOTONE_CONSTRAINTS.values()
    ]
    start = np.zeros(rows.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    weights = found[:-1] / spread
    return JoinWeights(
        tuple(round(float(one), 4) for one in weights), round(float(found[-1] - weights @ middle) + LEAN, 4)
    )
