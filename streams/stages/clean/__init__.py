"""The article out of a page, a text dump or a JSON body: its text, its metadata, and an audit of what was dropped.

Nothing in here knows a newsroom by a rule, another stage, or Kafka.
"""

from streams.stages.clean.cleaner import Cleaner, explain
from streams.stages.clean.identity import article_id, canonical_url, host_of
from streams.stages.clean.memory.context import Context
from streams.stages.clean.memory.revisions import CleaningMemory

__all__ = ["Cleaner", "CleaningMemory", "Context", "article_id", "canonical_url", "explain", "host_of"]
