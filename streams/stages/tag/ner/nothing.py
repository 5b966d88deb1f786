"""No model at all: finds nothing, so that the alias tables alone decide. For languages without one, and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streams.stages.tag.ner import Backend, RawSpan


class NoModel:
    name = "gazetteer"
    languages: frozenset[str] = frozenset()
    relabel: str | None = None

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        return [[] for _ in texts]


def create(models_dir: Path) -> Backend:
    del models_dir  # nothing to load
    return NoModel()
