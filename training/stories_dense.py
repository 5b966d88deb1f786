"""A baseline: one pass over dense vectors, each article to the most similar story from a threshold on, or to a new one.

It gets the linkage and the threshold that are best for it over all sets, to its advantage. Like the other thresholds it
knows no time, so that dates make no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streams.settings import load, user_models_dir
from streams.stages.tag import WeightsError
from training.minilm import MiniLM
from training.stories_data import Labelled, shuffled
from training.stories_scores import scores

Linkage = Literal["average link", "centroid"]
LINKAGES: tuple[Linkage, ...] = ("average link", "centroid")
#: Cosines tried: unrelated news is about .1 alike, a rewritten text .9.
THRESHOLDS = tuple(round(0.30 + 0.02 * step, 2) for step in range(26))


def baseline(sets: Mapping[str, Sequence[Labelled]]) -> tuple[dict[str, Any], list[str]]:
    """Figures by system, set and variant, as ``stories.measure`` has them, and what was left out, with the reason."""
    try:
        model = MiniLM(load().models_dir or user_models_dir())
    except (ImportError, WeightsError) as error:
        why = f"{error}; the `peers` extra has it" if isinstance(error, ImportError) else str(error)
        return {}, [f"MiniLM ({why})"]
    ordered = {name: shuffled(rows, 1) for name, rows in sets.items()}
    vectors = {name: model.vectors(text_of(row) for row in rows) for name, rows in ordered.items()}
    name, figures = best(ordered, vectors)
    return {f"MiniLM, {name}": figures}, []


def text_of(row: Labelled) -> str:
    """What the model reads: the title and the text, of which it takes the beginning."""
    return "\n".join(part for part in (row.article.title, row.article.text) if part)


def best(
    sets: Mapping[str, Sequence[Labelled]], vectors: Mapping[str, NDArray[np.float32]]
) -> tuple[str, dict[str, dict[str, dict[str, float]]]]:
    """The best linkage and threshold by mean B-cubed F1 over the sets, and its figures."""
    similar = {name: rows @ rows.T for name, rows in vectors.items()}
    tried = []
    for linkage in LINKAGES:
        for threshold in THRESHOLDS:
            found = {name: _scored(rows, link(similar[name], linkage, threshold)) for name, rows in sets.items()}
            tried.append((mean(one["b3_f1"] for one in found.values()), f"{linkage} {threshold}", found))
    _, name, figures = max(tried, key=lambda one: one[0])
    return name, {of: {"undated": one} for of, one in figures.items()}


def _scored(rows: Sequence[Labelled], stories: Sequence[int]) -> dict[str, float]:
    true = {row.article.id: row.story for row in rows}
    found = {row.article.id: str(story) for row, story in zip(rows, stories, strict=True)}
    figures = scores(true, found)
    return figures | {"first": figures["b3_f1"]}  # a single pass never thinks again


def link(similar: NDArray[np.float32], linkage: Linkage, at_least: float) -> list[int]:
    """The story of each article, numbered as they begin, from the articles' cosines (n × n) in order of arrival.

    An article's similarity to a story is the mean of its cosines to the members, or the cosine to their sum.
    """
    count = len(similar)
    total = np.zeros((count, count))  # article × story: the sum of its cosines to the members
    size = np.zeros(count)  # by story: members …
    square = np.zeros(count)  # … and the squared length of their sum
    stories: list[int] = []
    begun = 0
    for article in range(count):
        held = size if linkage == "average link" else np.sqrt(square)
        alike = total[article, :begun] / held[:begun]
        story = int(alike.argmax()) if begun else 0
        if not begun or alike[story] < at_least:
            story, begun = begun, begun + 1
        square[story] += 2 * total[article, story] + similar[article, article]
        size[story] += 1
        total[:, story] += similar[:, article]
        stories.append(story)
    return stories
