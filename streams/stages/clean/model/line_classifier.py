"""Which lines are the article: two rounds of boosted trees, the second of which sees its neighbours' first scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files

import numpy as np

from streams.models.table import Table, Vector
from streams.models.trees import Trees, load
from streams.stages.clean.features import line_features
from streams.stages.clean.features.extractor_features import VOTES
from streams.stages.clean.features.line_features import GAPS
from streams.stages.clean.features.markup_features import MARKUP
from streams.stages.clean.features.sequences import around, before, shifted
from streams.stages.clean.model.confidence import SIGNALS

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
    """The classifiers of text dumps and of pages, and what tells how good a page's text is (None: nothing does)."""

    dump: LineClassifier
    page: LineClassifier
    page_confidence: Trees | None = None


@lru_cache(maxsize=1)
def shipped() -> LineClassifiers:
    """The classifiers whose weights the package holds; ``ValueError`` where they know features that we do not."""
    return LineClassifiers(
        dump=_shipped("dump", DUMP_NAMES),
        page=_shipped("page", PAGE_NAMES),
        page_confidence=_read("page_confidence", SIGNALS),
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

    def by_words(self, reach: int) -> Vector:
        """The mean score of the lines around each, weighed by their words."""
        return around(self.mass, reach) / np.maximum(around(self.words, reach), 1.0)


def _beside(offset: int, of: _Scores) -> Vector:
    return shifted(of.scores, offset, 0.0)


#: What the second round sees besides the first's columns: name → what gives the column.
SECOND: dict[str, Callable[[_Scores], Vector]] = {
    "score": lambda of: of.scores,
    **{f"score{offset:+d}": partial(_beside, offset) for offset in (-4, -3, -2, -1, 1, 2, 3, 4)},
    "scores_2": lambda of: around(of.scores, 2),
    "scores_6": lambda of: around(of.scores, 6),
    "scores_15": lambda of: around(of.scores, 15),
    "by_words_3": lambda of: of.by_words(3),
    "by_words_10": lambda of: of.by_words(10),
    "mass_before": lambda of: before(of.mass) / of.total,
    "mass_after": lambda of: (of.total - np.cumsum(of.mass)) / of.total,
    "best_before": lambda of: shifted(np.maximum.accumulate(of.scores), -1, 0.0),
    "best_after": lambda of: shifted(np.maximum.accumulate(of.scores[::-1])[::-1], 1, 0.0),
    "since_likely": lambda of: of.since,
    "until_likely": lambda of: of.until,
    "likely_words": lambda of: np.full(of.count, np.log1p(of.total)),
    "likely_share": lambda of: np.full(of.count, of.mass.sum() / max(float(of.words.sum()), 1.0)),
}


def with_scores(rows: Table, scores: Vector) -> Table:
    """The first round's columns, and those of ``SECOND``: what its scores say of each line's neighbourhood."""
    of = _Scores(rows, scores)
    return rows.beside(Table.of({name: column(of) for name, column in SECOND.items()}))
