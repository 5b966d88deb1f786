"""The learned join decision: a logistic regression over explainable measures, shipped as JSON that a person can read.

``join.json`` holds ``{"weights": {input: weight, ...}, "bias": x, "notes": {...}}``: the log-odds that an article
belongs are the bias plus each weight times its input, as ``join_features.scaled`` makes it from the measures. A
regression, not trees: left-one-corpus-out it decides better, since it cannot learn where the densities of its training
streams lie.
``streams train stories`` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any

from streams.contracts import codec
from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS, scaled


@dataclass(frozen=True, slots=True)
class JoinWeights:
    """Weights of the inputs, in the constraints' order, and the log-odds where all are 0."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, values: Sequence[float]) -> float:
        """That the article belongs, from its measures in their order; NaN is unknown."""
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, scaled(values), strict=True))
        return 1.0 / (1.0 + exp(-max(-40.0, min(40.0, total))))


def parse(data: dict[str, Any]) -> JoinWeights:
    """The weights in a parsed ``join.json``.

    Raises:
        ValueError: they are not those of the measures that there are.
    """
    if list(data["weights"]) != list(MONOTONE_CONSTRAINTS):
        raise ValueError("the join decision's weights are not those of the measures: run `streams train stories`")
    return JoinWeights(tuple(float(weight) for weight in data["weights"].values()), float(data["bias"]))


@cache
def shipped() -> JoinWeights:
    """The weights that the package ships."""
    return parse(codec.loads(files("streams.stages.cluster.match").joinpath("join.json").read_bytes()))
