"""How the confidence in a cleaned text is learned.

Learned from what cleaning gets on pages that its line classifiers have not seen: the signals of a text and its F1.
Boosted trees minimise cross-entropy against the F1 itself, so that what they give is its mean, without a calibration of
its own. Needs LightGBM (the `dev` extra).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from streams.models.table import Table
from streams.models.trees import Trees, dump, load
from streams.stages.clean.memory.context import NOTHING_KNOWN, Context
from streams.stages.clean.model.choice import candidates
from streams.stages.clean.model.confidence import DUMP_SIGNALS, signals
from streams.stages.clean.model.line_classifier import LineClassifiers
from streams.stages.clean.model.selection import classify_dump
from streams.stages.clean.parse.lines import split
from training.cleaning_data import f1_of, fold_of
from training.cleaning_samples import DescribedPage

#: Whose confidence it is.
Kind = Literal["page", "dump"]

#: Small trees and few of them: there are some thousand texts, and what they teach must hold for pages of other kinds.
_DEPTH, _TREES = 3, 80
_PARAMETERS: dict[str, Any] = {
    "objective": "cross_entropy", "max_depth": _DEPTH, "num_leaves": 7, "learning_rate": 0.08, "min_data_in_leaf": 20,
    "lambda_l2": 5.0, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 1,
    "data_random_seed": 1, "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a selection of a text's lines got: its signals (one row) and its F1."""

    signals: Table
    f1: float
    fold: int
    corpus: str


def page_outcomes(page: DescribedPage, unseen: LineClassifiers) -> Iterator[Outcome]:
    """Our own selection of a page's blocks and those of the extractors, by trees that have not seen the page."""
    for each in candidates(page.lines, page.rows, page.title, unseen):
        kept = [line.text for line, verdict in zip(page.lines, each.verdicts, strict=True) if verdict.reason is None]
        got = f1_of(page.body, "\n\n".join(kept))
        yield Outcome(signals=each.signals, f1=got, fold=fold_of(page.url), corpus=page.corpus)


def dump_outcomes(row: dict[str, Any], context: Context, unseen: LineClassifiers) -> Iterator[Outcome]:
    """What is made of a dump without and, where there is some, with what is known of the host, by trees that have not
    seen it."""
    lines = split(row["text"])
    for known in (NOTHING_KNOWN, context) if context.pages else (NOTHING_KNOWN,):
        found = classify_dump(lines, None, known, unseen.dump) if lines else None
        if found and found.first:
            kept = [line.text for line, verdict in zip(lines, found.verdicts, strict=True) if verdict.reason is None]
            yield Outcome(
                signals=signals(*found.first, DUMP_SIGNALS),
                f1=f1_of(row["body"], "\n\n".join(kept)),
                fold=fold_of(row["url"]),
                corpus=row["corpus"],
            )


def fit_confidence(outcomes: Sequence[Outcome]) -> tuple[Trees, bytes]:
    """The trees that give a text's expected F1, and their weights file."""
    import lightgbm

    names = outcomes[0].signals.names
    rows = np.concatenate([each.signals.values for each in outcomes])
    dataset = lightgbm.Dataset(rows, np.array([each.f1 for each in outcomes]))
    # What the trees start from is in the first one's leaves.
    model = lightgbm.train(_PARAMETERS, dataset, _TREES)
    file = dump(names, [model.dump_model()], _DEPTH)
    return load(file, names), file


def confident_by_fold(
    folds: Sequence[LineClassifiers], outcomes: Sequence[Outcome], kind: Kind
) -> list[LineClassifiers]:
    """For each fold, its classifiers with a confidence that was not learned from its sites either."""
    return [
        _with_confidence(each, kind, [one for one in outcomes if one.fold != fold]) for fold, each in enumerate(folds)
    ]


def confident_by_corpus(
    without: dict[str, LineClassifiers], outcomes: Sequence[Outcome], kind: Kind
) -> dict[str, LineClassifiers]:
    """For each corpus, its classifiers with a confidence that was learned from the others' texts alone."""
    return {
        corpus: _with_confidence(each, kind, [one for one in outcomes if one.corpus != corpus])
        for corpus, each in without.items()
    }


def _with_confidence(each: LineClassifiers, kind: Kind, outcomes: Sequence[Outcome]) -> LineClassifiers:
    trees = fit_confidence(outcomes)[0] if outcomes else None
    return replace(each, page_confidence=trees) if kind == "page" else replace(each, dump_confidence=trees)
