"""spaCy with its named-entity recogniser alone: over twice the full pipeline's speed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from streams.models import store
from streams.stages.tag.ner import Backend, RawSpan
from streams.stages.tag.ner.crf import WEIGHTS

#: The recogniser carries its own token encoder, so that even ``tok2vec`` may go.
_EXCLUDED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
#: Longest text that the model sees at once, in code points. Its view is a few words wide, so that cutting at a
#: paragraph costs nothing; memory grows with the longest text (some 20 kB per word of it).
_CHUNK = 8_000
#: How far into a text the model reads, in code points and in tokens: some 8,000 words, more than any article of the
#: development sets, and four seconds of processor time. Names found there are looked for in the whole text.
MOST_READ, MOST_TOKENS = 50_000, 15_000
#: Texts that the model takes at once: more is no faster, and costs memory (measured: 16 peaks 75 MB above 1, 4 at 33).
_BATCH = 4


#: Strings without a space that are no words (data, addresses), and over which the tokenizer takes quadratic time.
_UNBROKEN = re.compile(r"\S{300,}")


def _blank(match: re.Match[str]) -> str:
    return "x" * len(match.group())


class SpacyNer:
    """The recogniser of one installed set of weights. Loading verifies every file that is read."""

    languages = frozenset({"en"})
    relabel: str | None = WEIGHTS

    def __init__(self, weights_name: str, models_dir: Path) -> None:
        # Here, not at import: spaCy takes a second to import.
        import spacy
        from thinc.api import NumpyOps
        from threadpoolctl import ThreadpoolController

        path = store.verify(store.find(weights_name), models_dir, only=("ner", "vocab"))
        self.name = f"spacy-{weights_name}"
        self._nlp = spacy.load(path, exclude=list(_EXCLUDED))
        # NumPy's matrix product (OpenBLAS) in place of spaCy's own BLIS: the same spans in 0.72 of the CPU time, but
        # only on one thread; on two it takes 1.4 times as much. Several workers make use of several cores.
        ops = NumpyOps(use_blis=False)
        for part in cast(Any, self._nlp.get_pipe("ner")).model.walk():
            part.ops = ops
        self._threads = ThreadpoolController()

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        found: list[list[RawSpan]] = [[] for _ in texts]
        pieces = [
            (number, start, piece) for number, text in enumerate(texts) for start, piece in chunks(text[:MOST_READ])
        ]
        left = [MOST_TOKENS] * len(texts)
        # The zone lets go of the strings of these texts afterwards: without it a worker's memory grows for ever.
        with self._nlp.memory_zone(), self._threads.limit(limits=1, user_api="blas"):
            docs = self._nlp.pipe(
                (self._document(piece, number, left) for number, _, piece in pieces), batch_size=_BATCH
            )
            for (number, offset, _), doc in zip(pieces, docs, strict=True):
                found[number] += [
                    RawSpan(offset + ent.start_char, offset + ent.end_char, ent.label_) for ent in doc.ents
                ]
        return found

    def _document(self, piece: str, number: int, left: list[int]) -> Any:
        """The tokens of a piece, as far as its text has any left."""
        doc = self._nlp.make_doc(_UNBROKEN.sub(_blank, piece))
        if len(doc) > left[number]:
            doc = doc[: left[number]].as_doc()
        left[number] -= len(doc)
        return doc


def chunks(text: str, size: int = _CHUNK) -> list[tuple[int, str]]:
    """``text`` in pieces of at most ``size``, each with its offset; cut at a paragraph, a sentence or a space."""
    pieces: list[tuple[int, str]] = []
    start = 0
    while len(text) - start > size:
        window = text[start : start + size]
        # Not in the first half, or a text of short paragraphs would make small pieces.
        cut = next(
            (at + len(mark) for mark in ("\n\n", "\n", ". ", " ") if (at := window.rfind(mark)) >= size // 2), size
        )
        pieces.append((start, window[:cut]))
        start += cut
    pieces.append((start, text[start:]))
    return pieces


def medium(models_dir: Path) -> Backend:
    return SpacyNer("md", models_dir)


def small(models_dir: Path) -> Backend:
    return SpacyNer("sm", models_dir)
