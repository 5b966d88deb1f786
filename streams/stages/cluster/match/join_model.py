"""The learned join decision: boosted trees over explainable measures, shipped as JSON that a person can read.

``join.json`` holds ``{"measures": [...], "trees": [node, ...], "notes": {...}}``; a node is a number (added to the
score) or ``{"if": measure, "at_most": x, "then": node, "else": node, "unknown": "then" | "else"}``. The probability
that the article belongs is the logistic function of the sum. ``streams train stories`` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any

from streams.contracts import codec

# A branch: measure's index, threshold, left, right, where NaN goes. NaN compares false with everything.
_Node = float | tuple[int, float, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class JoinTrees:
    """Boosted trees over named measures."""

    measures: tuple[str, ...]
    roots: tuple[_Node, ...]

    def probability(self, values: Sequence[float]) -> float:
        """That the article belongs, from its measures in the order of ``measures``; NaN is unknown."""
        total = 0.0
        for root in self.roots:
            node: Any = root
            while node.__class__ is tuple:
                value = values[node[0]]
                node = node[2] if value <= node[1] else node[3] if value > node[1] else node[4]
            total += node
        return 1.0 / (1.0 + exp(-max(-40.0, min(40.0, total))))


def parse(data: dict[str, Any]) -> JoinTrees:
    """The trees in a parsed ``join.json``."""
    names = tuple(data["measures"])
    index = {name: place for place, name in enumerate(names)}

    def node(value: Any) -> _Node:
        if not isinstance(value, dict):
            return float(value)
        left, right = node(value["then"]), node(value["else"])
        return index[value["if"]], float(value["at_most"]), left, right, left if value["unknown"] == "then" else right

    return JoinTrees(names, tuple(node(value) for value in data["trees"]))


@cache
def shipped() -> JoinTrees:
    """The trees that the package ships."""
    return parse(codec.loads(files("streams.stages.cluster.match").joinpath("join.json").read_bytes()))
