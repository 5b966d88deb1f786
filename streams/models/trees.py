"""Boosted trees: the one format that they are shipped in, and probabilities out of them, in NumPy.

The format is JSON that people can read: ``features`` names the columns, ``trees`` has for each tree a list of
``[position, node]``. Positions are those of a heap (the children of ``i`` are ``2i+1`` and ``2i+2``, at most ``depth``
levels down); a node ``[feature, threshold]`` goes left where the value is at most the threshold, ``[value]`` is a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.contracts import codec
from streams.models.evaluators import Evaluator, evaluator
from streams.models.table import Table, Vector


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of complete binary trees of one depth; ``predict`` gives probabilities. ``load`` makes one.

    >>> file = b'{"depth": 1, "bias": 0, "features": ["words"], "trees": [[[0, ["words", 5]], [1, [-2]], [2, [2]]]]}'
    >>> load(file, ["words"]).predict(Table.of({"words": [3, 40]})).round(2).tolist()
    [0.12, 0.88]
    """

    #: The columns of the tables that are read, in order.
    names: tuple[str, ...]
    evaluator: Evaluator
    bias: float

    def predict(self, table: Table) -> Vector:
        """A probability (0 to 1) for each row; raises ``ValueError`` where the columns are not those of ``names``."""
        if table.names != self.names:
            raise ValueError("the table's columns are not those that the trees were loaded for")
        return 1.0 / (1.0 + np.exp(-(self.evaluator.sums(table.values) + self.bias)))


def load(data: bytes, features: Sequence[str], what: str = "the weights") -> Trees:
    """The trees in a weights file.

    Args:
        features: the columns of the tables that they will read, in order; the file's are found among them by name.
        what: what the file is called in an error.

    Raises:
        ValueError: the file is none, or was learned from a column that is not in ``features``.

    >>> file = b'{"depth": 1, "bias": 0, "features": ["words"], "trees": [[[0, ["words", 5]], [1, [-2]], [2, [2]]]]}'
    >>> load(file, ["links", "words"]).predict(Table.of({"links": [0, 0], "words": [3, 40]})).round(2).tolist()
    [0.12, 0.88]
    """
    value = codec.loads(data)
    names, depth = tuple(features), int(value["depth"])
    at = {name: index for index, name in enumerate(names)}
    unknown = [name for name in value["features"] if name not in at]
    if unknown:
        raise ValueError(f"{what} were learned from features that are not computed: {', '.join(unknown)}; train again")
    inner = (1 << depth) - 1
    trees: list[list[Any]] = value["trees"]
    columns = np.zeros((len(trees), inner), dtype=np.int64)
    thresholds = np.full((len(trees), inner), np.nan, dtype=np.float32)
    leaves = np.zeros((len(trees), inner + 1), dtype=np.float32)
    for number, nodes in enumerate(trees):
        for position, node in nodes:
            if len(node) == 2:
                columns[number, position] = at[node[0]]
                thresholds[number, position] = node[1]
            else:
                _fill(leaves[number], position, inner, node[0])
    levels = [slice((1 << level) - 1, (2 << level) - 1) for level in range(depth)]
    found = evaluator([columns[:, level] for level in levels], [thresholds[:, level] for level in levels], leaves)
    return Trees(names, found, float(value["bias"]))


def _fill(leaves: npt.NDArray[np.float32], position: int, inner: int, value: float) -> None:
    """A leaf above the last level holds for all the leaves below it."""
    low = high = position
    while low < inner:
        low, high = 2 * low + 1, 2 * high + 2
    leaves[low - inner : high - inner + 1] = value


def dump(features: Sequence[str], models: Sequence[dict[str, Any]], depth: int) -> bytes:
    """The mean of the models' scores before the sigmoid as a weights file; one tree a line.

    ``models``: LightGBM's ``Booster.dump_model()``, one or more.

    >>> split = {"split_feature": 0, "decision_type": "<=", "threshold": 5.0}
    >>> tree = {**split, "left_child": {"leaf_value": -2.0}, "right_child": {"leaf_value": 2.0}}
    >>> print(dump(["words"], [{"tree_info": [{"tree_structure": tree}]}], depth=1).decode())
    {"depth":1,"bias":0.0,"features":["words"],"trees":[
    [[0,["words",5.0]],[1,[-2.0]],[2,[2.0]]]
    ]}
    <BLANKLINE>
    """
    trees = []
    for info in [info for model in models for info in model["tree_info"]]:
        nodes: list[Any] = []
        stack = [(0, info["tree_structure"])]
        while stack:
            position, node = stack.pop()
            if "split_feature" in node:
                if node["decision_type"] != "<=":
                    raise ValueError("only numeric splits can be written")
                nodes.append([position, [features[node["split_feature"]], round(float(node["threshold"]), 5)]])
                stack += [(2 * position + 1, node["left_child"]), (2 * position + 2, node["right_child"])]
            else:
                nodes.append([position, [round(float(node["leaf_value"]) / len(models), 5)]])
        trees.append(codec.encode(sorted(nodes, key=lambda entry: entry[0])).decode())
    head = codec.encode({"depth": depth, "bias": 0.0, "features": list(features)}).decode()
    return (head[:-1] + ',"trees":[\n' + ",\n".join(trees) + "\n]}\n").encode()
