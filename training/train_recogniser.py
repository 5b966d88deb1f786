"""Teach the fast recogniser what the big one knows, and learn the relabelling weights that know its errors.

No text whose names people marked is learned from, so that the recogniser's figures are out of sample on all of them;
the relabelling weights are judged across corpora, as spaCy's are (``train_entities.py``). With one seed, on one thread,
the same texts give the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streams.settings import load, user_models_dir
from streams.stages.tag.ner import create_backend
from streams.stages.tag.ner.fast import WEIGHTS
from streams.stages.tag.ner.fast_net import pack
from training import recogniser_groups, train_entities
from training.recogniser_data import LABELS, Corpus, corpus, labelled, texts
from training.recogniser_net import Net
from training.recogniser_pack import shrink

SHIPPED = train_entities.SHIPPED / WEIGHTS
#: Numbers of a type's vector, and in the two layers; the file is to stay below 3 MB.
_SIZES = {"vector": 48, "first": 96, "second": 64}
#: Passes over the texts, words a step, Adam's first step size, and the share of types whose spelling is hidden, drawn
#: anew after so many steps.
_PASSES, _WORDS, _STEP, _HIDDEN, _DRAWN = 5.0, 4_000, 2e-3, 0.1, 25
#: Every so manieth text is not learned from: how well the teacher is followed is measured there.
_KEPT_OUT, _SEED = 20, 0


def train(data: Path) -> str:
    """Write the recogniser's weights and its relabelling weights; what was written, a line each."""
    models_dir = load().models_dir or user_models_dir()
    found = list(texts(data))
    spans = labelled(found, create_backend("spacy-md", models_dir))
    groups = recogniser_groups.learn(models_dir)
    words = corpus(found, spans, groups)
    net, figures = learn(words)
    SHIPPED.write_bytes(pack(shrink(net, words, groups)))
    said = f"{SHIPPED.name}: {len(words.types):,} words of {len(found):,} texts, {SHIPPED.stat().st_size / 1e6:.2f} MB"
    return "\n".join([said, figures, train_entities.learn("fast", data)])


def learn(words: Corpus, passes: float = _PASSES) -> tuple[Net, str]:
    """A network that follows the teacher, and how well it does on texts that it has not seen."""
    random = np.random.default_rng(_SEED)
    net = Net(len(words.features), len(LABELS), seed=_SEED, **_SIZES)
    count = len(words.starts) - 1
    unseen = np.arange(count) % _KEPT_OUT == _KEPT_OUT - 1
    seen = np.flatnonzero(~unseen)
    total = max(1, int(passes * int((np.diff(words.starts)[seen]).sum()) / _WORDS))
    done = 0
    matrix = words.matrix
    while done < total:
        for batch in _batches(words, random.permutation(seen)):
            if done % _DRAWN == 0:
                matrix = _hidden(words, random)
            net.learn(matrix, words.batch(batch), _STEP * max(0.02, 1 - done / total), random)
            done += 1
            if done == total:
                break
    hits = np.zeros(3)
    for batch in _batches(words, np.flatnonzero(unseen)):
        types, places, labels = words.batch(batch)
        got = net.score(words.matrix, types, places).argmax(axis=1)
        hits += [((got == labels) & (labels > 0)).sum(), ((got > 0) & (labels >= 0)).sum(), (labels > 0).sum()]
    precision, recall = hits[0] / max(hits[1], 1), hits[0] / max(hits[2], 1)
    return net, f"words in names as the teacher has them: precision {precision:.3f}, recall {recall:.3f}"


def _batches(words: Corpus, order: Any) -> Iterator[Sequence[int]]:
    batch: list[int] = []
    count = 0
    for text in order.tolist():
        batch.append(text)
        count += int(words.starts[text + 1] - words.starts[text])
        if count >= _WORDS:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _hidden(words: Corpus, random: np.random.Generator) -> Any:
    """The types' features without the spelling of some types."""
    matrix = words.matrix.copy()
    spelt = np.zeros(matrix.shape[1], dtype=bool)
    spelt[words.spelt] = True
    hidden = random.random(matrix.shape[0]) < _HIDDEN
    of = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    matrix.data[spelt[matrix.indices] & hidden[of]] = 0
    return matrix
