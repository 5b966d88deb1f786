"""How the line classifiers are learned: two rounds of boosted trees for text dumps, two for pages.

Needs LightGBM (the `dev` extra).
The second round learns from first-round scores of trees that have not seen the site. Nothing is searched for: the
parameters are LightGBM's usual ones for some hundred thousand rows, small enough to read and to evaluate in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from streams.models.table import Table
from streams.models.trees import Trees, dump, load
from streams.stages.clean.model.line_classifier import LineClassifier, with_scores
from training.cleaning_data import FOLDS, Sample

DEPTH = 6
_PARAMETERS: dict[str, Any] = {
    "objective": "binary", "max_depth": DEPTH, "data_random_seed": 1,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1,
    "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How a round is learned: as the mean of one model a seed, each of so many trees."""

    seeds: tuple[int, ...]
    trees: int
    rate: float
    leaves: int = 20
    #: Least lines in a leaf.
    least: int = 40
    #: Most values of a column that are told apart: fewer take half of the time, and cost pages nothing.
    bins: int = 255


#: Models that differ in their random draws alone steady a round by .001 to .003 F1. For dumps three smaller ones cost
#: as much time as one; pages, which hear other extractors, gain nothing from it.
PAGES, DUMPS = Plan((1,), 160, 0.08, 31, 80, 63), Plan((1, 2, 3), 60, 0.12)


def _single(plan: Plan) -> Plan:
    """The plan with one model: a third of the time for scores that are only looked at."""
    return replace(plan, seeds=plan.seeds[:1])


def fit(samples: Sequence[Sample], plan: Plan) -> tuple[LineClassifier, tuple[bytes, bytes]]:
    """Both rounds from the samples, and their weights files."""

    def blind(fold: int) -> Trees:
        return _fit([(each.rows, each) for each in samples if each.fold != fold], _single(plan))[0]

    return _fit_rounds(samples, plan, blind)


def fit_folds(samples: Sequence[Sample], plan: Plan) -> list[LineClassifier]:
    """For each fold the classifier that ``fit`` makes of the samples of the others.

    What the second rounds learn from has seen neither of two folds, and serves both.
    """

    @lru_cache(maxsize=FOLDS * FOLDS)
    def trained_without(folds: frozenset[int]) -> Trees:
        return _fit([(each.rows, each) for each in samples if each.fold not in folds], _single(plan))[0]

    def blind(fold: int, other: int) -> Trees:
        return trained_without(frozenset((fold, other)))

    classifiers: list[LineClassifier] = []
    for fold in range(FOLDS):
        others = [each for each in samples if each.fold != fold]
        classifiers.append(_fit_rounds(others, plan, partial(blind, fold))[0])
    return classifiers


def fit_corpora(samples: Sequence[Sample], plan: Plan) -> dict[str, LineClassifier]:
    """For each corpus the classifier that ``fit`` makes of the others' samples; none where there is but one corpus."""
    corpora = sorted({each.corpus for each in samples})
    return {
        corpus: fit([each for each in samples if each.corpus != corpus], plan)[0]
        for corpus in corpora
        if len(corpora) > 1
    }


def _fit_rounds(
    samples: Sequence[Sample], plan: Plan, blind: Callable[[int], Trees]
) -> tuple[LineClassifier, tuple[bytes, bytes]]:
    """``blind`` gives first-round trees that have not seen a fold."""
    first, first_file = _fit([(each.rows, each) for each in samples], plan)
    trees = {fold: blind(fold) for fold in sorted({each.fold for each in samples})}
    # In the samples' own order, whatever their folds: the draws of rows depend on it.
    rounds = [(with_scores(each.rows, trees[each.fold].predict(each.rows)), each) for each in samples]
    second, second_file = _fit(rounds, plan)
    return LineClassifier(first, second), (first_file, second_file)


def _fit(pairs: Sequence[tuple[Table, Sample]], plan: Plan) -> tuple[Trees, bytes]:
    import lightgbm

    names = pairs[0][0].names
    rows = np.concatenate([rows.values for rows, _ in pairs])
    labels = np.concatenate([each.labels for _, each in pairs])
    weights = np.concatenate([each.weights for _, each in pairs])
    # One set of bins serves all seeds: making them takes as long as a hundred trees.
    told = np.flatnonzero(weights > 0)
    if len(told) < len(rows):
        rows, labels, weights = rows[told], labels[told], weights[told]
    dataset = lightgbm.Dataset(rows, labels, weight=weights, free_raw_data=False)
    parameters = {
        **_PARAMETERS,
        "learning_rate": plan.rate,
        "num_leaves": plan.leaves,
        "min_data_in_leaf": plan.least,
        "max_bin": plan.bins,
    }
    models = [lightgbm.train({**parameters, "seed": seed}, dataset, plan.trees) for seed in plan.seeds]
    file = dump(names, [model.dump_model() for model in models], DEPTH)
    return load(file, names), file
