"""`streams train stories`: fit the shipped join decision to the development data, and report out of fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from streams.contracts import codec
from training.stories import measure, render
from training.stories_data import PAIR_SETS, SETS, read, tagged
from training.stories_learning import PARAMETERS, ROUNDS, fit, histories, invented
from training.stories_pairs import fit_pairs, invented_pairs, pairs_of

#: Where the package keeps its weights.
TARGET = Path(__file__).parents[1] / "streams" / "stages" / "cluster" / "match" / "join.json"


def train(data: Path) -> str:
    """Write ``join.json`` and ``pairs.json`` in ``streams/stages/cluster/match`` from ``data``/stories; the report."""
    pairs = [pairs_of(read(data / "stories" / f"{name}.jsonl.gz")) for name in PAIR_SETS]
    TARGET.with_name("pairs.json").write_bytes(fit_pairs([*pairs, invented_pairs()]))
    parts = [histories(tagged(read(data / "stories" / f"{name}.jsonl.gz"))) for name in SETS]
    parts.append(invented())
    weights = fit(parts)
    examples = sum(len(part.right) for part in parts)
    notes = {"sets": [*SETS, "synth"], "rounds": ROUNDS, "examples": examples, **PARAMETERS}
    TARGET.write_bytes(_readable(weights["trees"], weights["measures"], notes))
    return render(measure(data))


def _readable(trees: Iterable[object], measures: Sequence[str], notes: Mapping[str, object]) -> bytes:
    """``join.json``: a tree a line."""
    lines = b",\n".join(codec.encode(tree) for tree in trees)
    head = b'{"measures":' + codec.encode(measures) + b',\n"notes":' + codec.encode(notes)
    return head + b',\n"trees":[\n' + lines + b"\n]}\n"
