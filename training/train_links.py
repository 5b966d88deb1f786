"""`streams train links`: fit what links stories to the development data, and report with each set left out."""

from __future__ import annotations

from pathlib import Path

from streams.contracts import codec
from streams.stages.cluster.match.follow import INPUTS
from training.links import SETS, learn, lesson, measure, read_sets, render

#: Where the package keeps its weights.
TARGET = Path(__file__).parents[1] / "streams" / "stages" / "cluster" / "match" / "links.json"


def train(data: Path) -> str:
    """Write ``links.json`` from ``data``/stories; the report."""
    learned = learn([lesson(rows) for rows in read_sets(data).values()])
    lines = ",\n".join(f'  "{name}": {weight}' for name, weight in zip(INPUTS, learned.weights, strict=True))
    notes = codec.encode({"sets": list(SETS)}).decode()
    TARGET.write_text(f'{{"weights": {{\n{lines}\n}},\n"bias": {learned.bias},\n"notes": {notes}}}\n', encoding="utf-8")
    return render(measure(data))
