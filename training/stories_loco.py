"""Lessons that leave corpora out: what a decision is learned from is never judged by pairs that saw it, nor is a set
by anything that did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.contracts import codec
from streams.models.trees import Trees
from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS
from streams.stages.cluster.match.join_model import JoinWeights
from training.stories_data import SETS, read
from training.stories_learning import History, fit, histories, invented
from training.stories_pairs import Pairs, fit_pairs, pair_trees, pairs_of

#: Made-up news among the corpora: never left out of what is learned from, and never measured.
MADE_UP = "synth"


@dataclass(frozen=True, slots=True)
class Lessons:
    """The histories of all corpora, by name, and the trees over pairs that were learned without some of them."""

    histories: Mapping[str, History]
    _pairs: dict[str, Pairs] = field(default_factory=dict)
    _trees: dict[frozenset[str], Trees] = field(default_factory=dict)

    def pair_model(self, *left_out: str) -> Trees:
        """Trees over pairs of all corpora but these; learned once."""
        without = frozenset(left_out)
        if without not in self._trees:
            for name, part in self.histories.items():
                self._pairs.setdefault(name, pairs_of(part))
            self._trees[without] = pair_trees([part for name, part in self._pairs.items() if name not in without])
        return self._trees[without]

    def join_model(self, *left_out: str) -> JoinWeights:
        """A decision learned from all corpora but these, each judged by pairs that saw neither it nor these."""
        taught = [name for name in self.histories if name not in left_out]
        return fit(
            [(self.histories[name].judged(self.pair_model(name, *left_out)), self.histories[name]) for name in taught]
        )

    def shipped_pairs(self) -> bytes:
        """``pairs.json``, from all corpora."""
        return fit_pairs([pairs_of(part) for part in self.histories.values()])

    def shipped_join(self) -> bytes:
        """``join.json``, from all corpora."""
        model = self.join_model()
        lines = ",\n".join(
            f'  "{name}": {weight}' for name, weight in zip(MONOTONE_CONSTRAINTS, model.weights, strict=True)
        )
        notes = codec.encode(
            {"corpora": list(self.histories), "rows": sum(len(h.right) for h in self.histories.values())}
        )
        return f'{{"weights": {{\n{lines}\n}},\n"bias": {model.bias},\n"notes": {notes.decode()}}}\n'.encode()


def lessons(data: Path) -> Lessons:
    """The lessons of every corpus of the development data, and of made-up news."""
    found = {name: histories(read(data / "stories" / f"{name}.jsonl.gz")) for name in SETS}
    return Lessons(found | {MADE_UP: invented()})
