"""The records on the wire. Field names are the contract; behaviour lives with the stage that owns it.

Every record is a frozen, slotted, keyword-only dataclass. Times are timezone-aware; a naive time is a
``ValueError``. Offsets count Unicode code points, end exclusive. Optional fields have defaults, so that sparse
rows (an ``id`` and a ``text``) are valid input to the later stages.
"""

from __future__ import annotations

from streams.contracts.records.articles import (
    CleanArticle,
    Dropped,
    Entity,
    EntityType,
    Mention,
    Quote,
    RawArticle,
    Rejection,
    Stage,
    TaggedArticle,
)
from streams.contracts.records.corrections import Action, Apart, Correction, Mended, Pins
from streams.contracts.records.stories import (
    Claim,
    Decision,
    EventType,
    Evidence,
    Grain,
    Hedge,
    Linking,
    LinkKind,
    Point,
    PointKind,
    QuoteVersion,
    RunnerUp,
    Sentence,
    Shared,
    Story,
    StoryArticle,
    StoryEntity,
    StoryEvent,
    StoryLink,
    StoryQuote,
    StoryStatus,
    Telling,
)
from streams.contracts.records.watches import MOST_WATCHES, WATCH_NAME, Alert, Digest, Watch

#: Raised when a field changes its meaning or becomes required; travels in the ``streams_schema`` header.
SCHEMA_VERSION = 1

__all__ = [
    "MOST_WATCHES",
    "SCHEMA_VERSION",
    "WATCH_NAME",
    "Action",
    "Alert",
    "Apart",
    "Claim",
    "CleanArticle",
    "Correction",
    "Decision",
    "Digest",
    "Dropped",
    "Entity",
    "EntityType",
    "EventType",
    "Evidence",
    "Grain",
    "Hedge",
    "LinkKind",
    "Linking",
    "Mended",
    "Mention",
    "Pins",
    "Point",
    "PointKind",
    "Quote",
    "QuoteVersion",
    "RawArticle",
    "Rejection",
    "RunnerUp",
    "Sentence",
    "Shared",
    "Stage",
    "Story",
    "StoryArticle",
    "StoryEntity",
    "StoryEvent",
    "StoryLink",
    "StoryQuote",
    "StoryStatus",
    "TaggedArticle",
    "Telling",
    "Watch",
]
