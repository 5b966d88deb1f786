"""The article out of a page, a text dump or a JSON body: its text, its metadata, and an audit of what was dropped.

Nothing in here knows a newsroom by a rule, another stage, or Kafka.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from streams.stages.clean.identity import article_id, canonical_url, host_of
from streams.stages.clean.memory.context import Context
from streams.stages.clean.memory.revisions import CleaningMemory

if TYPE_CHECKING:
    from streams.stages.clean.cleaner import Cleaner, explain
else:

    def __getattr__(name: str) -> object:
        """``cleaner`` when it is asked for: half of a second of parsers, which ids and memories need not wait for."""
        if name not in ("Cleaner", "explain"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.cleaner"), name)


__all__ = ["Cleaner", "CleaningMemory", "Context", "article_id", "canonical_url", "explain", "host_of"]
