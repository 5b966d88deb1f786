"""Relabelling: a linear-chain CRF over the backend's output that has seen how the backend errs.

It reads the features of ``crf_features.py`` and labels each word of a run again: it moves boundaries, changes types,
drops junk and adds names that the backend missed. The weights are learned by ``streams train entities``; without them
the backend's labels stand. Lafferty, McCallum & Pereira (2001); decoding is Viterbi's.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.crf_features import Run, Token, runs, tokenise
from streams.stages.tag.resolve.found import Name

#: The weights that know spaCy's errors, in a language's folder.
WEIGHTS = "relabel.json.xz"
_NEVER = -1e6

Floats = NDArray[np.float32]


class Relabeller:
    """The weights, ready to decode.

    Args:
        packed: xz-compressed JSON ``{"labels": [L], "transitions": [L][L], "features": {name: [L]}}``.
    """

    def __init__(self, packed: bytes) -> None:
        model = json.loads(lzma.decompress(packed))
        self.labels: list[str] = model["labels"]
        names = list(model["features"])
        self._rows = {name: row for row, name in enumerate(names, start=1)}
        nothing = [0.0] * len(self.labels)
        self._weights: Floats = np.array([nothing, *(model["features"][name] for name in names)], dtype=np.float32)
        # I-X goes on with X and starts nothing, whatever was learned.
        self._start: Floats = np.array([_NEVER if label[0] == "I" else 0.0 for label in self.labels], dtype=np.float32)
        self._moves: Floats = np.array(model["transitions"], dtype=np.float32)
        for column, label in enumerate(self.labels):
            if label[0] == "I":
                for row, before in enumerate(self.labels):
                    if before[2:] != label[2:]:
                        self._moves[row, column] = _NEVER

    def names(self, document: Document, raw: Sequence[RawSpan]) -> list[Name]:
        """The names of a document, given what a backend found in it."""
        tokens = tokenise(document)
        raw_at = {(span.start, span.end): span.label for span in raw}
        found: list[Name] = []
        stretches = runs(document, tokens, raw)
        scores = self._scores([features for run in stretches for features in run.features])
        # Most runs are one word.
        alone = (scores + self._start).argmax(axis=1).tolist()
        at = 0
        for run in stretches:
            stop = at + len(run.features)
            labels = [self.labels[alone[at]]] if stop == at + 1 else self._best(scores[at:stop])
            at = stop
            found += self._spans(run.first, labels, tokens, raw_at)
        return found

    def _spans(
        self, first: int, labels: Sequence[str], tokens: Sequence[Token], raw_at: dict[tuple[int, int], str]
    ) -> list[Name]:
        spans: list[list[object]] = []
        for position, label in enumerate(labels, start=first):
            token = tokens[position]
            if label[0] == "B":
                spans.append([token.start, token.end, label[2:]])
            elif label[0] == "I":
                spans[-1][1] = token.end
        return [
            Name(
                cast(int, start),
                cast(int, end),
                cast(EntityType, kind),
                "model" if (start, end) in raw_at else "model, corrected",
            )
            for start, end, kind in spans
        ]

    def decode(self, run: Run) -> list[str]:
        """The best sequence of labels for a run: BIO, consistent."""
        return self._best(self._scores(run.features))

    def _best(self, scores: Floats) -> list[str]:
        best = scores[0] + self._start
        trace: list[NDArray[np.intp]] = []
        for score in scores[1:]:
            paths = best[:, None] + self._moves
            trace.append(paths.argmax(axis=0))
            best = paths.max(axis=0) + score
        label = int(best.argmax())
        path = [label]
        for back in reversed(trace):
            label = int(back[label])
            path.append(label)
        return [self.labels[index] for index in reversed(path)]

    def _scores(self, features: Sequence[Sequence[str]]) -> Floats:
        """The sum of the weights of each token's features: tokens by labels, in one gather for a whole document."""
        if not features:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        get = self._rows.get
        # Row 0 is all zeros: what is not in the weights counts nothing.
        indices = np.array([get(name, 0) for names in features for name in names], dtype=np.intp)
        starts = np.cumsum([0, *(len(names) for names in features[:-1])])
        return cast(Floats, np.add.reduceat(self._weights[indices], starts, axis=0))


@cache
def shipped(language: Language, weights: str = WEIGHTS) -> Relabeller | None:
    """The relabeller that comes with a language, read once a process; None where it has none.

    Args:
        weights: the name of their file: a backend says which know its errors.
    """
    file = language.data / weights if language.data is not None else None
    return Relabeller(file.read_bytes()) if file is not None and file.is_file() else None
