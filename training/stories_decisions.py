"""What people decided (`streams mend export`) as pairs to learn from, with the texts of `streams export articles`.

A decision is a correction, whatever number of rows it gives: a merge of two large stories is one thing that a person
said. Rows that cannot be used are counted, and the first of each kind named; none ends the run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from streams.contracts import codec
from streams.contracts.records import TaggedArticle
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS
from training.stories_learning import Never
from training.stories_pairs import SET_WEIGHT, Pairs

T = TypeVar("T")

#: What a decision counts in training, where a corpus counts ``SET_WEIGHT``: as much as two or three stories of a
#: development set of 500, since people decide on what the machine had wrong. All of them: as much as a corpus.
DECISION_WEIGHT = 50.0
#: Characters of a line that are read: an article's text and all around it.
LONGEST_LINE = 4_000_000
#: Rows of each kind that are named.
NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What is read of a row of ``streams mend export``."""

    kind: str
    label: str
    correction: str
    article_id: str = ""
    other_article_id: str = ""


@dataclass(slots=True)
class Decided:
    """The pairs of decisions, how many decisions they are of, and what of the rows was left out, and why."""

    pairs: Pairs
    decisions: int
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def render(self) -> str:
        """One line on what was learned from, and one on each kind of row that was not."""
        count = len(self.pairs.right)
        lines = [f"Decisions by people: {count} pairs of {self.decisions} decisions."]
        for why, rows in self.left_out.items():
            named = ", ".join(rows[:NAMED]) + (", …" if len(rows) > NAMED else "")
            lines.append(f"Left out, {why}: {len(rows)} ({named}).")
        return "\n".join(lines)


def read_decisions(rows: Path, articles: Path) -> Decided:
    """The pairs that people decided on.

    Args:
        rows: JSON lines of ``streams mend export``.
        articles: JSON lines of ``streams export articles``, with the articles that those name.

    Raises:
        OSError: a file cannot be read.
    """
    left_out: dict[str, list[str]] = defaultdict(list)
    # Of two rows on one pair the later stands, as in the export.
    rulings: dict[frozenset[str], Ruled] = {}
    for place, row in _lines(rows, Ruled, left_out):
        ids = frozenset((row.article_id, row.other_article_id))
        if row.kind != "pair":
            left_out["of no pair"].append(place)
        elif row.label not in ("same", "apart") or len(ids) < 2 or "" in ids:
            left_out["broken"].append(f"{place}: not same or apart of two articles")
        else:
            rulings[ids] = row
    named = frozenset().union(*rulings)
    texts = {one.id: one for _, one in _lines(articles, TaggedArticle, left_out) if one.id in named and one.text}
    return learned_from(rulings.values(), texts, left_out)


def learned_from(rulings: Iterable[Ruled], texts: dict[str, TaggedArticle], left_out: dict[str, list[str]]) -> Decided:
    """The pairs, each compared as its later article would have been when it came, with the earlier in a story alone."""
    waiting: dict[str, list[Ruled]] = defaultdict(list)
    order = {id_: place for place, id_ in enumerate(sorted(texts, key=lambda id_: (_when(texts[id_]), id_)))}
    for row in rulings:
        ids = (row.article_id, row.other_article_id)
        if missing := [id_ for id_ in ids if id_ not in order]:
            left_out["without the text of an article"].append(missing[0])
        else:
            waiting[max(ids, key=order.__getitem__)].append(row)
    clusterer = Clusterer(Never(), Never())
    features, right, decisions = [], [], []
    numbers: dict[str, int] = {}
    for id_, position in order.items():
        if decision := clusterer.decide(texts[id_]):
            clusterer.apply(texts[id_], decision, position)
        for row in waiting[id_]:
            table = clusterer.pair(id_, row.other_article_id if row.article_id == id_ else row.article_id)
            if table is None:
                left_out["of two languages, weeks apart, or without words"].append(f"{id_} of {row.correction}")
                continue
            features.append(table.values)
            right.append(row.label == "same")
            decisions.append(numbers.setdefault(row.correction, len(numbers)))
    empty = np.zeros((0, len(PAIR_CONSTRAINTS)), dtype=np.float32)
    pairs = Pairs(
        np.concatenate([empty, *features]).astype(np.float32),
        np.array(right, dtype=bool),
        np.array(decisions, dtype=np.int64),
        min(SET_WEIGHT, DECISION_WEIGHT * len(numbers)),
    )
    return Decided(pairs, len(numbers), dict(left_out))


def _when(article: TaggedArticle) -> datetime:
    return article.published or datetime.min.replace(tzinfo=UTC)


def _lines(path: Path, kind: type[T], left_out: dict[str, list[str]]) -> Iterator[tuple[str, T]]:
    """Where each record of a file stands, and the record; those that are none are left out."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            place = f"{path.name} line {number}"
            whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
            while not line.endswith(b"\n") and (rest := file.readline(LONGEST_LINE)):
                line = rest  # the rest of a line that is too long
            if not whole:
                left_out["broken"].append(f"{place}: longer than {LONGEST_LINE} bytes")
            elif line.strip():
                try:
                    yield place, codec.decode(kind, line)
                except codec.DecodeError as error:
                    left_out["broken"].append(f"{place}: {str(error)[:120]}")
