"""When news has moved on from a story, and whether a story that an article starts goes on where an older one stopped.

``links.json`` holds ``{"weights": {input: weight, ...}, "bias": x, "notes": {...}}``: the log-odds that the article's
event follows from the story's, or is a part of the same affair. `streams train links` writes it. The inputs are the
join decision's own measures, so that a link costs nothing that was not computed already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p
from typing import Any

from streams.contracts import codec
from streams.stages.cluster.features.join_features import MEASURES, for_trees
from streams.stages.cluster.features.pair_features import UNDATED

#: Hours from the nearest of its articles from which a story is one that news may have moved on from …
MOVED_HOURS = 72.0
#: … and has, where an article is less likely than this to be about one event with the two nearest. Development data in
#: order of time: of 21 joins of more than three days that this stops, 15 were wrong.
MOVED_BELOW = 0.5
#: Probability from which a new story is linked. Development data, each set left out of the weights (`streams eval
#: links`): 7 of 8 such links are right, of those from .5 on 15 of 24.
LINKED = 0.6
#: Hours after which nothing follows any more: a year.
LAST_HOURS = 8784.0
#: Stories that a new one is linked to at most.
LINKED_AT_ONCE = 2

#: The inputs: two of the trees' (``for_trees``), the names and the time.
INPUTS = ("background_ratio", "names_found", "nearest_two", "days")

_TWO, _HOURS = MEASURES.index("nearest_two"), MEASURES.index("hours")


def has_moved_on(measures: Sequence[float]) -> bool:
    """Whether an article comes too late, and says too little of a story's event, to join it.

    ``measures`` are in the order of ``MEASURES``; an unknown time is never too late.
    """
    return measures[_HOURS] >= MOVED_HOURS and measures[_TWO] < MOVED_BELOW


def link_inputs(measures: Sequence[float]) -> list[float]:
    """The inputs of the weights, in the order of ``INPUTS``, from the measures in theirs."""
    ratio, _, _, names, two, *_ = for_trees(measures)
    hours = measures[_HOURS]
    return [ratio, names, two, log1p((UNDATED if hours != hours else hours) / 24.0)]


@dataclass(frozen=True, slots=True)
class LinkWeights:
    """Weights of the inputs, in the order of ``INPUTS``, and the log-odds where all are 0."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, measures: Sequence[float]) -> float:
        """That a new story follows the one measured; 0 where more than a year lies between."""
        if measures[_HOURS] > LAST_HOURS:
            return 0.0
        inputs = link_inputs(measures)
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, inputs, strict=True))
        return 1.0 / (1.0 + exp(-max(-40.0, min(40.0, total))))


def parse_links(data: dict[str, Any]) -> LinkWeights:
    """The weights in a parsed ``links.json``.

    Raises:
        ValueError: they are not those of the inputs that there are.
    """
    if list(data["weights"]) != list(INPUTS):
        raise ValueError("the weights of links are not those of their inputs: run `streams train links`")
    return LinkWeights(tuple(float(weight) for weight in data["weights"].values()), float(data["bias"]))


@cache
def shipped_links() -> LinkWeights:
    """The weights that the package ships."""
    return parse_links(codec.loads(files("streams.stages.cluster.match").joinpath("links.json").read_bytes()))
