"""The cleaning data as the trees want it: lines with labels, weights and folds; and the score they are judged by."""

from __future__ import annotations

import gzip
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.contracts import codec
from streams.models.table import Table
from streams.stages.clean.identity import host_of
from training.cleaning_dumps import DUMPERS

#: What is learned from: each corpus' name and the file of its pages.
CORPORA = {"home": "pages.jsonl.gz", "wcxb": "wcxb.jsonl.gz"}
#: The corpus whose dumps by these three libraries are a file of their own, so that they stay as they are.
GIVEN_DUMPS = ("home", "dumps.jsonl.gz", ("inscriptis", "html_text", "bs4"))
#: Sites are dealt to this many folds by a hash of their host.
FOLDS = 5
#: Matching runs of words shorter than this count only where they are a whole line.
_RUN = 4
_WORD = re.compile(r"\w+")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a gzipped JSONL file."""
    with gzip.open(path, "rb") as file:
        return [codec.loads(line) for line in file if line.strip()]


def read_pages(data: Path) -> Iterator[dict[str, Any]]:
    """The pages of the corpora that are in ``data``/cleaning: ``id, url, html, body`` and ``corpus``."""
    for corpus, name in CORPORA.items():
        path = data / "cleaning" / name
        for row in read_rows(path) if path.exists() else ():
            yield {**row, "corpus": corpus}


def read_dumps(data: Path, *, by_page: int = len(DUMPERS)) -> Iterator[dict[str, Any]]:
    """The dumps of those pages: ``url, dump, text, body`` and ``corpus``, dumped here where no file has them.

    ``by_page``: of a page that no file has dumps of, so many of the ``DUMPERS``' in turn.
    """
    given, name, kinds = GIVEN_DUMPS
    for row in read_rows(data / "cleaning" / name):
        yield {**row, "corpus": given}
    names = list(DUMPERS)
    for number, row in enumerate(read_pages(data)):
        if row["corpus"] == given:
            chosen = [each for each in names if each not in kinds]
        else:
            # Two steps at a time, so that each page has dumps of unlike kinds and all kinds are as many.
            chosen = [names[(number + 2 * step) % len(names)] for step in range(by_page)]
        for dump in chosen:
            yield {key: row[key] for key in ("url", "body", "corpus")} | {
                "dump": dump, "text": DUMPERS[dump](row["html"])
            }  # fmt: skip


def fold_of(url: str) -> int:
    """The fold of a page's site: the same for every page and dump of it."""
    return int(md5((host_of(url) or url).encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def label(lines: Sequence[str], body: str) -> npt.NDArray[np.float64]:
    """The share of each line's words that an alignment with the true body matches, in order."""
    words = [_WORD.findall(text) for text in lines]
    flat = [word for line in words for word in line]
    owner = [index for index, line in enumerate(words) for _ in line]
    matched = [0] * len(lines)
    blocks = SequenceMatcher(None, flat, _WORD.findall(body), autojunk=False).get_matching_blocks()
    for start, _, size in blocks:
        for index, count in Counter(owner[start : start + size]).items():
            if size >= _RUN or count == len(words[index]):
                matched[index] += count
    return np.array([hit / len(line) if line else 0.0 for hit, line in zip(matched, words, strict=True)])


@dataclass(frozen=True, slots=True)
class Sample:
    """One text's lines: features, labels (0, 1), weights, and the fold and corpus that must not have trained on it."""

    rows: Table
    labels: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    fold: int
    corpus: str = ""


def sample(rows: Table, shares: npt.NDArray[np.float64], fold: int, weight: float = 1.0, corpus: str = "") -> Sample:
    """A sample whose lines weigh as much as the score makes them: by words, each text alike whatever its length.

    A short article under thousands of words of comments can lose no more than any other: its weight is bounded by a
    third of the text's words.
    """
    labels = (shares >= 0.5).astype(np.int64)
    words = np.clip(rows["words"].astype(np.float64), 1.5, 150.0)
    article = max(float((words * labels).sum()), float(words.sum()) / 3, 60.0)
    return Sample(rows, labels, words / article * 100.0 * weight, fold, corpus)


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Runs of four words, counted; a shorter text is one run."""
    words = _WORD.findall(text or "")
    if words and len(words) < size:
        return Counter([tuple(words)])
    return Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def f1_of(body: str, text: str) -> float:
    """F1 of a text's shingles against the true body's; 1 where both are empty."""
    true, found = shingles(body), shingles(text)
    size = sum(true.values()) + sum(found.values())
    return 2 * sum((true & found).values()) / size if size else 1.0


def score(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """The article-extraction benchmark's figures over ``(true body, found text)`` pairs.

    Macro precision (texts with an empty answer leave it) and recall over 4-word shingles, the F1 of the two, the mean
    F1 of the texts, and the share of texts without any error.
    """
    precisions: list[float] = []
    recalls: list[float] = []
    each: list[float] = []
    exact = count = 0
    for body, text in pairs:
        true, found = shingles(body), shingles(text)
        both = sum((true & found).values())
        wrong, missed = sum(found.values()) - both, sum(true.values()) - both
        count += 1
        exact += wrong == missed == 0
        if both + wrong:
            precisions.append(both / (both + wrong))
        if both + missed:
            recalls.append(both / (both + missed))
        each.append(2 * both / (2 * both + wrong + missed) if both + wrong + missed else 1.0)
    precision, recall = statistics.mean(precisions or [0.0]), statistics.mean(recalls or [0.0])
    return {
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "precision": precision,
        "recall": recall,
        "page_f1": statistics.mean(each or [0.0]),
        "exact": exact / max(count, 1),
        "pages": count,
    }
