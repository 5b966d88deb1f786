"""What the fast recogniser learns from: news as spaCy's recogniser reads it, as numbers.

The texts are those of the stories' and the cleaning's development sets, without anything that people marked in them;
none of the texts whose names people marked is among them. What the teacher says is kept (``KEPT``): it takes ten
minutes, and learning three.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streams.contracts import codec
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.ner import Backend, RawSpan
from streams.stages.tag.ner.casing import plain_headline
from streams.stages.tag.ner.fast_net import BEYOND, NEAR, Ints
from streams.stages.tag.ner.fast_words import Kinds, describe, number
from streams.stages.tag.ner.postprocess import TYPES
from streams.stages.tag.ner.tokens import read as read_tokens
from training.recogniser_groups import Groups

_sparse: Any = importlib.import_module("scipy.sparse")

SETS = (
    "stories/g5w1h", "stories/gva_dev", "stories/neus1k", "stories/allsides", "stories/basil", "stories/groundnews_dev",
    "cleaning/pages", "cleaning/wcxb",
)  # fmt: skip
#: Where the teacher's answers are kept, in a checkout's own working folder.
KEPT = Path(__file__).parents[1] / "var" / "recogniser" / "labels.jsonl.gz"
LABELS = ("O", *(f"{mark}-{kind}" for kind in TYPES for mark in "BILU"))
#: How far a text is read, code points; and texts that the teacher gets at once.
_MOST_READ, _AT_ONCE = 12_000, 64
#: Least uses of a word in all texts for its spelling to be a feature, and twice that for how it is written and for
#: other features; these need as many words that have them, too.
_USES, _WORDS = 6, 4

#: What a text's end has.
END = "\0"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts as numbers: a row of ``types``, ``places`` and ``labels`` a word, text ``i`` from ``starts[i]`` on.

    ``matrix``: types by features, 1 where a type has one; ``spelt``: which features say how a word is spelt.
    """

    types: Ints
    places: Ints
    labels: Ints
    starts: Ints
    matrix: Any
    features: dict[str, int]
    spelt: Ints

    def batch(self, texts: Sequence[int]) -> tuple[Ints, Ints, Ints]:
        """Types, places and labels of some texts, ends between them (label -1: to be left alone)."""
        gap = np.zeros(NEAR + BEYOND, dtype=np.int64)
        columns: tuple[list[Ints], list[Ints], list[Ints]] = ([gap], [gap], [gap - 1])
        for text in texts:
            inside = slice(self.starts[text], self.starts[text + 1])
            for column, values, end in zip(
                columns, (self.types, self.places, self.labels), (gap, gap, gap - 1), strict=True
            ):
                column += [values[inside], end]
        types, places, labels = (np.concatenate(column) for column in columns)
        return types, places, labels


def texts(data: Path) -> Iterator[str]:
    """The texts, as tagging reads them: title and text as one, a Title Case headline as running text."""
    for name in SETS:
        with gzip.open(data / f"{name}.jsonl.gz", "rb") as lines:
            for line in lines:
                row = codec.loads(line)
                if row.get("lang", "en") != "en":
                    continue
                title = (row.get("title") or "") if name != "cleaning/pages" else ""
                text = (row.get("text") or row.get("body") or "")[:_MOST_READ]
                yield plain_headline(f"{title}\n\n{text}" if title else text, len(title), DEFAULT)


def labelled(found: Sequence[str], teacher: Backend, kept: Path = KEPT) -> list[list[RawSpan]]:
    """What the teacher finds in each text; what it said before is not asked again."""
    known: dict[str, list[RawSpan]] = {}
    if kept.is_file():
        with gzip.open(kept, "rb") as lines:
            for row in map(codec.loads, lines):
                known[row["text"]] = [RawSpan(*span) for span in row["spans"]]
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in found]
    unknown = list({key: text for key, text in zip(keys, found, strict=True) if key not in known}.items())
    kept.parent.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(unknown), _AT_ONCE):
        some = unknown[at : at + _AT_ONCE]
        answers = teacher.find([text for _, text in some])
        with gzip.open(kept, "ab") as lines:
            for (key, _), spans in zip(some, answers, strict=True):
                known[key] = spans
                row = {"text": key, "spans": [[span.start, span.end, span.label] for span in spans]}
                lines.write(codec.encode(row) + b"\n")
    return [known[key] for key in keys]


def corpus(found: Sequence[str], spans: Sequence[Sequence[RawSpan]], groups: Groups) -> Corpus:
    """The texts as numbers, with the teacher's labels."""
    numbers: dict[str, int] = {}
    kinds = Kinds()
    number([END], numbers, kinds)
    columns: list[tuple[Ints, Ints, Ints]] = []
    for text, names in zip(found, spans, strict=True):
        tokens = read_tokens(text, DEFAULT)
        types = number(tokens.words, numbers, kinds)
        places = list(zip(tokens.starts, tokens.ends, strict=True))
        columns.append((types, kinds.places(types), bilou(places, names)))
    types, places_, labels = (np.concatenate(column) for column in zip(*columns, strict=True))
    counts = np.bincount(types, minlength=len(numbers)).tolist()
    described = [[END], *([*describe(word, DEFAULT), *groups.names(word)] for word in list(numbers)[1:])]
    features = _features(described, counts)
    rows = [[row for name in names if (row := features.get(name)) is not None] for names in described]
    ends = np.cumsum([0, *map(len, rows)])
    ones = np.ones(int(ends[-1]), dtype=np.float32)
    matrix = _sparse.csr_matrix((ones, np.concatenate(rows).astype(np.int64), ends), (len(rows), len(features)))
    return Corpus(
        types=types,
        places=places_,
        labels=labels,
        starts=np.cumsum([0, *(len(column[0]) for column in columns)]),
        matrix=matrix,
        features=features,
        spelt=np.array([row for name, row in features.items() if _is_spelling(name)], dtype=np.int64),
    )


def bilou(places: Sequence[tuple[int, int]], spans: Sequence[RawSpan]) -> Ints:
    """The label of each word, as a number of ``LABELS``; a span that starts inside a word, or is no name, is left out.

    >>> [LABELS[label] for label in bilou([(0, 3), (4, 8), (9, 12)], [RawSpan(0, 8, "PERSON")])]
    ['B-PERSON', 'L-PERSON', 'O']
    """
    labels = np.zeros(len(places), dtype=np.int64)
    at = {start: index for index, (start, _) in enumerate(places)}
    for span in spans:
        first = at.get(span.start)
        if first is None or span.label not in TYPES:
            continue
        last = first
        while last + 1 < len(places) and places[last + 1][1] <= span.end:
            last += 1
        begin = LABELS.index(f"B-{span.label}")
        labels[first + 1 : last] = begin + 1
        labels[first], labels[last] = (begin, begin + 2) if last > first else (begin + 3, begin + 3)
    return labels


def _is_spelling(name: str) -> bool:
    return name.startswith(("w=", "W="))


def _features(described: Sequence[Sequence[str]], counts: Sequence[int]) -> dict[str, int]:
    """The features that are common enough, numbered; a text's end has the last number."""
    words: Counter[str] = Counter()
    uses: Counter[str] = Counter()
    for names, count in zip(described, counts, strict=True):
        words.update(names)
        uses.update(dict.fromkeys(names, count))
    common = [
        name
        for name, count in words.items()
        if name != END
        and (uses[name] >= (_USES if name.startswith("w=") else 2 * _USES))
        and (_is_spelling(name) or count >= _WORDS or name == "\n")
    ]
    return {name: row for row, name in enumerate([*common, END])}
