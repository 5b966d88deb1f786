"""`streams train stories`: fit the shipped decision to the development data, and report with each corpus left out."""

from __future__ import annotations

from pathlib import Path

from training.stories import measure, render
from training.stories_loco import lessons

#: Where the package keeps its weights.
TARGET = Path(__file__).parents[1] / "streams" / "stages" / "cluster" / "match"


def train(data: Path) -> str:
    """Write the weights in ``streams/stages/cluster/match`` from ``data``/stories; the report."""
    taught = lessons(data)
    (TARGET / "pairs.json").write_bytes(taught.shipped_pairs())
    join, trees = taught.shipped_join()
    (TARGET / "join.json").write_bytes(join)
    (TARGET / "join_trees.json").write_bytes(trees)
    return render(measure(data))
