"""Learning the join decision: what it would have seen had every article before gone where it belongs, and its trees."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS
from streams.stages.cluster.match.join_model import JoinTrees, parse
from training.stories_data import Labelled, by_time, foreign, shuffled, synthetic, thinned, undated, untagged, untitled

#: Boosting: small trees, slow and few, monotone; found on leave-one-corpus-out means, where more never helped.
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_child_samples": 30,
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


@dataclass(frozen=True, slots=True)
class History:
    """Contenders met along a stream: their measures, whether each was right, and the article's true story."""

    measures: NDArray[np.float64]
    right: NDArray[np.bool_]
    stories: list[str]

    def of(self, stories: set[str]) -> History:
        """The part that articles of these stories contributed."""
        keep = np.array([story in stories for story in self.stories], dtype=bool)
        kept = [story for story in self.stories if story in stories]
        return History(self.measures[keep], self.right[keep], kept)


class Never:
    """Joins nothing and merges nothing, whatever it is asked."""

    def probability(self, values: Sequence[float]) -> float:
        return 0.0

    def predict(self, table: Table) -> Vector:
        return np.zeros(len(table))


class Switch:
    """A join_model that can be exchanged: each article is judged by trees that never saw its story."""

    def __init__(self) -> None:
        self.trees: JoinTrees | None = None

    def probability(self, values: Sequence[float]) -> float:
        return self.trees.probability(values) if self.trees else 0.0


def along(rows: Iterable[Labelled]) -> Iterator[tuple[Clusterer, Labelled, str | None]]:
    """A stream, each article before it comes: the clusterer in which every article before stands where it belongs, the
    article, and the id of its story there (None: it begins one)."""
    clusterer = Clusterer(Never(), Never())
    home: dict[str, str] = {}
    for position, row in enumerate(rows):
        yield clusterer, row, home.get(row.story)
        decision = clusterer.decide(row.article)
        if decision is None:
            continue
        *others, placed = decision.events
        if row.story in home:
            placed = replace(placed, type="joined", story_id=home[row.story])
        else:
            home[row.story] = placed.story_id
        clusterer.apply(row.article, replace(decision, events=(*others, placed)), position)


def history(rows: Iterable[Labelled]) -> History:
    """The contenders of each article of a stream in which every article before it was put where it belongs."""
    measures: list[tuple[float, ...]] = []
    right: list[bool] = []
    stories: list[str] = []
    for clusterer, row, home in along(rows):
        scored = clusterer.contenders(row.article)
        for match, values in zip(scored.ranked, scored.values, strict=False):
            measures.append(values)
            right.append(match.story_id == home)
            stories.append(row.story)
    return History(np.array(measures, dtype=float), np.array(right, dtype=bool), stories)


def histories(rows: Sequence[Labelled]) -> History:
    """One set's histories together, as differently as its articles might have come.

    Several orders, with and without dates, entities and titles; thinned out, so that how many articles a story has
    tells nothing; and as in a language of which no word is known.
    """
    streams = [
        shuffled(rows, 1),
        undated(untagged(shuffled(rows, 1))),
        by_time(shuffled(rows, 2)),
        undated(shuffled(rows, 2)),
        untagged(by_time(shuffled(rows, 3))),
        shuffled(thinned(rows, 0.5, 6), 6),
        undated(shuffled(thinned(rows, 0.3, 7), 7)),
        foreign(shuffled(rows, 8)),
        untitled(shuffled(rows, 9)),
    ]
    return _together([history(stream) for stream in streams])


def invented() -> History:
    """The history of made-up news: look-alike events by the hundred, of which the development data has too few."""
    return _together(
        [
            history(shuffled(synthetic(INVENTED, 21), 1)),
            history(synthetic(INVENTED, 22)),
            history(undated(synthetic(INVENTED, 23))),
        ]
    )


def _together(parts: Sequence[History]) -> History:
    return History(
        np.concatenate([part.measures for part in parts]),
        np.concatenate([part.right for part in parts]),
        [story for part in parts for story in part.stories],
    )


def fit(parts: Sequence[History], seed: int = 0) -> dict[str, Any]:
    """JoinTrees, as ``join.json`` has them, from histories that count alike whatever their length."""
    import lightgbm

    parts = [part for part in parts if len(part.right)]
    weights = np.concatenate([np.full(len(part.right), 10_000 / len(part.right)) for part in parts])
    data = lightgbm.Dataset(
        np.concatenate([part.measures for part in parts]),
        np.concatenate([part.right for part in parts]),
        weight=weights,
    )
    settings = PARAMETERS | {"monotone_constraints": list(MONOTONE_CONSTRAINTS.values()), "seed": seed}
    model = lightgbm.train(settings, data, ROUNDS).dump_model()
    names = list(MONOTONE_CONSTRAINTS)
    return {"measures": names, "trees": [_node(tree["tree_structure"], names) for tree in model["tree_info"]]}


def trees(parts: Sequence[History], seed: int = 0) -> JoinTrees:
    return parse(fit(parts, seed))


def _node(node: Mapping[str, Any], names: Sequence[str]) -> Any:
    if "leaf_value" in node:
        return round(node["leaf_value"], 6)
    # Where no value was missing in training, LightGBM reads a missing one as 0.
    known = node["missing_type"] == "NaN"
    left = node["default_left"] if known else node["threshold"] >= 0
    return {
        "if": names[node["split_feature"]],
        "at_most": float(f"{node['threshold']:.9g}"),
        "then": _node(node["left_child"], names),
        "else": _node(node["right_child"], names),
        "unknown": "then" if left else "else",
    }


def folds(rows: Iterable[Labelled], count: int, seed: int) -> dict[str, int]:
    """Story → fold. Split by story, so that no story is judged by trees that saw it."""
    stories = sorted({row.story for row in rows})
    random.Random(seed).shuffle(stories)
    return {story: place % count for place, story in enumerate(stories)}
