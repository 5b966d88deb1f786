"""Stories out of tagged articles, online, with evidence. Pure: no Kafka, no clock, no randomness."""

from streams.clustering.clusterer import Changes, Clusterer
from streams.clustering.explain import evidence_lines, explain
from streams.clustering.story import fold

__all__ = ["Changes", "Clusterer", "evidence_lines", "explain", "fold"]
