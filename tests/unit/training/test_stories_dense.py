"""The dense baseline: linking, on vectors made up for it, and the encoder, on weights made up for it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.records import TaggedArticle
from streams.settings import user_models_dir
from streams.stages.tag import WeightsError
from training import stories_dense
from training.minilm import Array, Encoder, MiniLM, gelu, read_safetensors
from training.stories import render
from training.stories_data import Labelled
from training.stories_dense import LINKAGES, Linkage, baseline, best, link, text_of


def at(*degrees: float) -> Array:
    """Unit vectors in the plane, at these angles."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def cosines(vectors: Array) -> Array:
    return vectors @ vectors.T


def test_articles_join_the_nearest_story_from_the_threshold_on() -> None:
    vectors = at(0, 90, 10, 80, 5, 180)
    for linkage in LINKAGES:
        assert link(cosines(vectors), linkage, 0.9) == [0, 1, 0, 1, 0, 2]
        assert link(cosines(vectors), linkage, 1.1) == [0, 1, 2, 3, 4, 5]
        assert link(cosines(vectors), linkage, -1.1) == [0] * 6


def test_a_centroid_reaches_further_than_the_average_member() -> None:
    # Members at 0° and 59°, so that their sum points to 29.5°; an article at 100° has cosines -.17 and .75 to them,
    # .29 on average, and .33 to their sum.
    vectors = at(0, 59, 100)
    assert link(cosines(vectors), "average link", 0.31) == [0, 0, 1]
    assert link(cosines(vectors), "centroid", 0.31) == [0, 0, 0]
    assert link(cosines(vectors), "centroid", 0.36) == [0, 0, 1]


def naive(vectors: Array, linkage: Linkage, at_least: float) -> list[int]:
    members: list[list[Array]] = []
    found = []
    for vector in vectors:
        alike = []
        for story in members:
            summed = np.sum(story, axis=0)
            by = len(story) if linkage == "average link" else float(np.linalg.norm(summed))
            alike.append(float(vector @ summed) / by)
        if not alike or max(alike) < at_least:
            members.append([vector])
            found.append(len(members) - 1)
        else:
            found.append(alike.index(max(alike)))
            members[found[-1]].append(vector)
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.sampled_from(LINKAGES), st.floats(0.2, 0.9))
def test_linking_is_what_its_definition_says(seed: int, count: int, linkage: Linkage, at_least: float) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert link(cosines(vectors), linkage, at_least) == naive(vectors, linkage, at_least)


def row(number: int, story: str, title: str | None = None) -> Labelled:
    return Labelled(TaggedArticle(id=f"a{number}", text="A text.", title=title), story)


def test_the_best_threshold_is_taken_over_all_sets() -> None:
    # Apart at any threshold tried, and together only below cos 60° = .5: a threshold between is right for both.
    sets = {"close": [row(0, "one"), row(1, "one")], "apart": [row(0, "one"), row(1, "two")]}
    name, figures = best(sets, {"close": at(0, 40), "apart": at(0, 60)})
    threshold = float(name.rsplit(" ", 1)[1])
    assert 0.5 < threshold < math.cos(math.radians(40))
    assert {of: one["undated"]["b3_f1"] for of, one in figures.items()} == {"close": 1.0, "apart": 1.0}
    assert figures["close"]["undated"]["first"] == 1.0


def test_the_model_reads_the_title_first() -> None:
    assert text_of(row(0, "one", "A title")) == "A title\nA text."
    assert text_of(row(0, "one")) == "A text."


def test_it_is_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: Path) -> MiniLM:
        raise WeightsError("the minilm weights are not here; run `streams models install minilm`")

    monkeypatch.setattr(stories_dense, "MiniLM", nothing)
    figures, skipped = baseline({})
    assert figures == {}
    assert skipped == ["MiniLM (the minilm weights are not here; run `streams models install minilm`)"]
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    figures, (reason,) = baseline({})
    assert figures == {}
    assert "tokenizers" in reason
    assert "`peers` extra" in reason
    table = render({"sets": {}, "skipped": [reason]})
    assert table.endswith(f"Left out: {reason}.")


def test_missing_weights_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", type("Fake", (), {"Tokenizer": None}))
    with pytest.raises(WeightsError, match="streams models install minilm"):
        MiniLM(tmp_path)


WIDTH, HEADS, INNER = 4, 2, 6
SHAPES = {
    "embeddings.word_embeddings.weight": (9, WIDTH),
    "embeddings.position_embeddings.weight": (8, WIDTH),
    "embeddings.token_type_embeddings.weight": (2, WIDTH),
    "embeddings.LayerNorm.weight": (WIDTH,),
    "embeddings.LayerNorm.bias": (WIDTH,),
} | {
    f"encoder.layer.0.{name}.{part}": shape if part == "weight" else shape[:1]
    for part in ("weight", "bias")
    for name, shape in {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "attention.output.LayerNorm": (WIDTH,),
        "intermediate.dense": (INNER, WIDTH),
        "output.dense": (WIDTH, INNER),
        "output.LayerNorm": (WIDTH,),
    }.items()
}


def tensors() -> dict[str, Array]:
    random = np.random.default_rng(5)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def by_hand(held: dict[str, Array], tokens: list[int]) -> list[float]:
    """The same network, number by number, after the papers."""

    def dense(name: str, states: list[list[float]]) -> list[list[float]]:
        weight, bias = held[name + ".weight"].tolist(), held[name + ".bias"].tolist()
        return [
            [sum(map(float.__mul__, line, state)) + added for line, added in zip(weight, bias, strict=True)]
            for state in states
        ]

    def norm(name: str, states: list[list[float]]) -> list[list[float]]:
        weight, bias = held[name + ".weight"], held[name + ".bias"]
        out = []
        for state in states:
            mean = sum(state) / len(state)
            spread = math.sqrt(sum((x - mean) ** 2 for x in state) / len(state) + 1e-12)
            out.append([(x - mean) / spread * float(w) + float(b) for x, w, b in zip(state, weight, bias, strict=True)])
        return out

    def plus(one: list[list[float]], other: list[list[float]]) -> list[list[float]]:
        return [[x + y for x, y in zip(a, b, strict=True)] for a, b in zip(one, other, strict=True)]

    word, place, kind = (held[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type"))
    states = [[float(x) for x in word[token] + place[at_] + kind[0]] for at_, token in enumerate(tokens)]
    states = norm("embeddings.LayerNorm", states)
    layer = "encoder.layer.0."
    query, key, value = (dense(f"{layer}attention.self.{part}", states) for part in ("query", "key", "value"))
    size = WIDTH // HEADS
    seen = [[0.0] * WIDTH for _ in states]
    for head in range(HEADS):
        part = slice(head * size, (head + 1) * size)
        for i, asking in enumerate(query):
            scores = [sum(x * y for x, y in zip(asking[part], k[part], strict=True)) / math.sqrt(size) for k in key]
            weights = [math.exp(score) for score in scores]
            for weight, v in zip(weights, value, strict=True):
                for d in range(part.start, part.stop):
                    seen[i][d] += weight / sum(weights) * v[d]
    states = norm(layer + "attention.output.LayerNorm", plus(states, dense(layer + "attention.output.dense", seen)))
    inner = [[x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in s] for s in dense(layer + "intermediate.dense", states)]
    states = norm(layer + "output.LayerNorm", plus(states, dense(layer + "output.dense", inner)))
    mean = [sum(column) / len(states) for column in zip(*states, strict=True)]
    length = math.sqrt(sum(x * x for x in mean))
    return [x / length for x in mean]


@pytest.mark.parametrize("tokens", [[3], [1, 4, 4, 7, 2, 8]])
def test_the_encoder_computes_what_the_papers_say(tokens: list[int]) -> None:
    held = tensors()
    found = Encoder(held, layers=1, heads=HEADS).vector(tokens)
    assert found == pytest.approx(by_hand(held, tokens), abs=3e-3)  # the tanh formula's error
    assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-6)


def test_gelu_is_as_near_as_it_says() -> None:
    points = np.linspace(-8, 8, 2001, dtype=np.float32)
    exact = [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in points.tolist()]
    assert float(np.abs(gelu(points) - exact).max()) < 5e-4


def test_tensors_are_read_as_they_lie_in_the_file(tmp_path: Path) -> None:
    first, second = np.arange(6, dtype="<f4").reshape(2, 3), np.array([7.5], dtype="<f4")
    header = {
        "__metadata__": {"format": "pt"},
        "ids": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
        "first": {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
        "second": {"dtype": "F32", "shape": [1], "data_offsets": [32, 36]},
    }
    listed = json.dumps(header).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(listed).to_bytes(8, "little") + listed + bytes(8) + first.tobytes() + second.tobytes())
    found = read_safetensors(path)
    assert sorted(found) == ["first", "second"]
    assert np.array_equal(found["first"], first)
    assert np.array_equal(found["second"], second)


def test_the_real_model_agrees_with_its_reference() -> None:
    """Cosines by ONNX Runtime over the published model, exported by others."""
    pytest.importorskip("tokenizers")
    try:
        model = MiniLM(user_models_dir())
    except WeightsError as error:
        pytest.skip(str(error))
    one, other, far = model.vectors(SENTENCES)
    assert [float(one @ other), float(one @ far), float(other @ far)] == pytest.approx(REFERENCE, abs=2e-3)


SENTENCES = (
    "The river burst its banks in Hexham overnight, and crews pumped water from dozens of homes.",
    "Flooding in Hexham: families leave their houses after the Tyne overflows.",
    "The central bank left interest rates unchanged, as economists had expected.",
)
REFERENCE = [0.48034, 0.13072, 0.04988]
