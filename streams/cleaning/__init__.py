"""The article out of a page, a text dump or a JSON body: its text, its metadata, and an audit of what was dropped."""

from streams.cleaning.cleaner import Cleaner, explain
from streams.cleaning.context import Context
from streams.cleaning.identity import article_id, canonical_url, host_of
from streams.cleaning.memory import CleaningMemory

__all__ = ["Cleaner", "CleaningMemory", "Context", "article_id", "canonical_url", "explain", "host_of"]
