"""Which lines are the article: two rounds of boosted trees, the second of which sees its neighbours' first scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from streams.models.table import Matrix, Table, Vector
from streams.models.trees import Trees, load
from streams.stages.clean.features import line_features
from streams.stages.clean.features.extractor_features import VOTES
from streams.stages.clean.features.line_features import GAPS
from streams.stages.clean.features.markup_features import MARKUP
from streams.stages.clean.features.sequences import around, before, beside, sums, within
from streams.stages.clean.model.confidence import DUMP_SIGNALS, SIGNALS

#: The columns of what is known of a text dump's lines, and of a page's blocks, before anything is scored.
DUMP_NAMES = (*line_features.NAMES, *GAPS)
PAGE_NAMES = (*line_features.NAMES, *MARKUP, *VOTES)
#: Lines that are at least this likely to be article text stay. Best of .36 to .48 out of fold, and flat: a step of .06
#: is worth .001 F1 at most.
PAGE_THRESHOLD, DUMP_THRESHOLD = 0.48, 0.36
#: From this score on a page's block is the article's, whatever its words look like: worth .003 F1 out of fold on either
#: corpus. Lower ones would be worth .001 more, and keep teasers under their cues. Not for dumps, whose scores know no
#: markup.
PAGE_SURE, NEVER_SURE = 0.96, 2.0

#: Lines without a score above this within so many lines keep their first score: most of a page's navigation.
_HOPELESS, _REACH = 0.1, 2


@dataclass(frozen=True, slots=True)
class LineClassifier:
    """Two rounds of trees for one kind of input."""

    first: Trees
    second: Trees

    def scores(self, rows: Table) -> Vector:
        """Probability (0 to 1) that each line is part of the article."""
        if not len(rows):
            return np.zeros(0)
        first = self.first.predict(rows)
        # Far from anything that might be text, the second round has nothing to add.
        open_question = around((first > _HOPELESS).astype(np.float64), _REACH) > 0
        second = first.copy()
        if open_question.any():
            second[open_question] = self.second.predict(with_scores(rows, first).take(open_question))
        return second


@dataclass(frozen=True, slots=True)
class LineClassifiers:
    """The classifiers of text dumps and of pages, and what tells how good a text of either is (None: nothing does)."""

    dump: LineClassifier
    page: LineClassifier
    page_confidence: Trees | None = None
    dump_confidence: Trees | None = None


@lru_cache(maxsize=1)
def shipped() -> LineClassifiers:
    """The classifiers whose weights the package holds; ``ValueError`` where they know features that we do not."""
    return LineClassifiers(
        dump=_shipped("dump", DUMP_NAMES),
        page=_shipped("page", PAGE_NAMES),
        page_confidence=_read("page_confidence", SIGNALS),
        dump_confidence=_read("dump_confidence", DUMP_SIGNALS),
    )


def _shipped(kind: str, names: Sequence[str]) -> LineClassifier:
    return LineClassifier(_read(f"{kind}_1", names), _read(f"{kind}_2", (*names, *SECOND)))


def _read(name: str, columns: Iterable[str]) -> Trees:
    file = files("streams.stages.clean.model") / "weights" / f"{name}.json"
    return load(file.read_bytes(), tuple(columns), f"the weights {name}.json")


class _Scores:
    """The first round's scores, and what they say of the text."""

    def __init__(self, rows: Table, scores: Vector) -> None:
        self.scores, self.words = scores, rows["words"].astype(np.float64)
        self.count = len(scores)
        #: Words, each as far as it is likely to be the article's.
        self.mass = scores * self.words
        self.total = float(self.mass.sum()) or 1.0
        at, likely = np.arange(self.count), scores > 0.5
        last = np.maximum.accumulate(np.where(likely, at, -50))
        following = np.minimum.accumulate(np.where(likely, at, self.count + 50)[::-1])[::-1]
        #: Lines since the last likely one above, and until the next below.
        self.since = np.minimum(at - np.concatenate([[-50], last[:-1]]), 50).astype(np.float64)
        self.until = np.minimum(np.concatenate([following[1:], [self.count + 50]]) - at, 50).astype(np.float64)

        self.score_sums, self.mass_sums, self.word_sums = sums(scores), sums(self.mass), sums(self.words)

    def by_words(self, reach: int) -> Vector:
        """The mean score of the lines around each, weighed by their words."""
        return within(self.mass_sums, reach) / np.maximum(within(self.word_sums, reach), 1.0)


#: How far from a line the lines are whose scores it sees.
_OFFSETS = (-4, -3, -2, -1, 1, 2, 3, 4)
#: What else the second round sees besides the first's columns: name → what gives the column.
_SEEN: dict[str, Callable[[_Scores], Vector]] = {
    "scores_2": lambda of: within(of.score_sums, 2),
    "scores_6": lambda of: within(of.score_sums, 6),
    "scores_15": lambda of: within(of.score_sums, 15),
    "by_words_3": lambda of: of.by_words(3),
    "by_words_10": lambda of: of.by_words(10),
    "mass_before": lambda of: before(of.mass) / of.total,
    "mass_after": lambda of: (of.total - of.mass_sums[1:]) / of.total,
    "best_before": lambda of: np.concatenate([[0.0], np.maximum.accumulate(of.scores)[:-1]]),
    "best_after": lambda of: np.concatenate([np.maximum.accumulate(of.scores[::-1])[::-1][1:], [0.0]]),
    "since_likely": lambda of: of.since,
    "until_likely": lambda of: of.until,
    "likely_words": lambda of: np.full(of.count, np.log1p(of.total)),
    "likely_share": lambda of: np.full(of.count, of.mass.sum() / max(float(of.words.sum()), 1.0)),
}
SECOND = ("score", *(f"score{offset:+d}" for offset in _OFFSETS), *_SEEN)


def with_scores(rows: Table, scores: Vector) -> Table:
    """The first round's columns, and those of ``SECOND``: what its scores say of each line's neighbourhood."""
    of = _Scores(rows, scores)
    values: Matrix = np.empty((len(rows), len(rows.names) + len(SECOND)), dtype=np.float32)
    own = values[:, len(rows.names) :]
    values[:, : len(rows.names)], own[:, 0] = rows.values, scores
    own[:, 1 : 1 + len(_OFFSETS)] = beside(scores[:, None], _OFFSETS, 0.0)
    for index, column in enumerate(_SEEN.values(), 1 + len(_OFFSETS)):
        own[:, index] = column(of)
    return Table((*rows.names, *SECOND), values)
