"""What the figures of pages and of text dumps share: cleaning a row by chosen trees, timing, scoring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner, Context
from streams.stages.clean.model.line_classifier import LineClassifiers
from training.cleaning_data import fold_of, score

T = TypeVar("T")
Figures = dict[str, Any]
Rows = list[Figures]
#: Which trees clean a page or dump, by its row.
Pick = Callable[[Figures], LineClassifiers]
OURS, LEFT_OUT = "News Streams", "News Streams, learned without this corpus"
#: The corpus that everything is measured on; the head of a table of figures.
HOME = "home"
HEAD = "| F1 | precision | recall | mean page F1 | exact | ms a"


def unseen_site(folds: Sequence[LineClassifiers]) -> Pick:
    """Trees that have not seen the row's site."""
    return lambda row: folds[fold_of(row["url"])]


def unseen_corpus(without: dict[str, LineClassifiers]) -> Pick:
    """Trees that have seen nothing of the row's corpus."""
    return lambda row: without[row["corpus"]]


def clean(pick: Pick, kind: str, row: Figures, context: Context | None = None) -> CleanArticle | None:
    """The record that ``row[kind]`` (``html`` or ``text``) becomes; of what is rejected, none."""
    content_type = "text/html" if kind == "html" else "text/plain"
    raw = RawArticle(content=row[kind], content_type=content_type, url=row["url"])
    outcome = Cleaner(classifiers=pick(row)).clean(raw, context)
    return outcome if isinstance(outcome, CleanArticle) else None


def text_of(article: CleanArticle | None) -> str:
    return article.text if article else ""


def timed(rows: Rows, extract: Callable[[Figures], T]) -> tuple[list[T], float]:
    """What each row becomes, and milliseconds of processor time a row."""
    extract(rows[0])
    started = time.process_time()
    found = [extract(row) for row in rows]
    return found, 1000 * (time.process_time() - started) / len(rows)


def scored(rows: Rows, texts: Iterable[str], spent: float) -> Figures:
    """``score`` of the rows' texts, and ``ms``."""
    pairs = zip((row["body"] for row in rows), texts, strict=True)
    return {**score(pairs), "ms": spent}


def cells(row: Figures) -> str:
    """A row of the table that ``HEAD`` begins, up to the exact ones."""
    return " | ".join(f"{row[key]:.4f}" for key in ("f1", "precision", "recall", "page_f1", "exact"))
