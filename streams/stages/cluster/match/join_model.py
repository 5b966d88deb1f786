"""The learned join decision: a regression and boosted trees over explainable measures, each a share of the log-odds.

``join.json`` holds ``{"weights": {input: weight, ...}, "bias": x, "notes": {...}}``: the regression's log-odds that an
article belongs are the bias plus each weight times its input, as ``join_features.for_regression`` makes it from the
measures. ``join_trees.json`` has trees over the same, in the one format of ``models.trees``. Left-one-corpus-out the
regression is better on snippets, as it cannot learn where the densities of its training streams lie; the trees are
better on full texts and look-alikes, as they see what measures say together. ``streams train stories`` writes both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Any

import numpy as np

from streams.contracts import codec
from streams.models.table import Table
from streams.models.trees import Trees, load
from streams.stages.cluster.features.join_features import (
    MONOTONE_CONSTRAINTS,
    TREE_CONSTRAINTS,
    for_regression,
    for_trees,
)

#: The trees' share of the log-odds. Development data, one corpus left out: .5 to .7 measured alike, 0 and 1 worse.
TREES_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class JoinWeights:
    """Weights of the regression's inputs, in the constraints' order, and the log-odds where all are 0."""

    weights: tuple[float, ...]
    bias: float

    def log_odds(self, values: Sequence[float]) -> float:
        """That the article belongs, from its measures in their order; NaN is unknown."""
        inputs = for_regression(values)
        return self.bias + sum(weight * value for weight, value in zip(self.weights, inputs, strict=True))


@dataclass(frozen=True, slots=True)
class Blend:
    """The decision: the log-odds of the regression and of the trees, by their shares."""

    regression: JoinWeights
    trees: Trees

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """That an article belongs to each of its contenders, from their measures in their order; NaN is unknown."""
        if not rows:
            return []
        columns = np.array([for_trees(row) for row in rows], dtype=np.float32)
        chances = self.trees.predict(Table(tuple(TREE_CONSTRAINTS), columns)).tolist()
        found = []
        for row, chance in zip(rows, chances, strict=True):
            chance = min(1.0 - 1e-9, max(1e-9, chance))
            boosted = log(chance / (1.0 - chance))
            total = (1.0 - TREES_SHARE) * self.regression.log_odds(row) + TREES_SHARE * boosted
            found.append(1.0 / (1.0 + exp(-max(-40.0, min(40.0, total)))))
        return found


def parse(data: dict[str, Any]) -> JoinWeights:
    """The weights in a parsed ``join.json``.

    Raises:
        ValueError: they are not those of the inputs that there are.
    """
    if list(data["weights"]) != list(MONOTONE_CONSTRAINTS):
        raise ValueError("the join decision's weights are not those of its inputs: run `streams train stories`")
    return JoinWeights(tuple(float(weight) for weight in data["weights"].values()), float(data["bias"]))


def parse_trees(data: bytes) -> Trees:
    """The trees in a ``join_trees.json``.

    Raises:
        ValueError: they were learned from other inputs.
    """
    return load(data, list(TREE_CONSTRAINTS), "the trees of the join decision")


@cache
def shipped() -> Blend:
    """The decision that the package ships."""
    folder = files("streams.stages.cluster.match")
    regression = parse(codec.loads(folder.joinpath("join.json").read_bytes()))
    return Blend(regression, parse_trees(folder.joinpath("join_trees.json").read_bytes()))
