"""What is kept of a text, how good it is likely to be, and whether an extractor's own text is likely to be better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from streams.models.table import Table, Vector
from streams.stages.clean.features.extractor_features import EXTRACTORS
from streams.stages.clean.memory.context import Context
from streams.stages.clean.model.confidence import DUMP_SIGNALS, expected_f1, signals
from streams.stages.clean.model.line_classifier import PAGE_SURE, PAGE_THRESHOLD, LineClassifiers
from streams.stages.clean.model.selection import LineVerdict, classify_dump, decide
from streams.stages.clean.parse.lines import Line

#: Blocks that an extractor keeps to this share are its text.
_VOTED = 0.5
#: An extractor's text is only looked at where ours is expected to get less than this F1, and must be expected to get
#: so much more. (Best of .02, .05 and .1 with every corpus left out, and flat.)
DOUBTFUL, MARGIN = 0.9, 0.03
#: And the line scores must not expect it to be worse by more than this, which do not hang on how texts of the corpora
#: that confidence was learned from look: with a corpus left out, 14 of 17 texts that were taken by confidence alone
#: were worse than ours, one by .7. (Of 0 to .2; flat from .02 to .04.)
CONTRADICTED = 0.02


class Choice(NamedTuple):
    """The title, a verdict for each line, the text's expected F1 (0 to 1; None: nothing tells), and whose text it is.

    ``fallback`` is the extractor whose text was taken; None where it is ours.
    """

    title: str | None
    verdicts: Sequence[LineVerdict]
    confidence: float | None = None
    fallback: str | None = None


class Candidate(NamedTuple):
    """What would be kept of a page, and the signals of how good it is; ``extractor`` is None for our own."""

    extractor: str | None
    title: str | None
    verdicts: Sequence[LineVerdict]
    signals: Table


def candidates(
    lines: Sequence[Line], rows: Table, title: str | None, classifiers: LineClassifiers
) -> Iterator[Candidate]:
    """Our own selection of a page's blocks first, then the extractors'; the conventions of the trade hold for all."""
    scores = classifiers.page.scores(rows)
    yield _candidate(None, rows, scores, decide(lines, rows, scores, title, PAGE_THRESHOLD, PAGE_SURE))
    for extractor in EXTRACTORS:
        shares = rows[extractor].astype(np.float64)
        yield _candidate(extractor, rows, scores, decide(lines, rows, shares, title, _VOTED))


def _candidate(
    extractor: str | None,
    rows: Table,
    scores: Vector,
    decided: tuple[str | None, Sequence[LineVerdict]],
) -> Candidate:
    title, verdicts = decided
    return Candidate(extractor, title, verdicts, signals(rows, scores, [v.reason is None for v in verdicts]))


def choose_page(lines: Sequence[Line], rows: Table, title: str | None, classifiers: LineClassifiers) -> Choice:
    """The blocks of a page that are the article: ours, or an extractor's where that is likely to be better."""
    found = candidates(lines, rows, title, classifiers)
    own = next(found)
    trees = classifiers.page_confidence
    if trees is None:
        return Choice(own.title, own.verdicts)
    expected = expected_f1(trees, own.signals)
    if expected < DOUBTFUL:
        least = own.signals["expected"][0] - CONTRADICTED
        theirs = [
            (expected_f1(trees, other.signals), other) for other in found if other.signals["expected"][0] >= least
        ]
        most, other = max(theirs, key=itemgetter(0), default=(0.0, own))
        if most >= expected + MARGIN:
            return Choice(other.title, other.verdicts, most, other.extractor)
    return Choice(own.title, own.verdicts, expected)


def choose_dump(lines: Sequence[Line], title: str | None, context: Context, classifiers: LineClassifiers) -> Choice:
    """The lines of a text dump that are the article."""
    found = classify_dump(lines, title, context, classifiers.dump)
    trees = classifiers.dump_confidence
    if trees is None or found.first is None:
        return Choice(found.title, found.verdicts)
    return Choice(found.title, found.verdicts, expected_f1(trees, signals(*found.first, DUMP_SIGNALS)))
