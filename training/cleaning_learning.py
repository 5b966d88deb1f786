"""How the line classifiers are learned: two rounds of boosted trees for text dumps, two for pages.

Needs LightGBM (the `dev` extra).
The second round learns from first-round scores of trees that have not seen the site. Nothing is searched for: the
parameters are LightGBM's usual ones for some ten thousand rows, small enough to read and to evaluate in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from streams.models.table import Table
from streams.models.trees import Trees, dump, load
from streams.stages.clean.extraction import describe_page
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.identity import host_of
from streams.stages.clean.memory.context import Context
from streams.stages.clean.metadata.page_metadata import read_metadata
from streams.stages.clean.model.line_classifier import LineClassifier, LineClassifiers, with_scores
from streams.stages.clean.model.selection import is_recurring
from streams.stages.clean.parse.lines import Line, line_key, split
from streams.stages.clean.parse.pages import parse, read_page, without_data
from training.cleaning_data import FOLDS, Sample, fold_of, label, read_rows, sample

DEPTH = 6
_PARAMETERS: dict[str, Any] = {
    "objective": "binary", "num_leaves": 20, "max_depth": DEPTH, "min_data_in_leaf": 40,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1,
    "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How a round is learned: as the mean of one model a seed, each of so many trees."""

    seeds: tuple[int, ...]
    trees: int
    rate: float


#: Models that differ in their random draws alone steady a round by .001 to .003 F1. For dumps three smaller ones cost
#: as much time as one; pages, which hear other extractors, gain nothing from it.
PAGES, DUMPS = Plan((1,), 100, 0.08), Plan((1, 2, 3), 60, 0.12)
#: Weights of what is added to the dumps: their articles with a little around them, articles that are clean, and
#: articles in the page of another, and dumps without what the site's other pages had too.
_CROPPED, _CLEAN, _SWAPPED, _REMEMBERED = 0.4, 0.3, 0.5, 0.6
#: Most lines that a crop leaves before and after the article.
_AROUND = 15


@dataclass(frozen=True, slots=True)
class _Dump:
    key: tuple[str, int]
    lines: list[Line]
    shares: Any
    context: Context

    @property
    def article(self) -> slice:
        """From the first line of the article to its last."""
        inside = np.flatnonzero(self.shares >= 0.5)
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def _dumps(data: Path) -> list[_Dump]:
    rows = read_rows(data / "cleaning" / "dumps.jsonl.gz")
    texts = [split(row["text"]) for row in rows]
    contexts = sibling_contexts(rows, texts)
    return [
        _Dump((row["dump"], fold_of(row["url"])), lines, label([line.text for line in lines], row["body"]), context)
        for row, lines, context in zip(rows, texts, contexts, strict=True)
    ]


def sibling_contexts(rows: Sequence[dict[str, Any]], texts: Sequence[Sequence[Line]]) -> list[Context]:
    """For each dump, what a host memory that has seen the site's other pages (dumped alike) knows of its lines."""
    keys = [[line_key(line.text) for line in lines] for lines in texts]
    places = [(row["dump"], host_of(row["url"])) for row in rows]
    contexts: list[Context] = []
    for index, place in enumerate(places):
        others = [set(keys[other]) for other, where in enumerate(places) if where == place and other != index]
        known = {key: sum(key in other for other in others) for key in keys[index]}
        contexts.append(Context(pages=len(others), lines={key: count for key, count in known.items() if count}))
    return contexts


def dump_samples(data: Path) -> list[Sample]:
    """The lines of the dumps, and of crops, clean articles and swapped ones made from them (deterministic)."""
    random = np.random.default_rng(1)
    samples: list[Sample] = []
    dumps = _dumps(data)

    def add(lines: Sequence[Line], shares: Any, fold: int, weight: float, aside: Sequence[bool] | None = None) -> None:
        gaps = describe_gaps([False] * len(lines) if aside is None else aside)
        samples.append(sample(describe(lines, None).beside(gaps), shares, fold, weight))

    for each in dumps:
        lines, shares, fold, part = each.lines, each.shares, each.key[1], each.article
        add(lines, shares, fold, 1.0)
        if each.context.pages:
            aside = [is_recurring(line, each.context) for line in lines]
            fresh = [index for index, recurring in enumerate(aside) if not recurring]
            add([lines[index] for index in fresh], shares[fresh], fold, _REMEMBERED, aside)
        if not part.stop:
            continue
        start = part.start - int(random.integers(0, min(part.start, _AROUND) + 1))
        stop = part.stop + int(random.integers(0, min(len(lines) - part.stop, _AROUND) + 1))
        add(lines[start:stop], shares[start:stop], fold, _CROPPED)
        inside = np.flatnonzero(shares >= 0.5)
        first = int(random.integers(0, max(len(inside) // 2, 1)))
        last = len(inside) if random.random() < 0.5 else int(random.integers(first, len(inside))) + 1
        clean = [Line(0, 0, lines[index].text, int(index != inside[first])) for index in inside[first:last]]
        add(clean, np.ones(len(clean)), fold, _CLEAN)
        others = [other for other in dumps if other.key == each.key and other.article.stop]
        swapped = others[int(random.integers(len(others)))]
        add(
            [*lines[: part.start], *swapped.lines[swapped.article], *lines[part.stop :]],
            np.concatenate([shares[: part.start], swapped.shares[swapped.article], shares[part.stop :]]),
            fold,
            _SWAPPED,
        )
    return samples


def page_samples(data: Path) -> list[Sample]:
    """The blocks of the pages."""
    samples: list[Sample] = []
    for row in read_rows(data / "cleaning" / "pages.jsonl.gz"):
        source = without_data(row["html"])
        tree = parse(source)
        title = read_metadata(tree, row["url"]).title
        page = read_page(tree)
        rows = describe_page(source, page, title)
        samples.append(sample(rows, label([line.text for line in page.lines], row["body"]), fold_of(row["url"])))
    return samples


def fit(samples: Sequence[Sample], plan: Plan) -> tuple[LineClassifier, tuple[bytes, bytes]]:
    """Both rounds from the samples, and their weights files."""

    def blind(fold: int) -> Trees:
        return _fit([(each.rows, each) for each in samples if each.fold != fold], plan)[0]

    return _fit_rounds(samples, plan, blind)


def fit_folds(samples: Sequence[Sample], plan: Plan) -> list[LineClassifier]:
    """For each fold the classifier that ``fit`` makes of the samples of the others.

    What the second rounds learn from has seen neither of two folds, and serves both.
    """

    @lru_cache(maxsize=FOLDS * FOLDS)
    def trained_without(folds: frozenset[int]) -> Trees:
        return _fit([(each.rows, each) for each in samples if each.fold not in folds], plan)[0]

    def blind(fold: int, other: int) -> Trees:
        return trained_without(frozenset((fold, other)))

    classifiers: list[LineClassifier] = []
    for fold in range(FOLDS):
        others = [each for each in samples if each.fold != fold]
        classifiers.append(_fit_rounds(others, plan, partial(blind, fold))[0])
    return classifiers


def _fit_rounds(
    samples: Sequence[Sample], plan: Plan, blind: Callable[[int], Trees]
) -> tuple[LineClassifier, tuple[bytes, bytes]]:
    """``blind`` gives first-round trees that have not seen a fold."""
    first, first_file = _fit([(each.rows, each) for each in samples], plan)
    rounds: list[tuple[Table, Sample]] = []
    for fold in sorted({each.fold for each in samples}):
        trees = blind(fold)
        rounds += [(with_scores(each.rows, trees.predict(each.rows)), each) for each in samples if each.fold == fold]
    second, second_file = _fit(rounds, plan)
    return LineClassifier(first, second), (first_file, second_file)


def _fit(pairs: Sequence[tuple[Table, Sample]], plan: Plan) -> tuple[Trees, bytes]:
    import lightgbm

    names = pairs[0][0].names
    rows = np.concatenate([rows.values for rows, _ in pairs])
    labels = np.concatenate([each.labels for _, each in pairs])
    weights = np.concatenate([each.weights for _, each in pairs])
    models = [
        lightgbm.train(
            {**_PARAMETERS, "learning_rate": plan.rate, "seed": seed},
            lightgbm.Dataset(rows, labels, weight=weights),
            plan.trees,
        )
        for seed in plan.seeds
    ]
    file = dump(names, [model.dump_model() for model in models], DEPTH)
    return load(file, names), file


def classifiers_by_fold(dumps: Sequence[Sample], pages: Sequence[Sample]) -> list[LineClassifiers]:
    """For each fold, classifiers that have seen nothing of its sites."""
    return [
        LineClassifiers(dump=dump_classifier, page=page_classifier)
        for dump_classifier, page_classifier in zip(fit_folds(dumps, DUMPS), fit_folds(pages, PAGES), strict=True)
    ]
