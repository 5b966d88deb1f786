"""Groups of words of like meaning, from the word vectors of spaCy's model: what is known of words that no text has.

The vectors were learned from far more text than we have; of them only the groups are kept, some 264,000 words in 800
small and 80 large ones (k-means on the 60 directions that vary most).
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.models import store

#: Words that running text has: letters, perhaps with a hyphen or an apostrophe inside.
_WORD = re.compile(r"[^\W\d_]{2,14}(?:['’-][^\W\d_]{1,8})?")
_DIRECTIONS, _SMALL, _LARGE = 60, 800, 80


@dataclass(frozen=True, slots=True)
class Groups:
    """Words, sorted, and the small and the large group of each."""

    words: tuple[str, ...]
    groups: NDArray[np.uint16]
    _at: dict[str, int]

    @classmethod
    def of(cls, words: Iterable[str], groups: NDArray[np.uint16]) -> Groups:
        """``words``: sorted."""
        words = tuple(words)
        return cls(words, groups, {word: row for row, word in enumerate(words)})

    def names(self, word: str) -> list[str]:
        """The features that say a word's groups: ``a`` and the small one's number, ``b`` and the large one's."""
        row = self._at.get(word.lower())
        return [] if row is None else [f"{mark}{group}" for mark, group in zip("ab", self.groups[row], strict=True)]


def learn(models_dir: Path) -> Groups:
    """The groups of the words that the ``md`` model has vectors of.

    Raises:
        WeightsError: the model is not installed.
    """
    spacy: Any = importlib.import_module("spacy")
    cluster: Any = importlib.import_module("sklearn.cluster")
    vocab = spacy.load(store.verify(store.find("md"), models_dir), exclude=["ner", "tok2vec", "parser"]).vocab
    rows: dict[str, int] = {}
    for key, row in vocab.vectors.key2row.items():
        word = vocab.strings[key].lower()
        if _WORD.fullmatch(word):
            rows.setdefault(word, int(row))
    vectors = np.asarray(vocab.vectors.data, dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    directions = np.linalg.svd(vectors.T @ vectors)[0][:, :_DIRECTIONS]
    means = [
        cluster.MiniBatchKMeans(count, random_state=0, n_init=1, batch_size=4096, max_iter=40)
        for count in (_SMALL, _LARGE)
    ]
    labels = np.stack([mean.fit_predict(vectors @ directions) for mean in means], axis=1)
    words = sorted(rows)
    return Groups.of(words, labels[[rows[word] for word in words]].astype(np.uint16))
