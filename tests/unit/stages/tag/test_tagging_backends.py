"""One contract for every backend in the registry."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from streams.models import store
from streams.settings import user_models_dir
from streams.stages.tag.ner import BACKENDS, Backend, create_backend
from streams.stages.tag.ner.spacy_ner import chunks

TEXTS = [
    "",
    "Angela Merkel met Emmanuel Macron in Paris on Monday.",
    "Nothing to see here.",
    "🙂🙂 Sir Richard Moore of MI6 spoke in Istanbul. 🇺🇦 Київ, 北京, القاهرة",
    "\n\n \t",
]


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    try:
        return create_backend(request.param, user_models_dir())
    except store.WeightsError as error:
        pytest.skip(str(error))


def test_spans_are_inside_ordered_and_apart(backend: Backend) -> None:
    for text, spans in zip(TEXTS, backend.find(TEXTS), strict=True):
        ends = [0]
        for span in spans:
            assert ends[-1] <= span.start < span.end <= len(text)
            ends.append(span.end)


def test_a_batch_gives_what_its_texts_give_alone(backend: Backend) -> None:
    assert backend.find(TEXTS) == [backend.find([text])[0] for text in TEXTS]
    assert backend.find([]) == []


def test_spans_can_be_pickled(backend: Backend) -> None:
    found = backend.find(TEXTS)
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_backend_with_a_language_finds_plain_names(backend: Backend) -> None:
    found = {TEXTS[1][span.start : span.end] for span in backend.find([TEXTS[1]])[0] if span.label == "PERSON"}
    expected = {"Angela Merkel", "Emmanuel Macron"} if backend.languages else set()
    assert found == expected


def test_an_unknown_backend_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'flair'.*spacy-md"):
        create_backend("flair", tmp_path)


@pytest.mark.parametrize("name", ["spacy-md", "spacy-sm"])
def test_missing_weights_say_what_to_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(store.WeightsError, match="streams models install"):
        create_backend(name, tmp_path)


def test_nothing_need_be_installed_unless_asked_for(tmp_path: Path) -> None:
    assert create_backend("auto", tmp_path).name == "fast"


def test_chunks_cover_a_text_and_cut_between_words() -> None:
    text = ("One sentence here. Another one there.\n\n" * 40).strip()
    pieces = chunks(text, 200)
    assert "".join(piece for _, piece in pieces) == text
    assert [start for start, _ in pieces] == [sum(len(p) for _, p in pieces[:n]) for n in range(len(pieces))]
    assert all(len(piece) <= 200 for _, piece in pieces)
    assert all(text[start - 1].isspace() for start, _ in pieces[1:])
    assert chunks("x" * 500, 200) == [(0, "x" * 200), (200, "x" * 200), (400, "x" * 100)]
