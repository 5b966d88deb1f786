"""Stories out of tagged articles, online, with evidence. Pure: no Kafka, no clock, no randomness."""

from streams.stages.cluster.changes import Changes
from streams.stages.cluster.clusterer import Clusterer
from streams.stages.cluster.explain import evidence_lines, explain
from streams.stages.cluster.lifecycle.fold import fold, named
from streams.stages.cluster.lifecycle.links import Storyline, storyline
from streams.stages.cluster.lifecycle.mend import UnmendableError
from streams.stages.cluster.match.match import GRAINS

__all__ = [
    "GRAINS",
    "Changes",
    "Clusterer",
    "Storyline",
    "UnmendableError",
    "evidence_lines",
    "explain",
    "fold",
    "named",
    "storyline",
]
