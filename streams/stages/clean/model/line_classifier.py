"""Which lines are the article: two rounds of boosted trees, the second of which sees its neighbours' first scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from streams.stages.clean.features.line_features import Matrix, Vector, around, shifted
from streams.stages.clean.model.trees import Trees, weights

#: Lines that are at least this likely to be article text stay. Best of .3 to .48 out of fold, and flat: a step of .06
#: is worth .001 F1 at most.
PAGE_THRESHOLD, DUMP_THRESHOLD = 0.42, 0.36

#: Lines without a score above this within so many lines keep their first score: most of a page's navigation.
_HOPELESS, _REACH = 0.1, 2

_BESIDE = (-4, -3, -2, -1, 1, 2, 3, 4)
#: The columns that the second round adds to the first's.
SECOND = (
    "score", *(f"score{offset:+d}" for offset in _BESIDE), "scores_2", "scores_6", "scores_15", "by_words_3",
    "by_words_10", "mass_before", "mass_after", "best_before", "best_after", "since_likely", "until_likely",
    "likely_words", "likely_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineClassifier:
    """Two rounds of trees for one kind of input."""

    first: Trees
    second: Trees

    def scores(self, rows: Matrix) -> Vector:
        """Probability (0 to 1) that each line is part of the article."""
        if not len(rows):
            return np.zeros(0)
        first = self.first.predict(rows)
        # Far from anything that might be text, the second round has nothing to add.
        open_question = around((first > _HOPELESS).astype(np.float64), _REACH) > 0
        second = first.copy()
        if open_question.any():
            second[open_question] = self.second.predict(with_scores(rows, first)[open_question])
        return second


@dataclass(frozen=True, slots=True)
class LineClassifiers:
    """The classifiers of text dumps and of pages."""

    dump: LineClassifier
    page: LineClassifier


@lru_cache(maxsize=1)
def shipped() -> LineClassifiers:
    """The classifiers whose weights the package holds."""
    return LineClassifiers(
        dump=LineClassifier(weights("dump_1"), weights("dump_2")),
        page=LineClassifier(weights("page_1"), weights("page_2")),
    )


def with_scores(rows: Matrix, scores: Vector) -> Matrix:
    """The first round's columns and what its scores say of each line's neighbourhood."""
    count = len(scores)
    words = rows[:, 0].astype(np.float64)
    mass = scores * words
    total = float(mass.sum()) or 1.0
    before = np.cumsum(mass)
    rising = np.maximum.accumulate(scores)
    falling = np.maximum.accumulate(scores[::-1])[::-1]
    at = np.arange(count)
    likely = scores > 0.5
    last = np.maximum.accumulate(np.where(likely, at, -50))
    following = np.minimum.accumulate(np.where(likely, at, count + 50)[::-1])[::-1]
    column = scores[:, None]
    columns = [
        scores,
        *(shifted(column, offset, 0.0)[:, 0] for offset in _BESIDE),
        around(scores, 2),
        around(scores, 6),
        around(scores, 15),
        around(mass, 3) / np.maximum(around(words, 3), 1.0),
        around(mass, 10) / np.maximum(around(words, 10), 1.0),
        (before - mass) / total,
        (total - before) / total,
        np.concatenate([[0.0], rising[:-1]]),
        np.concatenate([falling[1:], [0.0]]),
        np.minimum(at - np.concatenate([[-50], last[:-1]]), 50),
        np.minimum(np.concatenate([following[1:], [count + 50]]) - at, 50),
        np.full(count, np.log1p(total)),
        np.full(count, mass.sum() / max(float(words.sum()), 1.0)),
    ]
    return np.concatenate([rows, np.array(columns, dtype=np.float32).T], axis=1)
