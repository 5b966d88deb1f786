"""Boosted trees: the file's format, and its evaluation."""

import numpy as np
import pytest

from streams.models.table import Table
from streams.models.trees import dump, load

FILE = (
    b'{"depth":2,"bias":0.5,"features":["words"],"trees":[[[0,["words",5]],[1,[-2]],[2,["words",9]],[5,[1]],[6,[2]]]]}'
)


def logistic(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def test_a_file_is_evaluated_as_it_reads() -> None:
    found = load(FILE, ["words"]).predict(Table.of({"words": [5, 9, 10]}))
    assert found.tolist() == pytest.approx([logistic(-1.5), logistic(1.5), logistic(2.5)])


def test_columns_are_found_by_name() -> None:
    trees = load(FILE, ["links", "words"])
    assert trees.predict(Table.of({"links": [100], "words": [5]}))[0] == pytest.approx(logistic(-1.5))


def test_a_feature_that_is_not_computed_is_one_sentence() -> None:
    with pytest.raises(
        ValueError, match=r"^page_1 were learned from features that are not computed: words; train again$"
    ):
        load(FILE, ["links"], "page_1")


def test_a_table_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="columns"):
        load(FILE, ["words"]).predict(Table.of({"links": [1]}))


def test_trees_are_what_lightgbm_would_say() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    random = np.random.default_rng(0)
    rows = random.normal(size=(400, 3)).astype(np.float32)
    labels = (rows[:, 0] * rows[:, 1] > rows[:, 2]).astype(int)
    parameters = {"objective": "binary", "num_leaves": 6, "max_depth": 4, "verbose": -1, "num_threads": 1}
    names = ("a", "b", "c")
    models = [
        lightgbm.train({**parameters, "seed": seed, "feature_fraction": 0.7}, lightgbm.Dataset(rows, labels), 20)
        for seed in (1, 2)
    ]
    for some in (models[:1], models):
        trees = load(dump(names, [model.dump_model() for model in some], 4), names)
        mean = np.mean([model.predict(rows, raw_score=True) for model in some], axis=0)
        assert np.abs(trees.predict(Table(names, rows)) - 1 / (1 + np.exp(-mean))).max() < 1e-3
