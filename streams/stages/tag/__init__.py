"""Mentions to entities with one identity, and quotations with their speakers. Knows a language by ``lang`` only."""

from streams.models.store import WeightsError
from streams.stages.tag.explain import explain
from streams.stages.tag.tagger import Tagger, create_tagger

__all__ = ["Tagger", "WeightsError", "create_tagger", "explain"]
