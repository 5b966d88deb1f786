"""Lessons that leave corpora out: what a decision is learned from is never judged by pairs that saw it, nor is a set
by anything that did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.contracts import codec
from streams.models.trees import Trees
from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS
from streams.stages.cluster.match.join_model import Blend
from training.stories_data import SETS, read
from training.stories_learning import History, blend, fit, fit_trees, histories, invented
from training.stories_pairs import Pairs, fit_pairs, pair_trees, pairs_of

#: Made-up news among the corpora: never left out of what is learned from, and never measured.
MADE_UP = "synth"


@dataclass(frozen=True, slots=True)
class Lessons:
    """The histories of all corpora, by name, and the trees over pairs that were learned without some of them.

    ``decided``: pairs that people decided on; they are never left out, and never measured.
    """

    histories: Mapping[str, History]
    decided: tuple[Pairs, ...] = ()
    _pairs: dict[str, Pairs] = field(default_factory=dict)
    _trees: dict[frozenset[str], Trees] = field(default_factory=dict)

    def pair_model(self, *left_out: str) -> Trees:
        """Trees over pairs of all corpora but these; learned once."""
        without = frozenset(left_out)
        if without not in self._trees:
            for name, part in self.histories.items():
                self._pairs.setdefault(name, pairs_of(part))
            self._trees[without] = pair_trees(
                [*(part for name, part in self._pairs.items() if name not in without), *self.decided]
            )
        return self._trees[without]

    def judged(self, *left_out: str) -> list[tuple[NDArray[np.float64], History]]:
        """What all corpora but these teach, each judged by pairs that saw neither it nor these."""
        return [
            (part.judged(self.pair_model(name, *left_out)), part)
            for name, part in self.histories.items()
            if name not in left_out
        ]

    def join_model(self, *left_out: str) -> Blend:
        """The decision that all corpora but these teach."""
        return blend(self.judged(*left_out))

    def shipped_pairs(self) -> bytes:
        """``pairs.json``, from all corpora."""
        return fit_pairs([*map(pairs_of, self.histories.values()), *self.decided])

    def shipped_join(self) -> tuple[bytes, bytes]:
        """``join.json`` and ``join_trees.json``, from all corpora."""
        judged = self.judged()
        model = fit(judged)
        lines = ",\n".join(
            f'  "{name}": {weight}' for name, weight in zip(MONOTONE_CONSTRAINTS, model.weights, strict=True)
        )
        rows = sum(len(part.right) for part in self.histories.values())
        notes = codec.encode({"corpora": list(self.histories), "rows": rows}).decode()
        text = f'{{"weights": {{\n{lines}\n}},\n"bias": {model.bias},\n"notes": {notes}}}\n'
        return text.encode(), fit_trees(judged)


def lessons(data: Path, decided: Iterable[Pairs] = ()) -> Lessons:
    """The lessons of every corpus of the development data, of made-up news, and of what people decided."""
    found = {name: histories(read(data / "stories" / f"{name}.jsonl.gz")) for name in SETS}
    return Lessons(found | {MADE_UP: invented()}, tuple(decided))
