"""The fast recogniser: its decoding is Viterbi's, its sums are exact, and what it keeps has an end."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from streams.stages.tag.document import Document
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.ner import RawSpan, create_backend, crf, fast
from streams.stages.tag.ner.fast_decode import Decoder
from streams.stages.tag.ner.fast_net import pack, unpack
from streams.stages.tag.ner.fast_words import PLACES, Kinds, describe, number

LABELS = ("O", *(f"{mark}-{kind}" for kind in ("PERSON", "ORG") for mark in "BILU"))
TEXT = (
    "Angela Merkel met Emmanuel Macron in Paris on Monday. The European Commission said Macron's plan was late.\n\n"
    "Merkel, of the CDU, flew home to Berlin."
)


@pytest.fixture(scope="module")
def backend() -> fast.FastNer:
    made = create_backend("fast", Path("nowhere"))
    assert isinstance(made, fast.FastNer)
    return made


def _spans(labels: tuple[int, ...]) -> list[tuple[int, int, str]] | None:
    """The names of a sequence of labels; None where it is none."""
    found, begun = [], None
    for place, label in enumerate(labels):
        mark, _, kind = LABELS[label].partition("-")
        if (mark in "IL") != (begun is not None) or (begun is not None and begun[1] != kind):
            return None
        if mark == "B":
            begun = (place, kind)
        elif mark == "L":
            assert begun is not None
            found.append((begun[0], place, kind))
            begun = None
        elif mark == "U":
            found.append((place, place, kind))
    return found if begun is None else None


def test_the_best_labels_that_fit_together_are_found() -> None:
    drawn = np.random.default_rng(7)
    every = [
        (labels, spans) for labels in itertools.product(range(9), repeat=4) if (spans := _spans(labels)) is not None
    ]
    for _ in range(40):
        scores = drawn.normal(size=(4, 9)).astype(np.float32) * 3
        best = max(every, key=lambda one: float(sum(scores[place, label] for place, label in enumerate(one[0]))))
        # No word is sure, however far its O is ahead.
        assert Decoder(LABELS, 1e6).spans(scores, np.zeros(4, dtype=bool)) == best[1]


def test_a_sure_word_parts_what_is_around_it_and_long_stretches_come_apart() -> None:
    scores = np.zeros((200, 9), dtype=np.float32)
    scores[:, 4] = 5  # U-PERSON, everywhere
    scores[50, 0] = 20
    never = np.zeros(200, dtype=bool)
    never[60] = True
    found = Decoder(LABELS, 3).spans(scores, never)
    assert [first for first, _, _ in found] == [place for place in range(200) if place not in (50, 60)]
    assert Decoder(LABELS, 3).spans(scores[:0], never[:0]) == []
    assert Decoder(LABELS, 3).spans(scores, np.ones(200, dtype=bool)) == []


def test_people_places_and_bodies_are_found(backend: fast.FastNer) -> None:
    found = {(TEXT[span.start : span.end], span.label) for span in backend.find([TEXT])[0]}
    assert {("Angela Merkel", "PERSON"), ("Emmanuel Macron", "PERSON"), ("Paris", "GPE"), ("Berlin", "GPE")} <= found
    assert ("Merkel", "PERSON") in found
    assert {"The European Commission", "European Commission"} & {surface for surface, label in found if label == "ORG"}


def test_a_text_gets_the_same_in_any_batch_and_after_any_other(backend: fast.FastNer) -> None:
    words = TEXT.split()
    drawn = random.Random(3)
    texts = [" ".join(drawn.choices(words, k=drawn.randrange(400))) for _ in range(60)]
    alone = [create_backend("fast", Path("nowhere")).find([text])[0] for text in texts[:6]]
    together = backend.find(texts)
    assert together[:6] == alone
    assert list(reversed(backend.find(texts[::-1]))) == together


def test_a_long_text_is_read_in_pieces_with_no_seam(backend: fast.FastNer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join([TEXT] * 40)
    whole = backend.find([text])
    for size in (7, 64, 501):
        monkeypatch.setattr(fast, "_AT_ONCE", size)
        assert backend.find([text]) == whole


def test_types_are_forgotten_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "_MOST_TYPES", 80)
    monkeypatch.setattr(fast, "_AT_ONCE", 100)
    backend = create_backend("fast", Path("nowhere"))
    assert isinstance(backend, fast.FastNer)
    expected = backend.find([TEXT])
    for part in range(30):
        assert backend.find([TEXT, " ".join(f"Word{part}x{word}" for word in range(100))])[0] == expected[0]
        assert len(backend._numbers) <= backend._projected.shape[1] <= 80 + 101 + len(TEXT.split())
    # The words of every text are kept, those of one are not.
    backend._forget()
    assert {"Merkel", "Macron", "\0"} <= backend._numbers.keys()
    assert len(backend._numbers) == 20
    assert backend.find([TEXT]) == expected


def test_what_is_read_has_an_end(backend: fast.FastNer) -> None:
    name = "Angela Merkel spoke. "
    spans = backend.find([name * 10_000])[0]
    assert 2_000 < len(spans) <= fast.MOST_TOKENS
    assert max(span.end for span in spans) <= fast.MOST_READ
    assert backend.find(["A" * 300_000, "." * 300_000, "\n" * 300_000, "’s" * 100_000])[2] == []


def test_weights_are_what_was_packed(backend: fast.FastNer) -> None:
    weights = backend._weights
    again = unpack(pack(weights))
    assert again.features == weights.features
    assert again.words == weights.words
    assert again.labels == weights.labels
    for name in ("groups", "vectors", "window", "places", "bias", "layer", "layer_bias", "out", "out_bias"):
        assert np.array_equal(getattr(again, name), getattr(weights, name)), name
    assert (again.first, again.second, again.margin) == (weights.first, weights.second, weights.margin)


def test_no_sum_can_be_too_large_for_exact_arithmetic(backend: fast.FastNer) -> None:
    """Below 2**24 float32 holds every whole number, so that the order of a sum does not matter."""
    weights = backend._weights
    exact = 2**24
    assert np.abs(weights.layer).sum(axis=0).max() * 255 + np.abs(weights.layer_bias).max() < exact
    assert np.abs(weights.out).sum(axis=0).max() * 255 + np.abs(weights.out_bias).max() < exact
    # A type's vector is bounded by its features: as many as a description has, each a byte.
    most = len(describe("Saint-Étienne", DEFAULT)) + 8
    vector = np.sort(np.abs(weights.vectors), axis=0)[-most:].sum(axis=0)
    assert (vector @ np.abs(weights.window)).max() < exact
    for array in (weights.vectors, weights.window, weights.places, weights.layer, weights.out):
        assert np.array_equal(array, np.rint(array))


def test_places_say_how_the_document_writes_a_word() -> None:
    kinds = Kinds()
    words = ["Turkey", "won", ".", "A", "turkey", "and", "Turkey", "met", ";", "Ann", "left"]
    places = kinds.places(number(words, {}, kinds))
    assert places.max() < PLACES
    opening, plain, named = (places & bit > 0 for bit in (1, 2, 4))
    assert [words[at] for at in np.flatnonzero(opening)] == ["Turkey", "A"]
    assert {words[at] for at in np.flatnonzero(plain)} >= {"turkey", "Turkey"}
    assert {words[at] for at in np.flatnonzero(named)} == {"Turkey", "turkey", "Ann"}
    assert [int(place) // 8 for place in places[[0, 1]]] == [1, 0]


def test_spans_are_of_known_labels(backend: fast.FastNer) -> None:
    assert all(isinstance(span, RawSpan) for span in backend.find([TEXT])[0])
    assert {"PERSON", "ORG", "GPE", "NORP"} <= set(backend._decoder.kinds)


def test_sums_of_weights_that_are_forgotten_change_no_label(
    backend: fast.FastNer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DEFAULT.data is not None
    packed = (DEFAULT.data / fast.RELABEL).read_bytes()
    document, usual = Document(TEXT), crf.Relabeller(packed)
    spans = backend.find([TEXT])[0]
    monkeypatch.setattr(crf, "_MOST_SUMS", 1)
    monkeypatch.setattr(crf, "_MOST_KNOWN", 1)
    forgetful = crf.Relabeller(packed)
    for part in range(3):
        other = Document(" ".join(f"Word{part}x{word}" for word in range(50)))
        assert forgetful.names(document, spans) == usual.names(document, spans) != []
        assert forgetful.names(other, []) == usual.names(other, [])
        assert len(forgetful._sums) < len(usual._sums)
