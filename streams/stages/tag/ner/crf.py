"""Relabelling: a linear-chain CRF over the backend's output that has seen how the backend errs.

It reads the features of ``crf_features.py`` and labels each word of a run again: it moves boundaries, changes types,
drops junk and adds names that the backend missed. The weights are learned by ``streams train entities``; without them
the backend's labels stand. Lafferty, McCallum & Pereira (2001); decoding is Viterbi's.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Hashable, Iterator, Sequence, Set
from functools import cache
from itertools import accumulate
from typing import cast

import numpy as np
from numpy.typing import NDArray

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.crf_features import PARTS, Named, Seen, runs
from streams.stages.tag.ner.tokens import Tokens, read
from streams.stages.tag.resolve.found import Name

#: The weights that know spaCy's errors, in a language's folder.
WEIGHTS = "relabel.json.xz"
_NEVER = -1e9
#: What is known of parts of what is seen, and sums of weights, at most; then all is worked out again. Some 12 MB.
_MOST_KNOWN, _MOST_SUMS = 1 << 16, 1 << 15

Floats = NDArray[np.float32]


class Relabeller:
    """The weights, ready to decode.

    Args:
        packed: xz-compressed JSON ``{"labels": [L], "transitions": [L][L], "features": {name: [L]}}``; numbers have
            three decimals.
    """

    def __init__(self, packed: bytes) -> None:
        model = json.loads(lzma.decompress(packed))
        self.labels: list[str] = model["labels"]
        names = list(model["features"])
        self._rows = {name: row for row, name in enumerate(names, start=1)}
        nothing = [0.0] * len(self.labels)
        self._weights = _thousandths([nothing, *(model["features"][name] for name in names)])
        self._named: dict[object, dict[Hashable, int]] = {part: {} for part in PARTS if isinstance(part, Named)}
        for name, row in self._rows.items():
            prefix, equals, seen = name.partition("=")
            if (known := self._named.get(Named(prefix + equals))) is not None:
                known[seen] = row
        self._most_known = _MOST_KNOWN + len(names)
        self._forget()
        # I-X goes on with X and starts nothing, whatever was learned.
        self._start: Floats = np.array([_NEVER if label[0] == "I" else 0.0 for label in self.labels], dtype=np.float32)
        self._moves = _thousandths(model["transitions"])
        for column, label in enumerate(self.labels):
            if label[0] == "I":
                for row, before in enumerate(self.labels):
                    if before[2:] != label[2:]:
                        self._moves[row, column] = _NEVER

    def names(self, document: Document, raw: Sequence[RawSpan]) -> list[Name]:
        """The names of a document, given what a backend found in it."""
        tokens, begins = read(document.text, document.language).without_lines()
        raw_at = {(span.start, span.end) for span in raw}
        found: list[Name] = []
        stretches = runs(document, tokens, begins, raw)
        scores = self._scores([seen for run in stretches for seen in run.seen])
        for run, labels in zip(stretches, self._best(scores, [len(run.seen) for run in stretches]), strict=True):
            if labels != ["O"]:
                found += _spans(run.first, labels, tokens, raw_at)
        return found

    def _best(self, scores: Floats, lengths: Sequence[int]) -> list[list[str]]:
        """The best labels of runs, which follow each other and are this long: Viterbi, all runs at once."""
        if not lengths:
            return []
        begins = list(accumulate(lengths, initial=0))
        # Long ones first: a step goes on with the first so many.
        order = sorted(range(len(lengths)), key=lambda run: -lengths[run])
        at, size = np.array([begins[run] for run in order]), np.array([lengths[run] for run in order])
        best = scores[at] + self._start
        traces: list[list[list[int]]] = []
        for step in range(1, int(size[0])):
            count = int(np.searchsorted(-size, -step, side="left"))
            paths = best[:count, :, None] + self._moves
            traces.append(paths.argmax(axis=1).tolist())
            best[:count] = paths.max(axis=1) + scores[at[:count] + step]
        found: list[list[str]] = [[]] * len(lengths)
        for row, (run, label) in enumerate(zip(order, best.argmax(axis=1).tolist(), strict=True)):
            path = [label]
            for trace in traces[lengths[run] - 2 :: -1] if lengths[run] > 1 else ():
                path.append(trace[row][path[-1]])
            found[run] = [self.labels[label] for label in reversed(path)]
        return found

    def _scores(self, words: Sequence[Seen]) -> Floats:
        """The sum of the weights of each word's features: words by labels, in one gather for a whole document."""
        if not words:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        most = len(words) * (len(PARTS) - len(self._named))
        if len(self._sums) - self._free < most or sum(map(len, self._known)) > self._most_known:
            self._forget(most)
        columns = []
        for part, known, column in zip(PARTS, self._known, zip(*words, strict=True), strict=True):
            if not isinstance(part, Named):
                for what in set(column).difference(known):
                    known[what] = self._sum(part(what))
            columns.append([known.get(what, 0) for what in column])
        return cast(Floats, self._sums[np.array(columns)].sum(axis=0))

    def _sum(self, features: Sequence[str]) -> int:
        """The row of ``_sums`` with the sum of these features' weights."""
        rows = [row for name in features if (row := self._rows.get(name)) is not None]
        if len(rows) < 2:
            return rows[0] if rows else 0
        self._sums[self._free] = self._weights[rows].sum(axis=0)
        self._free += 1
        return self._free - 1

    def _forget(self, room: int = 0) -> None:
        """Of parts with several features nothing is known; room for this many sums besides the usual.

        The first rows of ``_sums`` are the weights: what has one feature needs no sum. Row 0 is all zeros, for what has
        none.
        """
        self._known: list[dict[Hashable, int]] = [self._named.get(part, {}) for part in PARTS]
        self._free = len(self._weights)
        more = np.zeros((_MOST_SUMS + room, len(self.labels)), dtype=np.float32)
        self._sums: Floats = np.concatenate([self._weights, more])


def _spans(first: int, labels: Sequence[str], tokens: Tokens, raw: Set[tuple[int, int]]) -> Iterator[Name]:
    """The names of a run that begins at the token ``first``. ``raw``: where the backend's are."""
    start = None
    for place, label in enumerate([*labels, "O"]):
        if start is not None and label[0] != "I":
            span = (tokens.starts[first + start], tokens.ends[first + place - 1])
            why = "model" if span in raw else "model, corrected"
            yield Name(*span, cast(EntityType, labels[start][2:]), why)
            start = None
        if label[0] == "B":
            start = place


def _thousandths(weights: Sequence[Sequence[float]]) -> Floats:
    """Weights, which have three decimals, as whole numbers: their sums are exact, in whatever order."""
    return cast(Floats, np.rint(np.array(weights) * 1000).astype(np.float32))


@cache
def shipped(language: Language, weights: str = WEIGHTS) -> Relabeller | None:
    """The relabeller that comes with a language, read once a process; None where it has none.

    Args:
        weights: the name of their file: a backend says which know its errors.
    """
    file = language.data / weights if language.data is not None else None
    return Relabeller(file.read_bytes()) if file is not None and file.is_file() else None
