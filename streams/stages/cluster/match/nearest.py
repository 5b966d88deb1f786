"""Large stories, asked member by member: what keeps a story whole while it grows.

The mean similarity with all of a story's members falls as the story covers more of what is told of an event, and the
margin falls with every fragment of it that there is. How likely an article is about one event with the *nearest*
members does neither. Small stories are left to the measures of ``join_features``, which know what else there is.

``pairs.json`` has the learned part, boosted trees over the features of a pair of articles, in the one format of
``models.trees``; ``streams train stories`` writes it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Protocol

from streams.models.table import Table, Vector
from streams.models.trees import Trees, load
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS

#: Articles from which a story is large. Development data: with four (and fragments of three, merged from .6) snippets
#: ran together.
LARGE = 6
#: Members that say how likely an article belongs, the likeliest. Development data: 3 to 5 measured alike.
NEAREST = 4
#: The mean probability of the nearest members from which an article joins. Development data, leave one corpus out: .6
#: found more of large stories than .7 at the same precision.
NEAR = 0.6
#: Two stories of at least so many listed articles each …
CROSSED_SIZE = 4
#: … are one if so many members of the smaller are, on the average, this likely to belong to the other.
CROSSED, CROSSED_THRESHOLD = 6, 0.7
#: Other stories that a second look compares with, the most similar: it must not cost more than the first.
RIVALS = 2


class PairModel(Protocol):
    """What says how likely pairs of articles are about one event: the shipped trees, or another for comparison."""

    def predict(self, table: Table) -> Vector: ...


def as_chance(nearness: float) -> float:
    """A mean probability of the nearest members on the scale of the join decision, where .5 joins.

    >>> as_chance(0.3), as_chance(NEAR), as_chance(1.0)
    (0.25, 0.5, 1.0)
    """
    return 0.5 * nearness / NEAR if nearness < NEAR else 0.5 + 0.5 * (nearness - NEAR) / (1.0 - NEAR)


def parse_pairs(data: bytes) -> Trees:
    """The trees in a ``pairs.json``.

    Raises:
        ValueError: they were learned from other features.
    """
    return load(data, list(PAIR_CONSTRAINTS), "the weights of pairs of articles")


@cache
def shipped_pairs() -> Trees:
    """The trees that the package ships."""
    return parse_pairs(files("streams.stages.cluster.match").joinpath("pairs.json").read_bytes())
