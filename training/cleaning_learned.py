"""All that cleaning learns, and the same without each fold of sites and without each corpus, for the figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streams.stages.clean.model.line_classifier import LineClassifiers, shipped
from streams.stages.clean.parse.lines import split
from training.cleaning_confidence import (
    confident_by_corpus,
    confident_by_fold,
    dump_outcomes,
    fit_confidence,
    page_outcomes,
)
from training.cleaning_data import fold_of, read_dumps, read_pages
from training.cleaning_learning import DUMPS, PAGES, fit, fit_corpora, fit_folds
from training.cleaning_samples import described_pages, dump_samples, page_samples, sibling_contexts
from training.cleaning_swapped import swapped

#: How often each article is put into another site's page, and what such a page counts against one as it is (.5 and 1
#: differ by .002 and less with a corpus left out, both ways).
SWAPS, SWAPPED = 1, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """``folds``: classifiers that have seen nothing of a fold's sites; ``without``: nothing of a corpus.

    ``files``: what ships, by name of the weights file, where it was asked for.
    """

    folds: list[LineClassifiers]
    without: dict[str, LineClassifiers]
    files: dict[str, bytes]


def learn_pages(data: Path, *, ship: bool = False) -> Learned:
    """Learn from the pages of ``data``/cleaning.

    The confidence is learned from texts as trees that know nothing of their corpus make them, as news will be that
    nothing was learned from; of one corpus, as trees that have not seen their sites do. Without a corpus it is learned
    from texts of the others alone.
    """
    dump, rows = shipped().dump, list(read_pages(data))
    pages = described_pages(rows)
    samples = page_samples(pages)
    for seed in range(SWAPS):
        samples += page_samples(described_pages(swapped(rows, seed)), SWAPPED)
    folds = [LineClassifiers(dump=dump, page=page) for page in fit_folds(samples, PAGES)]
    without = {corpus: LineClassifiers(dump=dump, page=page) for corpus, page in fit_corpora(samples, PAGES).items()}
    outcomes = [
        one for page in pages for one in page_outcomes(page, without.get(page.corpus) or folds[fold_of(page.url)])
    ]
    files: dict[str, bytes] = {}
    if ship:
        files["page_1"], files["page_2"] = fit(samples, PAGES)[1]
        files["page_confidence"] = fit_confidence(outcomes)[1]
    return Learned(
        folds=confident_by_fold(folds, outcomes, "page"),
        without=confident_by_corpus(without, outcomes, "page"),
        files=files,
    )


def learn_dumps(data: Path, *, ship: bool = False) -> Learned:
    """Learn from the text dumps of ``data``/cleaning; their confidence as that of pages."""
    page, samples = shipped().page, dump_samples(data)
    folds = [LineClassifiers(dump=dump, page=page) for dump in fit_folds(samples, DUMPS)]
    without = {corpus: LineClassifiers(dump=dump, page=page) for corpus, dump in fit_corpora(samples, DUMPS).items()}
    rows = list(read_dumps(data, by_page=1))
    contexts = sibling_contexts(rows, [split(row["text"]) for row in rows])
    outcomes = [
        one
        for row, context in zip(rows, contexts, strict=True)
        for one in dump_outcomes(row, context, without.get(row["corpus"]) or folds[fold_of(row["url"])])
    ]
    files: dict[str, bytes] = {}
    if ship:
        files["dump_1"], files["dump_2"] = fit(samples, DUMPS)[1]
        files["dump_confidence"] = fit_confidence(outcomes)[1]
    return Learned(
        folds=confident_by_fold(folds, outcomes, "dump"),
        without=confident_by_corpus(without, outcomes, "dump"),
        files=files,
    )
