"""How good the text is likely to be: the expected F1 of a selection of lines, and the better one of several.

A selection is what cleaning keeps of a text. What is known of it anyway (the lines' scores, how they lie, what other
extractors keep) becomes a row of signals, and small boosted trees, learned from what selections got on pages whose
sites the line classifiers had not seen, make a number of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from streams.models.table import Table, Vector
from streams.models.trees import Trees
from streams.stages.clean.features.extractor_features import EXTRACTORS
from streams.stages.clean.parse.lines import LONG_WORDS, PROSE_WORDS


class _Selection:
    """A text's lines, with their scores and whether they are kept, as what signals are computed from."""

    def __init__(self, rows: Table, scores: Vector, kept: Sequence[bool]) -> None:
        self._rows = rows
        self.words = rows["words"].astype(np.float64)
        self.scores, self.kept = scores, np.asarray(kept, dtype=np.float64)
        self.chosen = self.words * self.kept
        self.size = float(self.chosen.sum())
        #: Words that the scores take for the article's: of all lines, and of those that are kept.
        self.likely = float(self.words @ scores)
        self.hits = float(self.chosen @ scores)
        self.doubt = self.words * np.minimum(scores, 1 - scores)
        self.prose = ((rows["terminal"] > 0) & (self.words >= PROSE_WORDS)) | (self.words >= LONG_WORDS)
        self.places = np.flatnonzero(self.kept)
        self._agreements: dict[str, tuple[float, float, float]] = {}

    @property
    def stretches(self) -> int:
        return int(np.count_nonzero(np.diff(self.places) > 1)) + 1

    def of_kept(self, words: Vector) -> float:
        """Words as a share of those that are kept; at most 10."""
        return min(float(words.sum()) / max(self.size, 1.0), 10.0)

    def mean(self, name: str) -> float:
        """The mean of a column over the kept words."""
        return self.of_kept(self.chosen * self._rows[name])

    def share_kept(self, name: str) -> float:
        """The part of a column's sum, by words, that is in what is kept."""
        column = self._rows[name].astype(np.float64)
        return float(self.chosen @ column) / max(float(self.words @ column), 1.0)

    def agreement(self, extractor: str) -> tuple[float, float, float]:
        """The part of what is kept that the extractor keeps, the reverse, and both in one (F1)."""
        if extractor not in self._agreements:
            share = self._rows[extractor]
            both, theirs = float(self.chosen @ share), float(self.words @ share)
            self._agreements[extractor] = (
                both / max(self.size, 1.0), both / max(theirs, 1.0), 2 * both / max(self.size + theirs, 1.0)
            )  # fmt: skip
        return self._agreements[extractor]


def _agreement(extractor: str, part: int, of: _Selection) -> float:
    return of.agreement(extractor)[part]


Signal = Callable[[_Selection], float]

#: What is known of any selection: name → what gives the number.
_OF_ANY: dict[str, Signal] = {
    "size": lambda of: float(np.log1p(of.size)),
    "lines": lambda of: float(np.log1p(len(of.places))),
    "share": lambda of: of.size / max(float(of.words.sum()), 1.0),
    "stretches": lambda of: float(np.log1p(of.stretches)),
    "expected": lambda of: 2 * of.hits / max(of.size + of.likely, 1.0),
    "expected_precision": lambda of: of.hits / max(of.size, 1.0),
    "expected_recall": lambda of: of.hits / max(of.likely, 1.0),
    "doubt_kept": lambda of: of.of_kept(of.doubt * of.kept),
    "doubt_dropped": lambda of: of.of_kept(of.doubt * (1 - of.kept)),
    "weak_kept": lambda of: of.of_kept(of.chosen * (of.scores < 0.8)),
    "overruled": lambda of: of.of_kept(of.words * (1 - of.kept) * (of.scores > 0.5)),
    "prose": lambda of: of.of_kept(of.chosen * of.prose),
    "prose_dropped": lambda of: of.of_kept(of.words * (1 - of.kept) * of.prose),
    "line_words": lambda of: of.size / max(len(of.places), 1),
}
#: The signals of pages.
SIGNALS: dict[str, Signal] = {
    **_OF_ANY,
    "linked": lambda of: of.mean("link_share"),
    "in_paragraphs": lambda of: of.mean("is_p"),
    "near_related": lambda of: of.mean("near_related"),
    "near_comment": lambda of: of.mean("near_comment"),
    **{
        f"{extractor}_{part}": partial(_agreement, extractor, index)
        for extractor in EXTRACTORS
        for index, part in enumerate(("precision", "recall", "agreement"))
    },
}


def _mean(name: str, of: _Selection) -> float:
    return of.mean(name)


#: What dumps tell instead of markup and extractors: what the kept words' lines are like, and stand among.
_LINES_ARE = (
    "in_core", "topic_overlap", "title_overlap", "talk_before", "more_before", "comments_before", "core_distance",
    "block_prose", "around_date_4", "indent_core", "since_heading", "aside_share",
)  # fmt: skip
#: The signals of text dumps.
DUMP_SIGNALS: dict[str, Signal] = {
    **_OF_ANY,
    "text_lines": lambda of: float(np.log1p(len(of.words))),
    "core_kept": lambda of: of.share_kept("in_core"),
    "topic_kept": lambda of: of.share_kept("topic_overlap"),
    **{f"mean_{name}": partial(_mean, name) for name in _LINES_ARE},
}


def signals(rows: Table, scores: Vector, kept: Sequence[bool], of: Mapping[str, Signal] = SIGNALS) -> Table:
    """One row, the columns of ``of``: of a text's lines with their ``scores`` (0 to 1), some of them ``kept``."""
    selection = _Selection(rows, scores, kept)
    return Table.of({name: [signal(selection)] for name, signal in of.items()})


def expected_f1(trees: Trees, table: Table) -> float:
    """The F1 (0 to 1) that a text with these signals gets on the average."""
    return round(float(trees.predict(table)[0]), 3)
