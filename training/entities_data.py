"""Reading and scoring named-entity data: exact spans, as ``eval/score.py`` scores them."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.contracts import codec

#: Development sets: name → file under the data folder.
CORPORA = {"wikigold": "entities/wikigold.jsonl.gz", "worldwide": "entities/worldwide_dev.jsonl.gz"}
TYPES = ("PER", "ORG", "LOC", "MISC")

#: ``(start, end, type)``, code points, end exclusive.
Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A text and the names that people marked in it."""

    id: str
    text: str
    spans: tuple[Span, ...]


def read(path: Path) -> list[Document]:
    """The documents of a gzipped JSONL file with rows ``{id, text, mentions: [{start, end, type}]}``."""
    with gzip.open(path, "rb") as lines:
        rows = [codec.loads(line) for line in lines if line.strip()]
    return [
        Document(row["id"], row["text"], tuple((m["start"], m["end"], m["type"]) for m in row["mentions"]))
        for row in rows
    ]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without a leading article and a trailing possessive: corpora differ in both."""
    article = re.match(r"(?i)(the|a|an)\s+", text[start:end])
    if article and start + article.end() < end:
        start += article.end()
    for possessive in ("'s", "’s", "'", "’"):
        if text[start:end].endswith(possessive):
            end -= len(possessive)
            break
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def score(documents: Sequence[Document], found: Iterable[Sequence[Span]]) -> dict[str, float]:
    """F1 by type, and over PER, ORG and LOC together, with precision and recall; micro-averaged over mentions."""
    hits: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for document, spans in zip(documents, found, strict=True):
        gold = Counter((*trim(document.text, start, end), kind) for start, end, kind in document.spans)
        got = Counter((*trim(document.text, start, end), kind) for start, end, kind in spans)
        for key in gold.keys() | got.keys():
            hit = min(gold[key], got[key])
            hits[key[2]] += hit
            extra[key[2]] += got[key] - hit
            missed[key[2]] += gold[key] - hit
    figures = {kind.lower(): _f1(hits, extra, missed, (kind,))[2] for kind in TYPES}
    precision, recall, f1 = _f1(hits, extra, missed, TYPES[:3])
    return figures | {"precision": precision, "recall": recall, "f1_per_org_loc": f1}


def _f1(
    hits: Mapping[str, int], extra: Mapping[str, int], missed: Mapping[str, int], kinds: Sequence[str]
) -> tuple[float, float, float]:
    true, false, lost = (sum(counts[kind] for kind in kinds) for counts in (hits, extra, missed))
    precision = true / (true + false) if true + false else 0.0
    recall = true / (true + lost) if true + lost else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
