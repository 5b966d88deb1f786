"""Learn the relabelling weights that tagging ships (a linear-chain CRF), and say how well they do out of sample.

Training data are the development sets of ``entities_data.py`` as a backend reads them; ``spacy-md`` and the fast one
each have weights of their own, for each errs in its own way. Two things keep
the weights general: they are judged across corpora (learned on one, measured on the other), and the worldwide corpus,
which cuts names in pieces where places stand in them ("University of", "Auckland"), gets the pieces put together
again before learning, for to us a name is a whole.
"""

from __future__ import annotations

import importlib
import itertools
import json
import lzma
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from streams.settings import user_models_dir
from streams.stages.tag.document import Document as TagDocument
from streams.stages.tag.ner import Backend, RawSpan, create_backend
from streams.stages.tag.ner.crf import WEIGHTS
from streams.stages.tag.ner.crf_features import features, runs
from streams.stages.tag.ner.tokens import Tokens
from streams.stages.tag.ner.tokens import read as read_tokens
from training.entities_data import CORPORA, Document, Span, read, trim

#: Weights without one corpus, for judging: see ``entities.py``.
HELD_OUT = Path(__file__).parent / "data"
SHIPPED = Path(__file__).parents[1] / "streams" / "stages" / "tag" / "lang" / "en" / "data"
#: The backends whose output weights are learned on.
_BACKENDS = ("spacy-md", "fast")

#: Chosen once by the mean of the two cross-corpus figures, which is flat around them (L1 0.05 to 0.3, L2 1 to 3).
_PARAMETERS = {"c1": 0.1, "c2": 1.5, "max_iterations": 80, "feature.minfreq": 2, "feature.possible_transitions": True}
#: Weights below this change no score by more than the third decimal of a log-odds.
_LEAST = 0.005

Example = tuple[list[list[str]], list[str]]


def train(data: Path) -> str:
    """Write the shipped weights and one set without each corpus; what was written, a line each."""
    return "\n".join([*(learn(name, data) for name in _BACKENDS), "Now run: streams eval entities"])


def learn(name: str, data: Path) -> str:
    """The same for one backend."""
    backend = create_backend(name, user_models_dir())
    assert backend.relabel is not None, name
    examples = {corpus: _examples(read(data / path), backend) for corpus, path in CORPORA.items()}
    lines = [_write(SHIPPED / backend.relabel, [example for part in examples.values() for example in part])]
    for corpus in examples:
        rest = [example for other, part in examples.items() if other != corpus for example in part]
        lines.append(_write(held_out(corpus, backend.relabel), rest))
    return "\n".join(lines)


def held_out(corpus: str, weights: str = WEIGHTS) -> Path:
    """Those of ``weights``, a file's name, that have not seen ``corpus``."""
    return HELD_OUT / weights.replace(".", f"_without_{corpus}.", 1)


def _examples(documents: Sequence[Document], backend: Backend) -> list[Example]:
    examples: list[Example] = []
    for document, raw in zip(documents, backend.find([d.text for d in documents]), strict=True):
        read = TagDocument(document.text)
        tokens, begins = read_tokens(read.text, read.language).without_lines()
        labels = _labels(whole(document, raw), tokens)
        examples += [
            ([features(seen) for seen in run.seen], labels[run.first : run.first + len(run.seen)])
            for run in runs(read, tokens, begins, raw)
        ]
    return examples


def whole(document: Document, raw: Sequence[RawSpan]) -> Document:
    """The document with names put together that were cut.

    Pieces belong together when they adjoin, one of them is an ORG, and the backend sees one organisation or building
    from the first one's start to the last one's end.
    """
    spans: list[Span] = sorted((*trim(document.text, start, end), kind) for start, end, kind in document.spans)
    for span in raw:
        if span.label not in ("ORG", "FAC"):
            continue
        start, end = trim(document.text, span.start, span.end)
        inside = [piece for piece in spans if start <= piece[0] and piece[1] <= end]
        gaps = [document.text[left[1] : right[0]] for left, right in itertools.pairwise(inside)]
        if (
            len(inside) > 1
            and (inside[0][0], inside[-1][1]) == (start, end)
            and any(piece[2] == "ORG" for piece in inside)
            and not any(gap.strip() for gap in gaps)
        ):
            spans = sorted([piece for piece in spans if piece not in inside] + [(start, end, "ORG")])
    return replace(document, spans=tuple(spans))


def _labels(document: Document, tokens: Tokens) -> list[str]:
    """BIO labels of the tokens; a span that starts inside a token is left out (1 in 6,000)."""
    labels = ["O"] * len(tokens.starts)
    at = {start: index for index, start in enumerate(tokens.starts)}
    for start, end, kind in document.spans:
        start, end = trim(document.text, start, end)
        index = at.get(start)
        if index is None:
            continue
        labels[index] = f"B-{kind}"
        index += 1
        while index < len(labels) and tokens.ends[index] <= end:
            labels[index] = f"I-{kind}"
            index += 1
    return labels


def _write(path: Path, examples: Sequence[Example]) -> str:
    crf: Any = importlib.import_module("pycrfsuite")
    trainer = crf.Trainer(verbose=False)
    for words, labels in examples:
        trainer.append(words, labels)
    trainer.set_params(_PARAMETERS)
    with tempfile.TemporaryDirectory() as scratch:
        model = str(Path(scratch) / "model")
        trainer.train(model)
        tagger = crf.Tagger()
        tagger.open(model)
        info = tagger.info()
    order = sorted(info.labels)
    features_: dict[str, list[float]] = {}
    for (name, label), weight in sorted(info.state_features.items()):
        if abs(weight) >= _LEAST:
            features_.setdefault(name, [0.0] * len(order))[order.index(label)] = round(weight, 3)
    moves = [[round(info.transitions.get((before, after), 0.0), 3) for after in order] for before in order]
    body = json.dumps({"labels": order, "transitions": moves, "features": features_}, ensure_ascii=False)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(lzma.compress(body.encode()))
    return f"{path.name}: {len(features_):,} features from {len(examples):,} runs, {path.stat().st_size / 1e3:.0f} kB"
