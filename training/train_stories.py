"""`streams train stories`: fit the shipped decision to the development data, and report with each corpus left out."""

from __future__ import annotations

from pathlib import Path

from training.stories import measure, render
from training.stories_loco import lessons

#: Where the package keeps its weights.
TARGET = Path(__file__).parents[1] / "streams" / "stages" / "cluster" / "match"


def train(data: Path) -> str:
    """Write ``join.json`` and ``pairs.json`` in ``streams/stages/cluster/match`` from ``data``/stories; the report."""
    taught = lessons(data)
    (TARGET / "pairs.json").write_bytes(taught.shipped_pairs())
    (TARGET / "join.json").write_bytes(taught.shipped_join())
    return render(measure(data))
