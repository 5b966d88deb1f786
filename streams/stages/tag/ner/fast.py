"""A recogniser of our own, taught by the big one: some twenty times as fast, and on names of other corpora no worse.

Its network (``fast_net.py``) learned from what spaCy's recogniser makes of a large body of news. It gives the same
labels, so that all that follows is the same; its relabelling weights are its own. No download: the weights ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

from streams.stages.tag.lang import LANGUAGES, Language
from streams.stages.tag.ner import Backend, RawSpan
from streams.stages.tag.ner.fast_decode import Decoder
from streams.stages.tag.ner.fast_net import BEYOND, NEAR, Floats, Ints, NetWeights, unpack
from streams.stages.tag.ner.fast_words import LONGEST, Kinds, describe, number
from streams.stages.tag.ner.tokens import Tokens, read

#: The shipped weights, in a language's folder, and the relabelling weights that know this recogniser's errors.
WEIGHTS, RELABEL = "fast.xz", "relabel_fast.json.xz"
#: How far into a text it reads, code points and words, as spaCy's does: names found there are found again behind.
MOST_READ, MOST_TOKENS = 50_000, 15_000
#: Words that the network takes at once (more no longer fit the processor's cache: measured, 8,000 take a third more
#: time), and types that are kept, at 2 kB each.
_AT_ONCE, _MOST_TYPES = 2_000, 16_000


class FastNer:
    """The network of one language, with the types that it has met."""

    name = "fast"
    relabel: str | None = RELABEL

    def __init__(self, weights: NetWeights, language: Language) -> None:
        self.languages = frozenset({language.code})
        self._weights, self._language = weights, language
        self._decoder = Decoder(weights.labels, weights.margin)
        self._threads = ThreadpoolController()
        # Type 0 is a text's end.
        self._numbers: dict[str, int] = {"\0": 0}
        self._kinds = Kinds()
        self._kinds.add("\0")
        self._uses: Ints = np.zeros(_MOST_TYPES, dtype=np.int64)
        end = weights.project([[len(weights.vectors) - 1]])
        self._projected: Floats = np.zeros((len(end), _MOST_TYPES, end.shape[2]), dtype=np.float32)
        self._projected[:, :1], self._known = end, 1

    def _forget(self) -> None:
        """Keep the types that were used most, a quarter of all: there are as many as there are words in the world."""
        words, uses = list(self._numbers), self._uses[: len(self._numbers)]
        uses[0] = uses.max() + 1
        kept = np.argsort(-uses, kind="stable")[: _MOST_TYPES // 4]
        self._numbers, self._kinds = {}, Kinds()
        number([words[row] for row in kept], self._numbers, self._kinds)
        projected = self._projected[:, kept]
        self._projected = np.zeros((len(projected), _MOST_TYPES, projected.shape[2]), dtype=np.float32)
        self._projected[:, : len(kept)], self._known = projected, len(kept)
        self._uses = np.zeros(_MOST_TYPES, dtype=np.int64)

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        found: list[list[RawSpan]] = []
        waiting: list[Tokens] = []
        count = 0
        for text in texts:
            waiting.append(read(text[:MOST_READ], self._language))
            count += len(waiting[-1].words)
            if count >= _AT_ONCE:
                found += self._label(waiting)
                waiting, count = [], 0
        return found + self._label(waiting)

    def _label(self, texts: Sequence[Tokens]) -> list[list[RawSpan]]:
        """The spans of texts that are looked at together."""
        if len(self._numbers) > _MOST_TYPES:
            self._forget()
        gap = np.zeros(NEAR + BEYOND, dtype=np.int64)
        types, kinds, starts = [gap], [gap], []
        at = len(gap)
        for tokens in texts:
            words = tokens.words[:MOST_TOKENS]
            if max(map(len, words), default=0) > LONGEST:
                words = [word[:LONGEST] for word in words]
            numbers = number(words, self._numbers, self._kinds)
            types += [numbers, gap]
            kinds += [self._kinds.places(numbers), gap]
            starts.append(at)
            at += len(numbers) + len(gap)
        numbers = np.concatenate(types)
        # A second thread only waits for the first: these are small products, and a pool of processes has the cores.
        with self._threads.limit(limits=1, user_api="blas"):
            self._project(numbers)
            scores = self._score(numbers, np.concatenate(kinds))
        spans = self._decoder.spans(scores, numbers == 0)
        result: list[list[RawSpan]] = [[] for _ in texts]
        which = np.searchsorted(starts, [first for first, _, _ in spans], side="right") - 1
        for index, (first, last, label) in zip(which, spans, strict=True):
            tokens, start = texts[index], starts[index]
            result[index].append(RawSpan(tokens.starts[first - start], tokens.ends[last - start], label))
        return result

    def _project(self, types: Ints) -> None:
        """What new types give to the window, and how often all were used."""
        count = len(self._numbers)
        if count > len(self._uses):
            more = count - len(self._uses)
            self._uses = np.concatenate([self._uses, np.zeros(more, dtype=np.int64)])
            room = np.zeros((len(self._projected), more, self._projected.shape[2]), dtype=np.float32)
            self._projected = np.concatenate([self._projected, room], axis=1)
        self._uses[:count] += np.bincount(types, minlength=count)
        if count > self._known:
            new = islice(self._numbers, self._known, None)
            rows = [self._weights.rows(describe(word, self._language), word) for word in new]
            self._projected[:, self._known : count], self._known = self._weights.project(rows), count

    def _score(self, types: Ints, places: Ints) -> Floats:
        """Words by labels, in pieces: each sees as far beyond its edges as the layers do."""
        margin = NEAR + BEYOND
        pieces: list[Floats] = []
        for first in range(0, len(types), _AT_ONCE):
            left, last = max(0, first - margin), min(first + _AT_ONCE, len(types))
            stop = min(last + margin, len(types))
            scores = self._weights.score(self._projected, types[left:stop], places[left:stop])
            pieces.append(scores[first - left : last - left])
        return np.concatenate(pieces)


def load(language: Language) -> Backend:
    """The recogniser of a language that has weights; raises FileNotFoundError for one that has none."""
    return FastNer(_weights(language), language)


@cache
def _weights(language: Language) -> NetWeights:
    """Read once a process."""
    assert language.data is not None, language.code
    return unpack((language.data / WEIGHTS).read_bytes())


def create(models_dir: Path) -> Backend:
    del models_dir  # the weights come with the package
    return load(LANGUAGES["en"])
