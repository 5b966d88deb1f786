"""`streams train stories`: fit the shipped decision to the development data, and report with each corpus left out."""

from __future__ import annotations

from pathlib import Path

from training.stories import measure, render
from training.stories_decisions import read_decisions
from training.stories_loco import lessons

#: Where the package keeps its weights.
TARGET = Path(__file__).parents[1] / "streams" / "stages" / "cluster" / "match"


def train(data: Path, decisions: Path | None = None, articles: Path | None = None) -> str:
    """Write the weights in ``streams/stages/cluster/match`` from ``data``/stories; the report.

    Args:
        data: the development data.
        decisions: rows of ``streams mend export`` to learn from as well; None: none.
        articles: rows of ``streams export articles`` with the texts that the decisions are on; None: without any.
    """
    decided = read_decisions(decisions, articles) if decisions and articles else None
    known = [decided.pairs] if decided else []
    taught = lessons(data, known)
    (TARGET / "pairs.json").write_bytes(taught.shipped_pairs())
    join, trees = taught.shipped_join()
    (TARGET / "join.json").write_bytes(join)
    (TARGET / "join_trees.json").write_bytes(trees)
    report = render(measure(data, known))
    return f"{decided.render()}\n\n{report}" if decided else report
