"""Named-entity backends: one file and one line in ``BACKENDS`` each; one contract suite tests them all.

A backend finds spans and labels them; who they are is not its business. To add one, write a module with a factory
``(models_dir) -> Backend``, add its line below, and run ``pytest tests/unit/stages/tag``.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawSpan:
    """What a backend found: ``text[start:end]`` and an OntoNotes label (PERSON, ORG, GPE, NORP, DATE …)."""

    start: int
    end: int
    label: str


class Backend(Protocol):
    """Finds names in plain text. Pure: the same texts give the same spans, whatever batch they come in."""

    name: str
    #: ISO 639-1 codes of the languages that the model knows.
    languages: frozenset[str]
    #: The file, in a language's folder, of the relabelling weights that know its errors, for they were learned on its
    #: output; None: there are none.
    relabel: str | None

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        """The spans of each text, in order, not overlapping, inside the text, not empty."""
        ...


#: Name → module and factory. "auto" is no backend: it stands for ``AUTO``.
BACKENDS: dict[str, tuple[str, str]] = {
    "spacy-md": ("streams.stages.tag.ner.spacy_ner", "medium"),
    "spacy-sm": ("streams.stages.tag.ner.spacy_ner", "small"),
    "fast": ("streams.stages.tag.ner.fast", "create"),
    "gazetteer": ("streams.stages.tag.ner.nothing", "create"),
}


#: The recogniser that is best where its figures were taken: no worse than the largest on corpora that neither has seen,
#: nor in what stories show, and many times as fast (``docs/reference/quality.md``).
AUTO = "fast"


def create_backend(name: str, models_dir: Path) -> Backend:
    """The backend called ``name``, loaded.

    Raises:
        ValueError: no such backend.
        WeightsError: its weights are missing or not the pinned ones.
    """
    name = AUTO if name == "auto" else name
    if name not in BACKENDS:
        raise ValueError(f"there is no NER backend {name!r}; there are: auto, {', '.join(BACKENDS)}")
    module, factory = BACKENDS[name]
    backend: Backend = getattr(importlib.import_module(module), factory)(models_dir)
    return backend
