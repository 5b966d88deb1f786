"""Learning to relabel names, on a few made-up sentences: what is written loads, and mends the backend's errors."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.contracts import codec
from streams.stages.tag.document import Document
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.crf import Relabeller
from training import train_entities
from training.entities_data import CORPORA

FIRST = ("Anna", "Boris", "Clara", "Dario", "Edith", "Felix")
KINDS = ("PER", "ORG")
PLACES = ("Lindvik", "Ostrava", "Kestrel", "Telmo", "Assal", "Corran")
_NAMES = re.compile(r"[A-Z]\w+ [A-Z]\w+")


class EverybodyIsAPerson:
    """A backend that finds every name and takes each for a person's."""

    def __init__(self, name: str) -> None:
        self.relabel = f"relabel_{name}.json.xz"

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        return [[RawSpan(*match.span(), "PERSON") for match in _NAMES.finditer(text)] for text in texts]


def sentence(first: str, place: str) -> str:
    return f"It was {first} {place} of the {place} Institute who came late."


def test_what_is_written_loads_and_tells_institutes_from_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [EverybodyIsAPerson(name).relabel for name in ("spacy-md", "fast")]
    monkeypatch.setattr(train_entities, "create_backend", lambda name, _: EverybodyIsAPerson(name))
    monkeypatch.setattr(train_entities, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(train_entities, "HELD_OUT", tmp_path / "held_out")
    for number, file in enumerate(CORPORA.values()):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        with gzip.open(tmp_path / file, "wb") as rows:
            for first in FIRST[number::2]:
                for place in PLACES:
                    text = sentence(first, place)
                    spans = [(*match.span(), kind) for match, kind in zip(_NAMES.finditer(text), KINDS, strict=True)]
                    mentions = [{"start": start, "end": end, "type": kind} for start, end, kind in spans]
                    rows.write(codec.encode({"id": text, "text": text, "mentions": mentions}) + b"\n")

    said = train_entities.train(tmp_path)

    text = sentence("Greta", "Malden")
    raw = EverybodyIsAPerson("any").find([text])[0]
    written = [tmp_path / "weights" / name for name in files]
    written += [train_entities.held_out(corpus, name) for corpus in CORPORA for name in files]
    assert train_entities.held_out("wikigold").name == "relabel_without_wikigold.json.xz"
    assert all(path.name in said for path in written)
    for path in written:
        names = Relabeller(path.read_bytes()).names(Document(text), raw)
        assert [(text[name.start : name.end], name.type) for name in names] == [
            ("Greta Malden", "PER"),
            ("Malden Institute", "ORG"),
        ]
