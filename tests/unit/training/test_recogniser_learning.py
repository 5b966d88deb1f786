"""Teaching the fast recogniser, on made-up sentences: slopes are right, a teacher is followed, bytes say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.fast import FastNer
from streams.stages.tag.ner.fast_net import Floats, pack, unpack
from training import train_recogniser
from training.recogniser_data import LABELS, Corpus, corpus, labelled
from training.recogniser_groups import Groups
from training.recogniser_net import Net
from training.recogniser_pack import shrink

FIRST = ("Anna", "Boris", "Clara", "Dario", "Edith", "Felix")
LAST = ("Lindvik", "Ostrava", "Kestrel", "Telmo", "Assal", "Corran")
GROUPS = Groups.of(("anna", "boris", "greta"), np.array([[1, 0], [1, 0], [1, 0]], dtype=np.uint16))
_PEOPLE = re.compile(r"[A-Z]\w+ [A-Z]\w+(?= spoke)")
_BODIES = re.compile(r"[A-Z]\w+ Institute")


class Teacher:
    name, languages = "teacher", frozenset({"en"})
    relabel: str | None = None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        self.asked += texts
        return [
            sorted(
                [RawSpan(*match.span(), "PERSON") for match in _PEOPLE.finditer(text)]
                + [RawSpan(*match.span(), "ORG") for match in _BODIES.finditer(text)],
                key=lambda span: span.start,
            )
            for text in texts
        ]


def sentence(first: str, last: str) -> str:
    return f"On the day {first} {last} spoke of the {last} Institute, which was late."


TEXTS = [sentence(first, last) for first in FIRST for last in LAST]


@pytest.fixture(scope="module")
def words() -> Corpus:
    return corpus(TEXTS, Teacher().find(TEXTS), GROUPS)


class Watched(Net):
    """Remembers the slopes of its only step."""

    def __init__(self, words: Corpus) -> None:
        super().__init__(len(words.features), len(LABELS), vector=8, first=12, second=10, seed=1)
        self.slopes: dict[str, Floats] = {}

    def _move(self, name: str, rows: Any, slope: Floats, step: float) -> None:
        self.slopes[name] = np.zeros_like(self.weights[name])
        self.slopes[name][rows] = slope


@pytest.mark.parametrize("name", ["vectors", "window", "places", "bias", "layer", "layer_bias", "out", "out_bias"])
def test_slopes_are_what_the_loss_does(words: Corpus, name: str) -> None:
    """Along the slopes of one kind of weights the loss falls by their length times the way."""
    batch = words.batch(range(6))

    def loss(moved: Floats | float) -> tuple[float, Floats]:
        net = Watched(words)
        net.weights[name] += np.asarray(moved, dtype=np.float32)
        return net.learn(words.matrix, batch, 0.1, np.random.default_rng(5)), net.slopes[name]

    slopes = loss(0.0)[1]
    length = float(np.linalg.norm(slopes))
    way = 0.01 * slopes / length
    assert (loss(way)[0] - loss(-way)[0]) / 0.02 == pytest.approx(length, rel=0.03)


def test_a_teacher_is_followed_in_bytes_too(words: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_recogniser, "_WORDS", 100)
    net, said = train_recogniser.learn(words, passes=60)
    assert "recall" in said
    weights = unpack(pack(shrink(net, words, GROUPS)))
    # A first name that no text has, but whose group others are in; a last name that none has.
    text = sentence("Greta", "Malden")
    found = FastNer(weights, DEFAULT).find([text])[0]
    assert [(text[span.start : span.end], span.label) for span in found] == [
        ("Greta Malden", "PERSON"),
        ("Malden Institute", "ORG"),
    ]


def test_the_same_texts_give_the_same_weights(words: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_recogniser, "_WORDS", 100)
    once, again = (pack(shrink(train_recogniser.learn(words, passes=2)[0], words, GROUPS)) for _ in range(2))
    assert once == again


def test_a_teacher_is_asked_once(tmp_path: Path) -> None:
    teacher = Teacher()
    kept = tmp_path / "kept" / "labels.jsonl.gz"
    first = labelled(TEXTS[:3], teacher, kept)
    assert labelled([*TEXTS[:3], TEXTS[1], TEXTS[4]], teacher, kept) == [*first, first[1], *teacher.find([TEXTS[4]])]
    assert teacher.asked == [*TEXTS[:3], TEXTS[4], TEXTS[4]]
