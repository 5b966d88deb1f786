"""Mentions to entities with one identity, and quotations with their speakers."""

from streams.tagging.explain import explain
from streams.tagging.tagger import Tagger, create_tagger
from streams.tagging.weights import WeightsError

__all__ = ["Tagger", "WeightsError", "create_tagger", "explain"]
